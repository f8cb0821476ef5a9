package scheduler

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// panicTrigger is a trigger with a fault in it.
type panicTrigger struct{}

func (panicTrigger) Next(time.Time) (time.Time, bool) { panic("next") }
func (panicTrigger) Last(time.Time) (time.Time, bool) { panic("last") }
func (panicTrigger) Count(_, _ time.Time) int64       { panic("count") }

// stuckTrigger yields the same instant for ever.
type stuckTrigger struct{ at time.Time }

func (s stuckTrigger) Next(time.Time) (time.Time, bool) { return s.at, true }
func (s stuckTrigger) Last(time.Time) (time.Time, bool) { return s.at, true }
func (s stuckTrigger) Count(_, _ time.Time) int64       { return 1 }

func TestFaultsDoNotStopTheLoop(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world, e *entry){
		"trigger panics":           func(_ *world, e *entry) { e.trigger = panicTrigger{} },
		"trigger does not move on": func(_ *world, e *entry) { e.trigger = stuckTrigger{time.Now()} },
		"trigger is exhausted":     func(_ *world, e *entry) { e.trigger = brokenTrigger{} },
		"executor panics": func(w *world, _ *entry) {
			w.exec.run = func(context.Context, cronsole.Execution) cronsole.State { panic("run") }
		},
		"run fails": func(w *world, _ *entry) {
			w.exec.run = func(context.Context, cronsole.Execution) cronsole.State { return cronsole.Failed }
		},
		"retention panics":          func(w *world, _ *entry) { w.store.fail = func(c string) error { return panicOn(c, "Purge") } },
		"store panics now and then": func(w *world, _ *entry) { w.store.fail = nowAndThen(w.store, "Purge") },
	}
	for name, harm := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				w.create("bad", "interval", map[string]any{"seconds": 1})
				w.create("good", "interval", map[string]any{"seconds": 1})
				w.Scheduler.mu.Lock()
				harm(w, w.ids["bad"])
				w.Scheduler.mu.Unlock()
				w.pass(200*time.Second + 500*time.Millisecond)
				w.store.failWith(nil) // what could not be written just now is written at the next tick
				w.pass(time.Second)
				if n := len(w.store.rows("good")); n != 201 {
					t.Errorf("the other job has %d rows, want 201", n)
				}
				if age := w.Health().LoopAge; age > time.Second {
					t.Errorf("the loop last came round %s ago", age)
				}
				w.stop()
			})
		})
	}
}

func panicOn(call, at string) error {
	if call == at {
		panic("fault in " + call)
	}
	return nil
}

// nowAndThen fails every third call, but for the named one.
func nowAndThen(f *fakeStore, but string) func(string) error {
	return func(call string) error {
		if call != but && f.calls[call]%3 == 0 {
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
		}
		return nil
	}
}

// While the disk is full nothing starts, and nothing is lost: afterwards every
// due instant has its row.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(10*time.Second + 500*time.Millisecond)
		full := &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
		w.store.failWith(func(string) error { return full })
		calls := w.store.count("Advance")
		w.pass(30 * time.Second)
		if n := w.store.count("Advance") - calls; n < 19 || n > 22 {
			t.Errorf("tried %d times in 20 s, want about once a second", n)
		}
		if h := w.Health(); h.LastError == "" || h.SlotsUsed != 0 || h.Running != 0 {
			t.Errorf("health while full: %+v", h)
		}
		if _, err := w.RunNow(w.ctx, "j", nil, ""); kind(err) != cronsole.Unavailable {
			t.Errorf("run now answered %v, want unavailable", err)
		}
		w.store.failWith(nil)
		w.pass(2 * time.Second)
		if h := w.Health(); h.LastError != "" {
			t.Errorf("health afterwards: %q", h.LastError)
		}
		want := []string{"succeeded", "skipped(misfire)", "skipped(misfire)", "succeeded"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

// A finished run is recorded when the disk has room again; until then the job
// does not start another.
func TestOutcomeWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.store.failWith(func(c string) error {
			if c == "FinishRun" {
				return errors.New("input/output error")
			}
			return nil
		})
		w.pass(25 * time.Second)
		w.store.failWith(nil)
		w.pass(10 * time.Second)
		want := []string{"succeeded", "skipped(overlap)", "succeeded"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

// A batch that is refused because of one job is written job by job.
func TestOneRefusedJobDoesNotHoldTheOthersBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ledger := &refusing{fakeStore: w.store}
		w.ledger = ledger
		w.start()
		bad := w.create("bad", "interval", map[string]any{"seconds": 10})
		for _, id := range []string{"a", "b", "c"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
		}
		ledger.key.Store(bad.Key)
		w.pass(101 * time.Second)
		for _, id := range []string{"a", "b", "c"} {
			if n := len(w.store.rows(id)); n != 10 {
				t.Errorf("%s has %d rows, want 10", id, n)
			}
		}
		ledger.key.Store(0)
		w.pass(time.Minute)
		covered := int64(0)
		for _, r := range w.store.rows("bad") {
			covered += r.Count
		}
		if covered != 16 {
			t.Errorf("the refused job has rows for %d due instants, want 16", covered)
		}
		w.stop()
	})
}

// refusing refuses each batch that has a certain job in it.
type refusing struct {
	*fakeStore
	key atomic.Int64
}

func (r *refusing) Advance(ctx context.Context, batch []*cronsole.Advance) error {
	for _, a := range batch {
		if a.JobKey == r.key.Load() {
			return errors.New("constraint failed")
		}
	}
	return r.fakeStore.Advance(ctx, batch)
}

// Another program finished, deleted or moved a job: its plan does not hold.
func TestJobChangedBehindTheSchedulersBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		moved := w.create("moved", "interval", map[string]any{"seconds": 10})
		gone := w.create("gone", "interval", map[string]any{"seconds": 10})
		w.store.mu.Lock()
		w.store.jobs[moved.Key].Cursor = moved.Cursor.Add(30 * time.Second)
		w.store.jobs[moved.Key].Next = moved.Cursor.Add(40 * time.Second)
		w.store.jobs[gone.Key].State = cronsole.JobDeleted
		w.store.mu.Unlock()
		w.pass(51 * time.Second)
		if got := states(w.store.rows("moved")); len(got) != 2 {
			t.Errorf("moved job has rows %v, want 2", got)
		}
		if got := states(w.store.rows("gone")); len(got) != 0 {
			t.Errorf("deleted job has rows %v", got)
		}
		if h := w.Health(); h.Jobs != 1 || h.SlotsUsed != 0 {
			t.Errorf("health %+v", h)
		}
		w.stop()
	})
}
