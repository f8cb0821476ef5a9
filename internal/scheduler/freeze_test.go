package scheduler

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// While all is frozen every due instant is recorded and nothing starts, over a
// restart too.
func TestNothingStartsWhileFrozen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		w.createWith("j", 10, nil)
		w.pass(11 * time.Second)
		if err := w.Freeze(w.ctx, "the move"); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Second)
		r, err := w.RunNow(w.ctx, "j", nil, "")
		if err != nil || r.State != cronsole.Skipped || r.Reason != cronsole.ReasonFrozen {
			t.Errorf("run now gave %+v, %v", r, err)
		}
		w.stop()
		w.start()
		if f := w.Health().Freeze; f == nil || f.Reason != "the move" {
			t.Errorf("after a restart: %+v", f)
		}
		w.pass(10 * time.Second)
		if err := w.Unfreeze(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Second)
		want := []string{"succeeded", "skipped(frozen)", "skipped(frozen)", "skipped(frozen)", "succeeded"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

// What waited for a slot when all was frozen starts when it ends.
func TestQueuedRunsOutlastAFreeze(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.exec.slots = 1
		w.start()
		w.exec.run = takes(5 * time.Second)
		w.createWith("a", 3600, nil)
		w.createWith("b", 3600, nil)
		for _, id := range []string{"a", "b"} {
			if _, err := w.RunNow(w.ctx, id, nil, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Freeze(w.ctx, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if got := states(w.store.rows("b")); got[0] != "queued" {
			t.Errorf("while frozen: %v", got)
		}
		if err := w.Unfreeze(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Second)
		if got := states(w.store.rows("b")); got[0] != "succeeded" {
			t.Errorf("afterwards: %v", got)
		}
		w.stop()
	})
}
