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

// stubborn is a run that does not listen, and ends after d.
func stubborn(d time.Duration) func(context.Context, cronsole.Execution) cronsole.State {
	return func(context.Context, cronsole.Execution) cronsole.State {
		<-time.After(d)
		return cronsole.Succeeded
	}
}

// Stop lets runs go on for the grace, ends the rest as interrupted by the
// shutdown, and fires nothing more.
func TestStop(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		run   func(context.Context, cronsole.Execution) cronsole.State
		took  time.Duration
		state cronsole.State
		error string
	}{
		"nothing is running":             {nil, 0, cronsole.Succeeded, ""},
		"a run ends within the grace":    {lasting(25 * time.Second), 20 * time.Second, cronsole.Succeeded, ""},
		"a run is longer than the grace": {lasting(time.Hour), 30 * time.Second, cronsole.Interrupted, "the console was shut down"},
		"a run takes its time to end":    {stubborn(45 * time.Second), 40 * time.Second, cronsole.Succeeded, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.exec.run = tt.run
				w.create("j", "interval", map[string]any{"seconds": 10})
				w.pass(15 * time.Second)
				began := time.Now()
				w.stop()
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}
				rows := w.store.rows("j")
				if len(rows) != 1 || rows[0].State != tt.state || rows[0].Error != tt.error {
					t.Errorf("rows %+v, want one that is %s", rows, tt.state)
				}
				if h := w.Health(); h.SlotsUsed != 0 || h.Running != 0 {
					t.Errorf("health %+v", h)
				}
			})
		})
	}
}

// What waits for a slot keeps its row for the next life.
func TestStopLeavesQueuedRuns(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(15 * time.Second)
		for _, id := range []string{"a", "b"} {
			w.create(id, "interval", map[string]any{"hours": 1})
			w.runNow(id)
		}
		w.pass(5 * time.Second)
		w.stop()
		if diff := cmp.Diff([]string{"succeeded", "queued"}, append(states(w.store.rows("a")), states(w.store.rows("b"))...)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.start()
		w.pass(20 * time.Second)
		if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows("b"))); diff != "" {
			t.Errorf("b in the next life (-want +got):\n%s", diff)
		}
	})
}

// During the grace a person can still end what is running.
func TestCancelWhileStopping(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = endless
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(15 * time.Second)
		stopped := make(chan error)
		go func() { stopped <- w.Stop(w.ctx) }()
		w.pass(5 * time.Second)
		w.must(w.Cancel(w.ctx, 1))
		w.must(<-stopped)
		if diff := cmp.Diff([]string{"cancelled"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if took := time.Since(epoch.Add(15 * time.Second)); took != 5*time.Second {
			t.Errorf("stopped after %s, want at once when all is quiet", took)
		}
	})
}

// Further calls wait for the first, and any number of them may be made.
func TestStopTwice(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = lasting(25 * time.Second)
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(15 * time.Second)
		stopped := make(chan time.Duration)
		for range 3 {
			go func() {
				if err := w.Stop(w.ctx); err != nil {
					t.Error(err)
				}
				stopped <- time.Since(epoch.Add(15 * time.Second))
			}()
		}
		w.pass(time.Second)
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that does not want to wait was answered %v", err)
		}
		for range 3 {
			if took := <-stopped; took != 20*time.Second {
				t.Errorf("returned after %s, want 20 s", took)
			}
		}
		w.stop()
	})
}

// When even that does not help, Stop gives up and says so; the next start
// records the run as interrupted.
func TestStopThatGivesUp(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = stubborn(time.Hour)
		w.create("j", "interval", map[string]any{"hours": 2})
		w.runNow("j")
		w.pass(time.Second)
		ctx, cancel := context.WithTimeout(w.ctx, 40*time.Second)
		defer cancel()
		if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered %v, want that the time was over", err)
		}
		if took := time.Since(epoch.Add(time.Second)); took != 41*time.Second {
			t.Errorf("took %s, want the 40 s and one to look again", took)
		}
		w.start()
		w.pass(2 * time.Hour) // the old life's run ends now; its outcome comes too late
		if diff := cmp.Diff([]string{"interrupted", "running"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.pass(time.Hour)
	})
}

