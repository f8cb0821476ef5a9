package scheduler

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// limited runs a test in a world whose codes and tags have limits.
func limited(t *testing.T, limits map[string]int, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.limits = limits
		test(t, w.start())
	})
}

// A run whose code or one of whose tags is at its limit waits, in the order of
// rows; the others start beside it.
func TestLimits(t *testing.T) {
	limits := map[string]int{"code:dump": 2, "tag:db": 1, "tag:net": 2}
	jobs := []struct{ id, code, tags string }{
		{"a", "dump", "db"},
		{"b", "dump", "db, net"}, // waits for tags db and net
		{"c", "dump", ""},
		{"d", "dump", "net"}, // waits for code dump, then for tag net
		{"e", "work", "net"},
		{"f", "work", "other"},
		{"g", "work", "db"}, // waits for tag db
		{"h", "work", "net"},
		{"i", "work", "net"}, // waits for tag net
	}
	limited(t, limits, func(t *testing.T, w *world) {
		w.codes.put(&cronsole.Code{Name: "dump"})
		extra := map[string]time.Duration{"c": 1, "e": 2, "h": 3} // no two end at once
		w.exec.carryOut(func(ctx context.Context, e cronsole.Execution) cronsole.State {
			return lasting(10*time.Second+extra[e.JobID]*time.Millisecond)(ctx, e)
		})
		for _, j := range jobs {
			_, _, err := w.Create(w.ctx, cronsole.Request{
				JobID: j.id, Code: j.code, Type: "interval", Args: map[string]any{"hours": 1}, Rules: map[string]any{"tags": j.tags},
			})
			w.must(err)
			w.runNow(j.id)
		}
		w.pass(time.Minute)
		got := map[string]time.Duration{}
		for _, j := range jobs {
			got[j.id] = w.store.rows(j.id)[0].StartedAt.Sub(epoch)
		}
		// a ends first and leaves db to g, because b waits for net as well; e leaves
		// net to d, the oldest that waits for it alone, and h to i.
		const ms = time.Millisecond
		want := map[string]time.Duration{
			"a": 0, "c": 0, "e": 0, "f": 0, "h": 0,
			"g": 10 * time.Second, "d": 10*time.Second + 2*ms, "i": 10*time.Second + 3*ms, "b": 20*time.Second + 2*ms,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("started after (-want +got):\n%s", diff)
		}
		if len(w.used) != 0 || len(w.queues) != 0 {
			t.Errorf("left over: %v, %d queues", w.used, len(w.queues))
		}
	})
}

// However runs come and go, no limit is ever passed, and in the end nothing is
// held.
func TestLimitsAreNeverPassed(t *testing.T) {
	limits := map[string]int{"code:work": 3, "tag:odd": 1, "tag:even": 2}
	limited(t, limits, func(t *testing.T, w *world) {
		w.exec.slots = 4
		var mu sync.Mutex
		going, most := map[string]int{}, map[string]int{}
		w.exec.carryOut(func(ctx context.Context, e cronsole.Execution) cronsole.State {
			names := []string{"code:" + e.Code, "tag:" + e.Args[0].(string)}
			mu.Lock()
			for _, n := range names {
				going[n]++
				most[n] = max(most[n], going[n])
			}
			mu.Unlock()
			pause(ctx, time.Duration(3+e.RunID%7)*time.Second)
			mu.Lock()
			defer mu.Unlock()
			for _, n := range names {
				going[n]--
			}
			return []cronsole.State{cronsole.Succeeded, cronsole.Failed}[e.RunID%2]
		})
		for i := range 12 {
			tag := []string{"even", "odd", "free"}[i%3]
			_, _, err := w.Create(w.ctx, cronsole.Request{
				JobID: fmt.Sprintf("j%d", i), Code: "work", Type: "interval", Args: map[string]any{"seconds": 10 + i, "args": []any{tag}},
				Rules: map[string]any{"tags": tag, "retries": 1, "retry_backoff": "4s", "overlap": []string{"skip", "queue_one", "allow", "replace"}[i%4]},
			})
			w.must(err)
		}
		for range 20 {
			w.pass(30 * time.Second)
			w.store.failWith(func(call string) error {
				if call == "StartRuns" || call == "Advance" {
					return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
				}
				return nil
			})
			w.pass(5 * time.Second)
			w.store.failWith(nil)
		}
		for i := range 12 {
			w.must(w.Delete(w.ctx, fmt.Sprintf("j%d", i)))
		}
		w.pass(time.Minute)
		want := map[string]int{"code:work": 3, "tag:odd": 1, "tag:even": 2}
		mu.Lock()
		defer mu.Unlock()
		free := most["tag:free"]
		delete(most, "tag:free")
		if diff := cmp.Diff(want, most); diff != "" || free == 0 {
			t.Errorf("at once (-want +got), %d without a limit:\n%s", free, diff)
		}
		if len(w.used) != 0 || len(w.queues) != 0 || w.queued != 0 {
			t.Errorf("left over: %v, %d queues, %d queued", w.used, len(w.queues), w.queued)
		}
	})
}

// processor is how much of it this test program has used; the clock of a bubble
// does not say.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}

// A backlog of 10,000 runs that go one after another drains in about the time
// that its runs take to be carried out, whatever holds it back.
func TestBacklogDrains(t *testing.T) {
	tests := map[string]struct {
		limits map[string]int
		slots  int
	}{
		"held back by the slots": {nil, 4},
		"held back by its code":  {map[string]int{"code:work": 4}, 1000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.limits, w.exec.slots = tt.limits, tt.slots
				for i := range DefaultMaxQueued {
					w.store.add(&cronsole.Run{
						JobKey: int64(100 + i), JobID: "old", Code: "work", Due: epoch, Count: 1,
						Cause: cronsole.CauseSchedule, State: cronsole.Queued,
					})
				}
				w.exec.carryOut(lasting(time.Millisecond))
				began := processor(t)
				w.start()
				w.pass(10 * time.Second)
				if n := len(w.exec.executions()); n != DefaultMaxQueued || w.Health().Queued != 0 {
					t.Errorf("%d were carried out, %d wait", n, w.Health().Queued)
				}
				if took := processor(t) - began; took > 20*time.Second {
					t.Errorf("took %s of the processor", took)
				}
			})
		})
	}
}
