package scheduler

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// order lists the jobs whose runs were carried out, in the order in which they
// began.
func (w *world) order() (ids []string) {
	for _, e := range w.exec.executions() {
		ids = append(ids, e.JobID)
	}
	return ids
}

func TestHealth(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = endless
		for _, id := range []string{"a", "b", "c", "d"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
		}
		w.must(w.Pause(w.ctx, "d", ""))
		w.pass(15300 * time.Millisecond)
		want := cronsole.Health{
			Started: epoch, LoopAge: 300 * time.Millisecond,
			Jobs: 4, Running: 1, Queued: 2, SlotsUsed: 1, Slots: 1,
		}
		if diff := cmp.Diff(want, w.Health()); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
	})
}

// When slots are taken the oldest run of those that wait starts next, whatever
// its code, and its row says when.
func TestQueuedRunsStartOldestFirst(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(10 * time.Second)
		ids := []string{"c", "a", "e", "b", "d"}
		for i, id := range ids {
			code := []string{"work", "other", "third"}[i%3]
			w.codes.put(&cronsole.Code{Name: code})
			_, _, err := w.Create(w.ctx, cronsole.Request{JobID: id, Code: code, Type: "interval", Args: map[string]any{"hours": 1}})
			w.must(err)
			w.pass(time.Second)
		}
		for _, id := range ids {
			w.runNow(id)
			w.pass(time.Second)
		}
		w.pass(time.Minute)
		if diff := cmp.Diff(ids, w.order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		for i, id := range ids {
			r := w.store.rows(id)[0]
			if want := epoch.Add(5*time.Second + time.Duration(i)*10*time.Second); !r.StartedAt.Equal(want) || r.Attempt != 1 {
				t.Errorf("%s started at %s, attempt %d, want %s", id, r.StartedAt, r.Attempt, want)
			}
		}
	})
}

