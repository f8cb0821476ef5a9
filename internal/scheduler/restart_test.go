package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cronsole/internal/cronsole"
)

var errDead = errors.New("this life is over")

// dieAfter lets n more calls of the store through. What is written by then is in
// the ledger, what comes later is not: as a kill -9 leaves it.
func (w *world) dieAfter(n int) {
	w.store.failWith(func(string) error { // called one at a time
		if n--; n < 0 {
			return errDead
		}
		return nil
	})
}

// crash ends a life without letting it write anything more.
func (w *world) crash() {
	w.dieAfter(0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.Stop(ctx) // what it answers is nobody's business any more
	w.pass(2 * lastWait)
	w.store.failWith(nil)
}

// What was running when the console died is interrupted and not run again; what
// was queued keeps its row and runs.
func TestRestartAfterACrash(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(time.Minute)
		for _, id := range []string{"running", "queued"} {
			w.create(id, "interval", map[string]any{"hours": 1, "args": []any{id}})
			w.runNow(id)
		}
		w.pass(5 * time.Second)
		w.crash()
		w.exec.found = map[int64]string{1: "Its process was ended."}
		w.start()
		w.pass(2 * time.Minute)

		again := epoch.Add(7 * time.Second)
		want := map[string]cronsole.Run{
			"running": {
				ID: 1, JobKey: 1, State: cronsole.Interrupted, Error: "Its process was ended.",
				QueuedAt: epoch, StartedAt: epoch, FinishedAt: again,
			},
			"queued": {
				ID: 2, JobKey: 2, State: cronsole.Succeeded,
				QueuedAt: epoch, StartedAt: again, FinishedAt: again.Add(time.Minute),
			},
		}
		for id, run := range want {
			run.JobID, run.Code, run.Cause, run.Args, run.Attempt = id, "work", cronsole.CauseManual, []any{id}, 1
			if diff := cmp.Diff([]cronsole.Run{run}, w.store.rows(id)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
		if diff := cmp.Diff([]string{"running", "queued"}, w.order()); diff != "" {
			t.Errorf("carried out (-want +got):\n%s", diff)
		}
	})
}

// Queued runs of the last life start in the order in which they were made, before
// anything new, with the time limit of their job.
func TestRestartWithQueuedRuns(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 0
		for _, id := range []string{"c", "a", "b"} {
			_, _, err := w.Create(w.ctx, cronsole.Request{
				JobID: id, Code: "work", Type: "interval", Args: map[string]any{"seconds": 10}, Rules: map[string]any{"timeout": "7s"},
			})
			w.must(err)
			w.pass(time.Millisecond)
		}
		w.pass(15 * time.Second)
		w.must(w.Pause(w.ctx, "b", "", ""))
		w.stop()
		w.exec.slots = 1
		w.exec.run = lasting(4 * time.Second)
		w.start()
		w.pass(14 * time.Second)
		want := []cronsole.Execution{}
		for i, id := range []string{"c", "a", "b"} {
			want = append(want, cronsole.Execution{
				RunID: int64(i + 1), JobID: id, Code: "work", Due: epoch.Add(10*time.Second + time.Duration(i)*time.Millisecond), Attempt: 1, Args: []any{}, Timeout: 7 * time.Second,
			})
		}
		if diff := cmp.Diff(want, w.exec.executions()[:3]); diff != "" {
			t.Errorf("carried out (-want +got):\n%s", diff)
		}
	})
}

// Before anything fires, the last life's processes are ended and its rows are
// closed; when one of these steps fails, nothing starts.
func TestStartThatFails(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"Processes", "InterruptRuns", "LiveJobs", "QueuedRuns"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.store.failWith(func(call string) error {
					if call == step {
						return errDead
					}
					return nil
				})
				w.Scheduler = w.life()
				if err := w.Start(w.ctx); !errors.Is(err, errDead) {
					t.Errorf("start answered %v", err)
				}
				if _, _, err := w.Create(w.ctx, cronsole.Request{JobID: "work"}); kind(err) != cronsole.Unavailable {
					t.Errorf("create answered %v, want unavailable", err)
				}
			})
		})
	}
}

