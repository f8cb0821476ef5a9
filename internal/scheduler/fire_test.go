package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestDaysOfFiring(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		began := time.Now().UTC()
		w.create("nightly", "cron", map[string]any{"hour": "2", "minute": "30", "second": "0"})
		w.create("often", "interval", map[string]any{"minutes": "1"})
		w.create("once", "date", map[string]any{"run_date": began.Add(36 * time.Hour).Format(time.RFC3339)})
		w.pass(72*time.Hour + time.Second)
		w.stop()

		tests := map[string]struct {
			first time.Time
			every time.Duration
			n     int
			state cronsole.JobState
		}{
			"nightly": {began.Add(2*time.Hour + 30*time.Minute), 24 * time.Hour, 3, cronsole.JobActive},
			"often":   {began.Add(time.Minute), time.Minute, 60 * 72, cronsole.JobActive},
			"once":    {began.Add(36 * time.Hour), 0, 1, cronsole.JobFinished},
		}
		for id, tt := range tests {
			rows := w.store.rows(id)
			if len(rows) != tt.n {
				t.Errorf("%s: %d rows, want %d", id, len(rows), tt.n)
			}
			for i, r := range rows {
				want := tt.first.Add(time.Duration(i) * tt.every)
				if !r.Due.Equal(want) || r.State != cronsole.Succeeded || !r.StartedAt.Equal(want) {
					t.Errorf("%s #%d: due %s started %s %s, want %s", id, i, r.Due, r.StartedAt, r.State, want)
					break
				}
			}
			if got := w.store.job(id).State; got != tt.state {
				t.Errorf("%s is %s, want %s", id, got, tt.state)
			}
		}
	})
}

func TestOverlapIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.exec.run = func(ctx context.Context, _ cronsole.Execution) cronsole.State {
			pause(ctx, 25*time.Second)
			return cronsole.Failed
		}
		w.start()
		w.create("slow", "interval", map[string]any{"seconds": 10})
		w.pass(41 * time.Second)
		run, err := w.RunNow(w.ctx, "slow", nil, "")
		if err != nil || run.Reason != cronsole.ReasonOverlap || run.State != cronsole.Skipped {
			t.Errorf("run now answered %+v, %v; want skipped(overlap)", run, err)
		}
		w.pass(10 * time.Second)
		want := []string{"failed", "skipped(overlap)", "skipped(overlap)", "running", "skipped(overlap)", "skipped(overlap)"}
		if diff := cmp.Diff(want, states(w.store.rows("slow"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

func TestMisfireRunsTheNewestOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		down   time.Duration
		states map[string]int64 // state to due instants that its rows stand for
		rows   int
	}{
		"nothing missed":    {500 * time.Millisecond, nil, 0},
		"one":               {time.Second, map[string]int64{"succeeded": 1}, 1},
		"three":             {3 * time.Second, map[string]int64{"succeeded": 1, "skipped(misfire)": 2}, 3},
		"101: each listed":  {101 * time.Second, map[string]int64{"succeeded": 1, "skipped(misfire)": 100}, 101},
		"102: each listed":  {102 * time.Second, map[string]int64{"succeeded": 1, "skipped(misfire)": 101}, 102},
		"103: a range":      {103 * time.Second, map[string]int64{"succeeded": 1, "skipped(misfire)": 102}, 102},
		"400 days: a range": {400 * 24 * time.Hour, map[string]int64{"succeeded": 1, "skipped(misfire)": 400*86400 - 1}, 102},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				w.create("j", "interval", map[string]any{"seconds": 1})
				w.stop()
				w.pass(tt.down)
				w.start()
				synctest.Wait()
				rows := w.store.rows("j")
				w.stop()
				got := map[string]int64{}
				for i, s := range states(rows) {
					got[s] += rows[i].Count
				}
				if len(rows) != tt.rows || (len(rows) > 0 && !cmp.Equal(tt.states, got)) {
					t.Errorf("%d rows for %v, want %d for %v", len(rows), got, tt.rows, tt.states)
				}
				last := time.Time{}
				for _, r := range rows {
					if !r.Due.After(last) {
						t.Errorf("row due %s after one that reaches %s", r.Due, last)
					}
					if (r.Count > 1) == r.DueUntil.IsZero() {
						t.Errorf("row for %d instants from %s to %s", r.Count, r.Due, r.DueUntil)
					}
					last = later(r.Due, r.DueUntil)
				}
			})
		})
	}
}

func TestSlotsAndQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.exec.slots = 2
		w.exec.run = func(ctx context.Context, _ cronsole.Execution) cronsole.State {
			pause(ctx, 10*time.Second)
			return cronsole.Succeeded
		}
		w.start()
		ids := []string{"a", "b", "c", "d", "e"}
		for _, id := range ids {
			w.create(id, "interval", map[string]any{"hours": 1})
		}
		w.pass(time.Hour + time.Second)
		if h := w.Health(); h.Running != 2 || h.Queued != 3 || h.SlotsUsed != 2 {
			t.Errorf("health %+v, want 2 running, 3 queued, 2 slots", h)
		}
		w.pass(30 * time.Second)
		delays := map[time.Duration]int{}
		for _, id := range ids {
			r := w.store.rows(id)[0]
			if r.State != cronsole.Succeeded {
				t.Errorf("%s is %s", id, r.State)
			}
			delays[r.StartedAt.Sub(r.Due)]++
		}
		if diff := cmp.Diff(map[time.Duration]int{0: 2, 10 * time.Second: 2, 20 * time.Second: 1}, delays); diff != "" {
			t.Errorf("start delays (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

func TestMissingAndBrokenCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.codes.remove("work")
		w.pass(11 * time.Second)
		w.codes.put(&cronsole.Code{Name: "work", Problem: "two entry files"})
		w.pass(10 * time.Second)
		w.codes.put(&cronsole.Code{Name: "work"})
		w.pass(10 * time.Second)
		want := []string{"skipped(code_missing)", "skipped(code_missing)", "succeeded"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.stop()
	})
}