// While the disk is full an outcome cannot be recorded; Stop does not wait for
// ever.
func TestStopWithAFullDisk(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = lasting(5 * time.Second)
		w.create("j", "interval", map[string]any{"hours": 1})
		w.runNow("j")
		w.pass(time.Second)
		full := &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
		w.store.failWith(func(string) error { return full })
		ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
		defer cancel()
		if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered %v, want that the time was over", err)
		}
		w.store.failWith(nil)
		w.start()
		if diff := cmp.Diff([]string{"interrupted"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A change that is being written when Stop comes is written to its end.
func TestStopWaitsForAChange(t *testing.T) {
	gated(t, func(t *testing.T, w *world, gate chan struct{}) {
		w.create("j", "interval", map[string]any{"hours": 1})
		edited, stopped := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"hours": 2}})
			edited <- err
		}()
		w.pass(time.Second)
		waits := make(chan error, 1)
		go func() { waits <- w.Pause(w.ctx, "j", "", "") }()
		w.pass(time.Second)
		go func() { stopped <- w.Stop(w.ctx) }()
		w.pass(time.Second)
		if err := <-waits; kind(err) != cronsole.Unavailable {
			t.Errorf("a change that waits was answered %v, want unavailable", err)
		}
		select {
		case err := <-stopped:
			t.Errorf("stopped while a change was being written: %v", err)
			stopped <- err
		default:
		}
		close(gate)
		w.must(<-edited)
		w.must(<-stopped)
		if got := w.store.job("j"); got.Version != 2 || got.State != cronsole.JobActive {
			t.Errorf("job is %s at version %d", got.State, got.Version)
		}
	})
}

// Before Start and after Stop nothing can be changed, and nobody hangs.
func TestUseCasesOutsideALife(t *testing.T) {
	t.Parallel()
	uses := map[string]func(w *world) error{
		"create":   func(w *world) error { _, _, err := w.Create(w.ctx, cronsole.Request{JobID: "work"}); return err },
		"edit":     func(w *world) error { _, err := w.Edit(w.ctx, "j", cronsole.Request{}); return err },
		"use file": func(w *world) error { return w.UseFile(w.ctx, "j") },
		"pause":    func(w *world) error { return w.Pause(w.ctx, "j", "", "") },
		"resume":   func(w *world) error { return w.Resume(w.ctx, "j") },
		"delete":   func(w *world) error { _, err := w.Delete(w.ctx, "j"); return err },
		"run now":  func(w *world) error { _, err := w.RunNow(w.ctx, "j", nil, ""); return err },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				check := func(want string) {
					t.Helper()
					err := use(w)
					if kind(err) != cronsole.Unavailable || err.Error() != want {
						t.Errorf("answered %v, want %s", err, want)
					}
				}
				w.Scheduler = w.life()
				check("The scheduler has not started yet.")
				w.start()
				w.create("j", "interval", nil)
				w.stop()
				before := w.store.job("j")
				check("The console is shutting down.")
				if diff := cmp.Diff(before, w.store.job("j")); diff != "" {
					t.Errorf("the job was changed:\n%s", diff)
				}
			})
		})
	}
}

// Stop of what was never started, or could not start, returns at once.
func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.Scheduler = w.life()
		if err := w.Cancel(w.ctx, 1); kind(err) != cronsole.NotFound {
			t.Errorf("cancel before the start was answered %v", err)
		}
		w.stop()
		w.stop()
	})
}

// Retention runs each minute, in steps, until nothing is left of the round.
func TestRetentionRunsEachMinute(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.pass(10*time.Minute + time.Second)
		if n := w.store.count("Purge"); n != 30 {
			t.Errorf("%d steps in ten minutes, want three in each", n)
		}
		w.store.failWith(func(call string) error {
			if call == "Purge" {
				return errDead
			}
			return nil
		})
		before := w.store.count("Purge")
		w.pass(2 * time.Minute)
		if n := w.store.count("Purge") - before; n != 2 {
			t.Errorf("%d steps in two minutes while it fails, want one in each", n)
		}
	})
}
