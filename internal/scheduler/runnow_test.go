package scheduler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestRunNow(t *testing.T) {
	t.Parallel()
	at := epoch.Add(time.Second)
	manual := func(changes ...func(*cronsole.Run)) *cronsole.Run {
		r := &cronsole.Run{
			ID: 1, JobKey: 1, JobID: "j", Code: "work", Cause: cronsole.CauseManual,
			State: cronsole.Running, Args: []any{"own"}, Attempt: 1, QueuedAt: at, StartedAt: at,
		}
		for _, c := range changes {
			c(r)
		}
		return r
	}
	skipped := func(why cronsole.Reason) func(*cronsole.Run) {
		return func(r *cronsole.Run) {
			r.State, r.Reason, r.Attempt, r.StartedAt, r.FinishedAt = cronsole.Skipped, why, 0, time.Time{}, at
		}
	}
	tests := map[string]struct {
		prepare func(w *world)
		args    []any
		want    *cronsole.Run
	}{
		"with the job's arguments": {
			want: manual(),
		},
		"with arguments of its own": {
			args: []any{"--full", true},
			want: manual(func(r *cronsole.Run) { r.Args = []any{"--full", true} }),
		},
		"without arguments": {
			args: []any{},
			want: manual(func(r *cronsole.Run) { r.Args = []any{} }),
		},
		"of a paused job": {
			prepare: func(w *world) { w.must(w.Pause(w.ctx, "j", "", "")) },
			want:    manual(),
		},
		"while its last run goes on": {
			prepare: func(w *world) { w.runNow("j") },
			want:    manual(skipped(cronsole.ReasonOverlap), func(r *cronsole.Run) { r.ID = 2 }),
		},
		"while its last run waits": {
			prepare: func(w *world) { w.exec.setSlots(0); w.runNow("j") },
			want:    manual(skipped(cronsole.ReasonOverlap), func(r *cronsole.Run) { r.ID = 2 }),
		},
		"without its code": {
			prepare: func(w *world) { w.codes.remove("work") },
			want:    manual(skipped(cronsole.ReasonCodeMissing)),
		},
		"with a broken code": {
			prepare: func(w *world) { w.codes.put(&cronsole.Code{Name: "work", Problem: "two entry files"}) },
			want:    manual(skipped(cronsole.ReasonCodeMissing)),
		},
		"without a slot": {
			prepare: func(w *world) { w.exec.setSlots(0) },
			want: manual(func(r *cronsole.Run) {
				r.State, r.Attempt, r.StartedAt = cronsole.Queued, 0, time.Time{}
			}),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.exec.run = lasting(time.Minute)
				w.create("j", "interval", map[string]any{"hours": 1, "args": []any{"own"}})
				w.pass(time.Second)
				if tt.prepare != nil {
					tt.prepare(w)
				}
				got, err := w.RunNow(w.ctx, "j", tt.args, "")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
				rows := w.store.rows("j")
				if diff := cmp.Diff(*tt.want, rows[len(rows)-1]); diff != "" {
					t.Errorf("ledger (-want +got):\n%s", diff)
				}
				if got.State != cronsole.Running {
					return
				}
				w.pass(time.Minute)
				want := []cronsole.Execution{{RunID: 1, JobID: "j", Code: "work", Attempt: 1, Args: tt.want.Args, Timeout: time.Hour}}
				if diff := cmp.Diff(want, w.exec.executions()); diff != "" {
					t.Errorf("carried out (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) runNow(id string) *cronsole.Run {
	w.t.Helper()
	run, err := w.RunNow(w.ctx, id, nil, "")
	w.must(err)
	return run
}

// A manual run counts for the schedule's overlap, and leaves the grid alone.
func TestRunNowHoldsBackTheSchedule(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = lasting(15 * time.Second)
		w.create("j", "interval", map[string]any{"seconds": 20})
		w.pass(10 * time.Second)
		w.runNow("j")
		w.pass(31 * time.Second)
		rows := w.store.rows("j")
		if diff := cmp.Diff([]string{"succeeded", "skipped(overlap)", "running"}, states(rows)); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		if !rows[0].Due.IsZero() || !rows[1].Due.Equal(epoch.Add(20*time.Second)) || !rows[2].Due.Equal(epoch.Add(40*time.Second)) {
			t.Errorf("due at %s, %s, %s", rows[0].Due, rows[1].Due, rows[2].Due)
		}
	})
}

func TestRunNowOfAFinishedJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:01"})
		w.pass(2 * time.Second)
		w.runNow("once")
		w.pass(time.Second)
		if diff := cmp.Diff([]string{"succeeded", "succeeded"}, states(w.store.rows("once"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if got := w.store.job("once").State; got != cronsole.JobFinished {
			t.Errorf("job is %s, want finished", got)
		}
	})
}

func TestCancelOfARunningRun(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = endless
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(11 * time.Second)
		w.must(w.Cancel(w.ctx, 1))
		w.must(w.Cancel(w.ctx, 1)) // it has not ended yet
		w.pass(10 * time.Second)
		rows := w.store.rows("j")
		if diff := cmp.Diff([]string{"cancelled", "running"}, states(rows)); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		if got := rows[0]; got.Error != "cancelled" || !got.FinishedAt.Equal(epoch.Add(11*time.Second)) {
			t.Errorf("cancelled run %+v", got)
		}
		if err := w.Cancel(w.ctx, 1); kind(err) != cronsole.NotFound || err.Error() != "Run #1 is not running" {
			t.Errorf("cancel of a run that has ended: %v", err)
		}
	})
}