// A slot that has become free is for those that wait, not for who comes then.
func TestNewRunDoesNotOvertake(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 0
		w.exec.run = lasting(10 * time.Second)
		for _, id := range []string{"a", "b", "c"} {
			w.create(id, "interval", map[string]any{"hours": 1})
		}
		w.runNow("a")
		w.runNow("b")
		w.pass(500 * time.Millisecond)
		w.exec.setSlots(1)
		w.runNow("c")
		w.pass(time.Minute)
		if diff := cmp.Diff([]string{"a", "b", "c"}, w.order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// Runs whose start cannot be written go back to where they were.
func TestQueuedRunsWhoseStartIsNotWritten(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 0
		w.exec.run = lasting(10 * time.Second)
		ids := []string{"a", "b", "c", "d"}
		for _, id := range ids {
			w.create(id, "interval", map[string]any{"hours": 1})
			w.runNow(id)
		}
		w.store.failWith(func(call string) error {
			if call == "StartRuns" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		w.exec.setSlots(3)
		w.pass(2 * time.Second)
		if h := w.Health(); h.Queued != 4 || h.Running != 0 || h.SlotsUsed != 0 || h.LastError != "start queued runs: the disk is full" {
			t.Errorf("health %+v", h)
		}
		w.exec.setSlots(1)
		w.store.failWith(nil)
		w.pass(time.Minute)
		if diff := cmp.Diff(ids, w.order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// A code that has reached its own limit keeps its own runs waiting, in order,
// and no others.
func TestFullCodeDoesNotHoldUpAnother(t *testing.T) {
	limited(t, map[string]int{"code:work": 1}, func(t *testing.T, w *world) {
		w.codes.put(&cronsole.Code{Name: "other"})
		w.exec.run = lasting(10 * time.Second)
		for _, id := range []string{"w1", "w2", "w3"} {
			w.create(id, "interval", map[string]any{"hours": 1})
			w.runNow(id)
		}
		_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "o1", Code: "other", Type: "interval", Args: map[string]any{"hours": 1}})
		w.must(err)
		if run := w.runNow("o1"); run.State != cronsole.Running {
			t.Errorf("the other code's run is %s", run.State)
		}
		if h := w.Health(); h.Running != 2 || h.Queued != 2 || h.SlotsUsed != 2 {
			t.Errorf("health %+v, want 2 running, 2 queued", h)
		}
		w.pass(time.Minute)
		if diff := cmp.Diff([]string{"o1", "w1", "w2", "w3"}, sorted(w.order(), 2)); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// sorted sorts the first n of a list: what began at the same moment.
func sorted(list []string, n int) []string {
	for i := 1; i < n; i++ {
		for k := i; k > 0 && list[k] < list[k-1]; k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
	return list
}

// A run that waits counts as the job's last one: what becomes due meanwhile is
// an overlap.
func TestQueuedRunCountsForOverlap(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 0
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(35 * time.Second)
		want := []string{"queued", "skipped(overlap)", "skipped(overlap)"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.exec.setSlots(1)
		w.pass(10 * time.Second)
		want = []string{"succeeded", "skipped(overlap)", "skipped(overlap)", "succeeded"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A run that begins to wait while the last slot is being given back gets that
// slot at once, not with the next tick.
func TestRunThatWaitsWhileASlotIsGivenBack(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		for _, id := range []string{"a", "b"} {
			w.create(id, "interval", map[string]any{"hours": 1})
		}
		w.pass(500 * time.Millisecond)
		first := true
		w.exec.release = func() {
			if !first {
				return
			}
			first = false
			if run := w.runNow("b"); run.State != cronsole.Queued {
				t.Errorf("b is %s, want queued", run.State)
			}
			<-time.After(time.Millisecond) // the engine looks, and finds no slot
		}
		w.runNow("a")
		w.pass(100 * time.Millisecond)
		rows := w.store.rows("b")
		if want := epoch.Add(501 * time.Millisecond); len(rows) != 1 || !rows[0].StartedAt.Equal(want) {
			t.Errorf("%+v, want it started at %s", rows, want)
		}
	})
}

// So many runs may wait; then new ones are skipped, aloud, until there is room.
func TestFullQueueSkips(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.exec.slots = 0
		for i := range DefaultMaxQueued - 2 {
			w.store.add(&cronsole.Run{
				JobKey: int64(100 + i), JobID: "old", Code: "work", Due: epoch, Count: 1,
				Cause: cronsole.CauseSchedule, State: cronsole.Queued,
			})
		}
		w.start()
		for _, id := range []string{"a", "b", "c", "d"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
		}
		w.runNow("a")
		w.pass(10500 * time.Millisecond)
		if h := w.Health(); h.Queued != DefaultMaxQueued || h.Running != 0 {
			t.Errorf("health %+v, want %d queued", h, DefaultMaxQueued)
		}
		got := map[string]int{}
		for _, id := range []string{"b", "c", "d"} {
			for _, s := range states(w.store.rows(id)) {
				got[s]++
			}
		}
		if diff := cmp.Diff(map[string]int{"queued": 1, "skipped(queue_full)": 2}, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.exec.setSlots(1000)
		w.pass(10 * time.Second)
		for _, id := range []string{"a", "b", "c", "d"} {
			rows := states(w.store.rows(id))
			if last := rows[len(rows)-1]; last != "succeeded" {
				t.Errorf("the last row of %s is %s", id, last)
			}
		}
		if n := len(w.exec.executions()); n != DefaultMaxQueued+4 {
			t.Errorf("%d runs were carried out, want all that waited and 4 more", n)
		}
	})
}

// One row that was ended by somebody else does not keep the others waiting.
func TestQueuedRunThatIsGoneDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	tests := map[string]func(f *fakeStore){
		"ended":   func(f *fakeStore) { f.runs[2].State = cronsole.Cancelled },
		"removed": func(f *fakeStore) { delete(f.runs, 2) },
	}
	for name, meddle := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.exec.slots = 0
				for _, id := range []string{"a", "b", "c"} {
					w.create(id, "interval", map[string]any{"seconds": 10})
					w.pass(time.Millisecond)
				}
				w.pass(15 * time.Second)
				w.store.mu.Lock()
				meddle(w.store)
				w.store.mu.Unlock()
				w.exec.setSlots(8)
				w.pass(10 * time.Second)
				if diff := cmp.Diff([]string{"succeeded", "succeeded"}, states(w.store.rows("c"))); diff != "" {
					t.Errorf("c (-want +got):\n%s", diff)
				}
				if h := w.Health(); h.Queued != 0 || h.Running != 0 || h.SlotsUsed != 0 || h.LastError != "" {
					t.Errorf("health %+v", h)
				}
				rows := states(w.store.rows("b"))
				if last := rows[len(rows)-1]; last != "succeeded" {
					t.Errorf("b does not go on: %v", rows)
				}
			})
		})
	}
}

// A batch of what is due is bounded; what does not fit follows at once.
func TestMoreIsDueThanOneTransactionTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const jobs = 150 // of 101 rows each
		w := newWorld(t).start()
		for i := range jobs {
			w.create(fmt.Sprintf("j%d", i), "interval", map[string]any{"seconds": 1})
		}
		w.stop()
		w.pass(time.Hour)
		calls := w.store.count("Advance")
		w.start()
		if n := w.store.count("Advance") - calls; n != 2 {
			t.Errorf("%d transactions for %d rows, want 2", n, jobs*102)
		}
		for i := range jobs {
			if n := len(w.store.rows(fmt.Sprintf("j%d", i))); n != 102 {
				t.Fatalf("j%d has %d rows, want 102", i, n)
			}
		}
	})
}
