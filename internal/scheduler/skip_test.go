package scheduler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

const (
	onRequest    = "Skipped on request, asked at 2000-01-01T00:00:15Z."
	laterMisfire = "skipped(misfire)"
)

// The instant that was asked to be skipped has its row and no run; the one after
// it runs, whatever happens in between.
func TestSkipNext(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(t *testing.T, w *diskWorld) // from 15 on, to 45
		want      []seen
	}{
		"while it runs": {
			func(_ *testing.T, w *diskWorld) { w.pass(seconds(30)) },
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
		"asked twice": {
			func(t *testing.T, w *diskWorld) {
				w.must(w.SkipNext(t.Context(), "j"))
				w.pass(seconds(30))
			},
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
		"taken back": {
			func(t *testing.T, w *diskWorld) {
				w.must(w.RunNext(t.Context(), "j"))
				w.pass(seconds(30))
			},
			[]seen{{Due: seconds(20), State: ran}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
		"over a restart": {
			func(_ *testing.T, w *diskWorld) {
				w.away(seconds(2))
				w.pass(seconds(28))
			},
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
		"nothing ran then": {
			func(_ *testing.T, w *diskWorld) { w.away(seconds(30)) },
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: laterMisfire}, {Due: seconds(40), State: ran}},
		},
		"the schedule changes": {
			func(t *testing.T, w *diskWorld) {
				_, err := w.Edit(t.Context(), "j", cronsole.Request{Type: "interval", Args: map[string]any{"seconds": 9}})
				w.must(err)
				w.pass(seconds(30))
			},
			[]seen{{Due: seconds(24), State: ran}, {Due: seconds(33), State: ran}, {Due: seconds(42), State: ran}},
		},
		"something else changes": {
			func(t *testing.T, w *diskWorld) {
				_, err := w.Edit(t.Context(), "j", cronsole.Request{Rules: map[string]any{"timeout": "5m"}})
				w.must(err)
				w.pass(seconds(30))
			},
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
		"paused and resumed before": {
			func(t *testing.T, w *diskWorld) {
				w.must(w.Pause(t.Context(), "j", "", ""))
				w.must(w.Resume(t.Context(), "j"))
				w.pass(seconds(30))
			},
			[]seen{{Due: seconds(20), State: passed, Said: onRequest}, {Due: seconds(30), State: ran}, {Due: seconds(40), State: ran}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onDisk(t, func(t *testing.T, w *diskWorld) {
				w.pass(seconds(15))
				w.must(w.SkipNext(t.Context(), "j"))
				tt.meanwhile(t, w)
				w.check(t, append([]seen{{Due: seconds(10), State: ran}}, tt.want...)...)
			})
		})
	}
}

// A job whose last instant is skipped is finished then.
func TestSkipOfTheLastInstantFinishesTheJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "date", map[string]any{"run_date": "2000-01-01 00:00:10"})
		w.must(w.SkipNext(w.ctx, "j"))
		w.pass(seconds(11))
		if got := w.store.job("j").State; got != cronsole.JobFinished || w.Health().Jobs != 0 {
			t.Errorf("job is %s", got)
		}
		if diff := cmp.Diff([]string{passed}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// With jitter the instant is accounted for when its run would have started.
func TestSkipWithJitter(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		job, _, err := w.Create(w.ctx, cronsole.Request{
			JobID: "j", Code: "work", Type: "interval", Args: map[string]any{"minutes": 10}, Rules: map[string]any{"jitter": "5m"},
		})
		w.must(err)
		w.must(w.SkipNext(w.ctx, "j"))
		w.pass(20 * time.Minute)
		rows := w.store.rows("j")
		if diff := cmp.Diff(wake(job, job.Next), rows[0].FinishedAt.Truncate(time.Millisecond)); rows[0].State != cronsole.Skipped || diff != "" {
			t.Errorf("row %+v (-want +got):\n%s", rows[0], diff)
		}
	})
}

func TestSkipRefuses(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("paused", "interval", map[string]any{"seconds": 10})
		w.must(w.Pause(w.ctx, "paused", "", ""))
		w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:01"})
		w.pass(seconds(2))
		for id, want := range map[string]cronsole.Kind{"paused": cronsole.Conflict, "once": cronsole.Conflict, "nothing": cronsole.NotFound} {
			if err := w.SkipNext(w.ctx, id); kind(err) != want {
				t.Errorf("%s was answered %v, want kind %d", id, err, want)
			}
		}
	})
}