// What was missed cannot be written yet: the console starts nevertheless and
// tries again each second.
func TestStartWithAFullDisk(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.stop()
		w.pass(25500 * time.Millisecond)
		w.store.failWith(func(call string) error {
			if call == "Advance" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		w.start()
		w.pass(2 * time.Second)
		if got := w.Health().LastError; got != "fire: the disk is full" {
			t.Errorf("last error %q", got)
		}
		w.store.failWith(nil)
		w.pass(time.Second)
		if diff := cmp.Diff([]string{"skipped(misfire)", "succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A job whose definition cannot be read any more stays in sight, can be mended,
// and does not keep the others from firing.
func TestStartWithAJobThatCannotBeScheduled(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		bad := w.create("bad", "interval", map[string]any{"seconds": 10})
		w.create("good", "interval", map[string]any{"seconds": 10})
		w.stop()
		w.store.jobs[bad.Key].Definition.Schedule.Timezone = "Mars/Olympus"
		w.start()
		w.pass(35 * time.Second)
		if n := len(w.store.rows("good")); n != 3 || w.Health().Jobs != 2 {
			t.Errorf("%d rows and %d jobs, want 3 and 2", n, w.Health().Jobs)
		}
		_, err := w.Edit(w.ctx, "bad", cronsole.Request{Type: "interval", Timezone: "UTC", Args: map[string]any{"seconds": 5}})
		w.must(err)
		w.pass(10 * time.Second)
		if diff := cmp.Diff([]string{"succeeded", "succeeded"}, states(w.store.rows("bad"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// Over any sequence of crashes, stops and downtimes every due instant has exactly
// one row in the end, no run is carried out twice, and none succeeded without
// being carried out.
func TestRandomRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(timeless{t}, func(rt *rapid.T) {
			began := time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
			<-time.After(time.Until(began))
			w := newWorld(t)
			w.exec.slots = rapid.IntRange(0, 3).Draw(rt, "slots")
			w.exec.run = lasting(time.Duration(rapid.IntRange(0, 25).Draw(rt, "run seconds")) * time.Second)
			w.start()
			w.create("interval", "interval", map[string]any{"seconds": 10})
			w.create("cron", "cron", map[string]any{"second": "*/20"})
			w.create("date", "date", map[string]any{"run_date": began.Add(95 * time.Second).Format(time.RFC3339)})
			for range rapid.IntRange(1, 5).Draw(rt, "lives") {
				w.pass(time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "up")) * time.Millisecond)
				if rapid.Bool().Draw(rt, "crash") {
					w.crash()
				} else {
					w.store.failWith(nil)
					w.stop()
				}
				w.pass(time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "down")) * time.Millisecond)
				w.dieAfter(rapid.IntRange(0, 40).Draw(rt, "calls"))
				if !w.rise() {
					w.store.failWith(nil) // it died while it started
					w.start()
				}
			}
			w.store.failWith(nil)
			w.exec.setSlots(3)
			w.exec.carryOut(nil)
			w.pass(2*time.Minute + time.Millisecond)
			w.stop()
			until := time.Now()
			w.checkLife(rt, "interval", steps(began, until, 10*time.Second))
			w.checkLife(rt, "cron", steps(began, until, 20*time.Second))
			w.checkLife(rt, "date", []time.Time{began.Add(95 * time.Second)})
		})
	})
}

// rise begins a life that may end before it has begun.
func (w *world) rise() bool {
	w.Scheduler = w.life()
	return w.Start(w.ctx) == nil
}

// timeless hides the deadline of a test, which is none of a bubble's time.
type timeless struct{ testing.TB }

func steps(from, until time.Time, every time.Duration) (due []time.Time) {
	for d := from.Add(every); !d.After(until); d = d.Add(every) {
		due = append(due, d)
	}
	return due
}

// checkLife holds the rows of a job against what was due, and what the executor
// did against the rows.
func (w *world) checkLife(t *rapid.T, id string, due []time.Time) {
	t.Helper()
	rows := w.store.rows(id)
	slices.SortFunc(rows, func(a, b cronsole.Run) int { return a.Due.Compare(b.Due) })
	ran := map[int64]int{}
	for _, e := range w.exec.executions() {
		ran[e.RunID]++
	}
	for _, r := range rows {
		if int64(len(due)) < r.Count {
			t.Fatalf("%s: a row for %s, and nothing more was due", id, r.Due)
		}
		mine := due[:r.Count]
		due = due[r.Count:]
		if !r.Due.Equal(mine[0]) || r.Count > 1 && !r.DueUntil.Equal(mine[r.Count-1]) {
			t.Fatalf("%s: a row for %s to %s, want %s to %s", id, r.Due, r.DueUntil, mine[0], mine[r.Count-1])
		}
		want := fmt.Sprintf("%d of %s", ran[r.ID], r.State)
		switch r.State {
		case cronsole.Succeeded:
			if want != "1 of succeeded" {
				t.Fatalf("%s: %s", id, want)
			}
		case cronsole.Interrupted:
			if ran[r.ID] > 1 {
				t.Fatalf("%s: %s", id, want)
			}
		case cronsole.Skipped:
			if ran[r.ID] > 0 {
				t.Fatalf("%s: %s", id, want)
			}
		default:
			t.Fatalf("%s: row %d is %s in the end", id, r.ID, r.State)
		}
	}
	if len(due) > 0 {
		t.Fatalf("%s: no row for %s and %d more", id, due[0], len(due)-1)
	}
}
