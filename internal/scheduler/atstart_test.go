package scheduler

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// A job with run_at_start runs once in each life of the console, besides what
// its schedule says.
func TestRunAtStart(t *testing.T) {
	t.Parallel()
	type row struct {
		Cause  cronsole.Cause
		Due    time.Time
		Queued time.Duration
		State  string
	}
	atStart := func(after time.Duration, state string) row {
		return row{cronsole.CauseStart, time.Time{}, after, state}
	}
	due := func(at, after time.Duration, state string) row {
		return row{cronsole.CauseSchedule, epoch.Add(at), after, state}
	}
	restart := func(w *world) {
		w.stop()
		w.start()
	}
	const h, s = time.Hour, time.Second
	tests := map[string]struct {
		rules map[string]any
		live  func(w *world)
		want  []row
	}{
		"not when it is made": {nil, func(w *world) {}, nil},
		"each time, and once": {nil, func(w *world) {
			restart(w)
			w.pass(time.Minute)
			restart(w)
		}, []row{atStart(0, "succeeded"), atStart(time.Minute, "succeeded")}},
		"after a crash as well": {nil, func(w *world) {
			w.exec.carryOut(endless)
			restart(w)
			w.pass(s)
			w.crash()
			w.exec.carryOut(nil)
			w.start()
		}, []row{atStart(0, "interrupted"), atStart(3*s, "succeeded")}},
		"not when it says so no more": {nil, func(w *world) {
			_, err := w.Edit(w.ctx, "j", cronsole.Request{Rules: map[string]any{"run_at_start": false}})
			w.must(err)
			restart(w)
		}, nil},
		"not while it is paused": {nil, func(w *world) {
			w.must(w.Pause(w.ctx, "j", "", ""))
			restart(w)
			w.must(w.Resume(w.ctx, "j"))
			w.pass(time.Minute)
		}, nil},
		"not while all is frozen": {nil, func(w *world) {
			w.must(w.Freeze(w.ctx, ""))
			restart(w)
			w.must(w.Unfreeze(w.ctx))
			w.pass(time.Minute)
		}, nil},
		"after what was missed, which overlaps": {nil, func(w *world) {
			w.exec.carryOut(lasting(s))
			w.stop()
			w.pass(h + s)
			w.start()
		}, []row{due(h, h+s, "succeeded"), atStart(h+s, "skipped(overlap)")}},
		"after what was missed, waiting for it": {map[string]any{"overlap": "queue_one"}, func(w *world) {
			w.exec.carryOut(lasting(s))
			w.stop()
			w.pass(h + s)
			w.start()
		}, []row{due(h, h+s, "succeeded"), atStart(h+s, "succeeded")}},
		"when the disk has room again": {nil, func(w *world) {
			w.stop()
			w.store.failWith(func(call string) error {
				if call == "AddRun" {
					return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
				}
				return nil
			})
			w.start()
			w.pass(5500 * time.Millisecond)
			w.store.failWith(nil)
			w.pass(time.Minute)
		}, []row{atStart(6*s, "succeeded")}},
		"does not count towards max_runs": {map[string]any{"max_runs": 1}, func(w *world) {
			restart(w)
			w.pass(h + s)
			restart(w) // the job is finished
		}, []row{atStart(0, "succeeded"), due(h, h, "succeeded")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				rules := map[string]any{"run_at_start": "true"}
				for k, v := range tt.rules {
					rules[k] = v
				}
				w.createWith("j", 3600, rules)
				tt.live(w)
				w.pass(10 * s)
				var got []row
				for i, r := range w.store.rows("j") {
					got = append(got, row{r.Cause, r.Due, r.QueuedAt.Sub(epoch), states(w.store.rows("j"))[i]})
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A folder's job that --apply makes at a start runs at that start.
func TestRunAtStartOfAJobThatTheStartMakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.apply = true
		def := every(3600).Definition
		def.Rules.RunAtStart = true
		w.codes.put(&cronsole.Code{Name: "work", Kind: cronsole.CodeGo, File: &cronsole.ScheduleFile{Definition: def, Enabled: true}})
		w.start()
		synctest.Wait()
		if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows("work"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}
