package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// failing fails the first n attempts of each run.
func failing(n int) func(context.Context, cronsole.Execution) cronsole.State {
	return func(_ context.Context, e cronsole.Execution) cronsole.State {
		if e.Attempt <= n {
			return cronsole.Failed
		}
		return cronsole.Succeeded
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules    map[string]any
		run      func(context.Context, cronsole.Execution) cronsole.State
		state    cronsole.State
		attempts int
	}{
		"none unless asked for":       {nil, failing(1), cronsole.Failed, 1},
		"until it succeeds":           {map[string]any{"retries": 5, "retry_backoff": "2s"}, failing(2), cronsole.Succeeded, 3},
		"as often as is asked for":    {map[string]any{"retries": 2, "retry_backoff": "2s"}, failing(9), cronsole.Failed, 3},
		"what took too long as well":  {map[string]any{"retries": 1, "retry_backoff": "2s"}, always(cronsole.TimedOut), cronsole.TimedOut, 2},
		"not what somebody cancelled": {map[string]any{"retries": 1, "retry_backoff": "2s"}, always(cronsole.Cancelled), cronsole.Cancelled, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				w.exec.run = tt.run
				w.createWith("j", 3600, tt.rules)
				w.pass(time.Hour + time.Minute)
				rows := w.store.rows("j")
				if len(rows) != 1 || rows[0].State != tt.state || rows[0].Attempt != tt.attempts {
					t.Errorf("rows %v, attempt %d; want %s at attempt %d", states(rows), rows[0].Attempt, tt.state, tt.attempts)
				}
				w.stop()
				if used, _ := w.exec.Slots(); used != 0 || len(w.loads) != 0 {
					t.Errorf("%d slots are taken, loads %v", used, w.loads)
				}
			})
		})
	}
}

func always(state cronsole.State) func(context.Context, cronsole.Execution) cronsole.State {
	return func(context.Context, cronsole.Execution) cronsole.State { return state }
}

// Each wait is twice the one before, less a part of it, and never above the cap.
func TestBackoffDoublesUpToItsCap(t *testing.T) {
	rules := cronsole.DefaultRules()
	rules.Retries, rules.RetryBackoff, rules.RetryMax = 6, cronsole.Duration(10*time.Second), cronsole.Duration(time.Minute)
	for attempt, full := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute, time.Minute} {
		wait, again := rules.RetryAfter(7, attempt+1, cronsole.Failed)
		if !again || wait > full || wait < full*3/4 {
			t.Errorf("after attempt %d: %s, %v; want %s less up to a quarter", attempt+1, wait, again, full)
		}
	}
	if _, again := rules.RetryAfter(7, 7, cronsole.Failed); again {
		t.Error("a seventh attempt is tried again")
	}
}

// While a run waits for its next attempt its job does not start another, and a
// restart lets it wait on.
func TestRetryOutlivesTheConsole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.exec.run = failing(1)
		w.createWith("j", 10, map[string]any{"retries": 1, "retry_backoff": "35s"})
		w.pass(21 * time.Second)
		w.stop()
		w.start()
		w.pass(30 * time.Second)
		rows := w.store.rows("j")
		want := []string{"succeeded", "skipped(overlap)", "skipped(overlap)"}
		if diff := cmp.Diff(want, states(rows)[:3]); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if rows[0].Attempt != 2 {
			t.Errorf("attempt %d", rows[0].Attempt)
		}
		w.stop()
	})
}

// A run that waits for its next attempt can be cancelled.
func TestCancelOfAWaitingRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.exec.run = failing(9)
		w.createWith("j", 10, map[string]any{"retries": 9, "retry_backoff": "1h", "retry_max_backoff": "1h"})
		w.pass(11 * time.Second)
		if err := w.Cancel(w.ctx, w.store.rows("j")[0].ID); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Second)
		if got := states(w.store.rows("j")); got[0] != "cancelled" || len(got) != 2 {
			t.Errorf("rows %v", got)
		}
		w.stop()
	})
}

// What waits for a slot longer than the job allows is skipped(expired).
func TestQueuedRunsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.exec.slots = 1
		w.start()
		w.exec.run = takes(25 * time.Second)
		w.createWith("busy", 3600, nil)
		w.createWith("late", 10, map[string]any{"expires": "5s"})
		w.createWith("patient", 10, map[string]any{"expires": "1h"})
		if _, err := w.RunNow(w.ctx, "busy", nil, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(16 * time.Second)
		if got := states(w.store.rows("late")); got[0] != "skipped(expired)" {
			t.Errorf("late: %v", got)
		}
		if got := states(w.store.rows("patient")); got[0] != "queued" {
			t.Errorf("patient: %v", got)
		}
		w.store.failWith(func(call string) error {
			if call == "ExpireRuns" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		w.pass(8 * time.Second) // the second one of late has expired at 25 s, but for the disk
		w.store.failWith(nil)
		w.pass(2 * time.Minute)
		for _, r := range w.store.rows("late") {
			if r.Reason == cronsole.ReasonExpired && !r.StartedAt.IsZero() {
				t.Errorf("%s expired and started", r.Due)
			}
		}
		w.stop()
	})
}

// on_interrupt=rerun carries a run out again under which the console ended, at
// most three times.
func TestInterruptedRunsAreRerunOnRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.exec.run = func(ctx context.Context, _ cronsole.Execution) cronsole.State {
			<-ctx.Done()
			return cronsole.Interrupted
		}
		w.createWith("again", 3600, map[string]any{"on_interrupt": "rerun"})
		w.createWith("once", 3600, nil)
		w.pass(time.Hour + time.Second)
		for life := 1; life <= 4; life++ {
			// As after kill -9: the rows still say that they are running.
			w.store.failWith(func(call string) error {
				if call == "FinishRun" || call == "RetryRun" {
					return &cronsole.Error{Kind: cronsole.NotFound, Message: "killed"}
				}
				return nil
			})
			w.stop()
			w.store.failWith(nil)
			w.start()
			w.pass(2 * time.Second)
			want := cronsole.Running
			if life > 3 {
				want = cronsole.Interrupted
			}
			row := w.store.rows("again")[0]
			if row.State != want || row.Attempt != min(life+1, 4) {
				t.Errorf("life %d: attempt %d is %s, want %s", life, row.Attempt, row.State, want)
			}
			if got := w.store.rows("once")[0]; got.State != cronsole.Interrupted {
				t.Errorf("life %d: the other one is %s", life, got.State)
			}
		}
		w.stop()
	})
}

// A run that fails is tried again though it was the last one of its job; not when
// the job was deleted meanwhile.
func TestRetryOfAJobThatIsOver(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		delete bool
		want   []string
	}{
		"finished":             {false, []string{"succeeded"}},
		"finished and deleted": {true, []string{"failed"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.exec.carryOut(func(ctx context.Context, e cronsole.Execution) cronsole.State {
					pause(ctx, 10*time.Second)
					return []cronsole.State{cronsole.Failed, cronsole.Succeeded}[e.Attempt-1]
				})
				_, _, err := w.Create(w.ctx, cronsole.Request{
					JobID: "j", Code: "work", Type: "date", Args: map[string]any{"run_date": "2000-01-01 00:00:10"}, Rules: map[string]any{"retries": 1},
				})
				w.must(err)
				w.pass(15 * time.Second)
				if tt.delete {
					_, err := w.Delete(w.ctx, "j")
					w.must(err)
				}
				w.pass(time.Minute)
				if diff := cmp.Diff(tt.want, states(w.store.rows("j"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}