func TestCancelOfAQueuedRun(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 0
		for _, id := range []string{"a", "b", "c"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
			w.pass(time.Millisecond)
		}
		w.pass(15*time.Second - 3*time.Millisecond)
		w.must(w.Cancel(w.ctx, 2))
		want := cronsole.Run{
			ID: 2, JobKey: 2, JobID: "b", Code: "work", Due: epoch.Add(10001 * time.Millisecond), Count: 1, Cause: cronsole.CauseSchedule,
			State: cronsole.Cancelled, Args: []any{}, QueuedAt: epoch.Add(10001 * time.Millisecond), FinishedAt: epoch.Add(15 * time.Second), Error: "cancelled",
		}
		if diff := cmp.Diff(want, w.store.rows("b")[0]); diff != "" {
			t.Errorf("row (-want +got):\n%s", diff)
		}
		if err := w.Cancel(w.ctx, 2); kind(err) != cronsole.NotFound {
			t.Errorf("cancelled twice: %v", err)
		}
		if h := w.Health(); h.Queued != 2 || h.Running != 0 {
			t.Errorf("health %+v, want 2 queued", h)
		}
		w.exec.setSlots(8)
		w.pass(10 * time.Second) // a and c start late, b with its next instant
		for id, want := range map[string][]string{
			"a": {"succeeded", "succeeded"}, "b": {"cancelled", "succeeded"}, "c": {"succeeded", "succeeded"},
		} {
			if diff := cmp.Diff(want, states(w.store.rows(id))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
	})
}

// A queued run whose cancellation cannot be written keeps its place.
func TestCancelOfAQueuedRunThatIsNotWritten(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(20 * time.Second)
		for _, id := range []string{"a", "b", "c", "d"} {
			w.create(id, "interval", map[string]any{"hours": 1})
		}
		w.pass(time.Hour + time.Second)
		w.store.failWith(func(call string) error {
			if call == "FinishRun" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		for _, id := range []int64{2, 3} {
			if err := w.Cancel(w.ctx, id); kind(err) != cronsole.Unavailable {
				t.Errorf("cancel of run %d: %v, want unavailable", id, err)
			}
		}
		w.store.failWith(nil)
		w.pass(90 * time.Second)
		var order []int64
		for _, e := range w.exec.executions() {
			order = append(order, e.RunID)
		}
		if diff := cmp.Diff([]int64{1, 2, 3, 4}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}
