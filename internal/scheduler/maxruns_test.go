package scheduler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// A job runs max_runs due instants and is finished in the transaction that
// records the last one. Skipped instants do not count, nor do runs by hand.
func TestMaxRuns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules map[string]any
		takes time.Duration // of each run
		fails int           // how many attempts do
		down  time.Duration // after 15 s
		by    func(w *world)
		want  []string
	}{
		"runs three times": {
			rules: map[string]any{"max_runs": 3},
			want:  []string{"succeeded", "succeeded", "succeeded"},
		},
		"what is skipped does not count": {
			rules: map[string]any{"max_runs": "2"}, takes: 15 * time.Second,
			want: []string{"succeeded", "skipped(overlap)", "succeeded"},
		},
		"what waits counts": {
			rules: map[string]any{"max_runs": 2, "overlap": "queue_one"}, takes: time.Minute,
			want: []string{"succeeded", "succeeded"},
		},
		"the last one is tried again": {
			rules: map[string]any{"max_runs": 1, "retries": 2, "retry_backoff": "1m"}, fails: 2,
			want: []string{"succeeded"},
		},
		"by hand does not count": {
			rules: map[string]any{"max_runs": 1},
			by:    func(w *world) { w.runNow("j") },
			want:  []string{"succeeded", "succeeded"},
		},
		"catches up with as many as are left": {
			rules: map[string]any{"max_runs": 3, "misfire": "run_all"}, down: time.Minute,
			want: []string{"succeeded", "succeeded", "succeeded"},
		},
		"catches up with less than are left": {
			rules: map[string]any{"max_runs": 9, "misfire": "run_all"}, down: 25 * time.Second,
			want: []string{"succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded"},
		},
		"catches up with the newest": {
			rules: map[string]any{"max_runs": 2}, down: 25 * time.Second,
			want: []string{"succeeded", "skipped(misfire)", "skipped(misfire)", "succeeded"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.exec.carryOut(func(ctx context.Context, e cronsole.Execution) cronsole.State {
					if e.Attempt <= tt.fails {
						return cronsole.Failed
					}
					return lasting(tt.takes)(ctx, e)
				})
				w.createWith("j", 10, tt.rules)
				if tt.by != nil {
					tt.by(w)
				}
				if tt.down > 0 {
					w.pass(15 * time.Second)
					w.crash()
					w.pass(tt.down - 2*lastWait)
					w.start()
				}
				w.pass(10 * time.Minute)
				if diff := cmp.Diff(tt.want, states(w.store.rows("j"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if job := w.store.job("j"); job.State != cronsole.JobFinished || !job.Next.IsZero() || w.Health().Jobs != 0 {
					t.Errorf("job is %s, next %s, %d in memory", job.State, job.Next, w.Health().Jobs)
				}
				w.checkOnce(t, "j")
			})
		})
	}
}

// The count goes on over edits and restarts, cannot be reached by an edit, and
// starts anew after there was no limit.
func TestMaxRunsIsEdited(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.createWith("j", 10, map[string]any{"max_runs": 5})
		edit := func(rules map[string]any) error {
			_, err := w.Edit(w.ctx, "j", cronsole.Request{Rules: rules})
			return err
		}
		w.pass(35 * time.Second)
		e, ok := errors.AsType[*cronsole.Error](edit(map[string]any{"max_runs": 3}))
		want := []cronsole.FieldError{{Field: "max_runs", Message: "is too small: 3 have run already; write 4 or more, or 0 for no limit"}}
		if !ok || cmp.Diff(want, e.Fields) != "" {
			t.Errorf("3 after 3 runs: %v", e)
		}
		w.must(edit(map[string]any{"max_runs": 4}))
		w.stop()
		w.start()
		p, err := w.Preview(w.ctx, cronsole.Request{JobID: "j", Version: 2, Type: "interval", Args: map[string]any{"seconds": 10}, Rules: map[string]any{"max_runs": 5}}, time.Time{}, 5)
		w.must(err)
		if len(p.Next) != 2 {
			t.Errorf("%d runs are previewed, want the 2 that are left", len(p.Next))
		}
		w.must(edit(map[string]any{"max_runs": 0}))
		w.pass(20 * time.Second)
		w.must(edit(map[string]any{"max_runs": 2}))
		w.pass(time.Minute)
		if job := w.store.job("j"); len(w.store.rows("j")) != 7 || job.State != cronsole.JobFinished || job.Ran != 2 {
			t.Errorf("%d rows, job is %s after %d", len(w.store.rows("j")), job.State, job.Ran)
		}
	})
}

// What waits for its turn when its job has finished keeps the rules of the job
// over a restart.
func TestQueuedRunOfAFinishedJobKeepsItsRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.limits = map[string]int{"tag:db": 1}
		w.start()
		w.exec.slots = 0
		rules := map[string]any{"max_runs": 1, "timeout": "7s", "tags": "db", "retries": 1, "retry_backoff": "1m"}
		w.createWith("a", 10, rules)
		w.createWith("b", 10, rules)
		w.pass(15 * time.Second)
		w.stop()
		w.exec.slots = 8
		w.exec.carryOut(lasting(20 * time.Second))
		w.start()
		w.pass(10 * time.Second)
		if n := len(w.exec.executions()); n != 1 {
			t.Errorf("%d run at once, tag db allows 1", n)
		}
		w.pass(time.Minute)
		for _, e := range w.exec.executions() {
			if e.Timeout != 7*time.Second {
				t.Errorf("%s has a time limit of %s, want 7s", e.JobID, e.Timeout)
			}
		}
		if n := len(w.exec.executions()); n != 2 {
			t.Errorf("%d were carried out, want 2", n)
		}
	})
}
