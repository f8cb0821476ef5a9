package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

// TestTrustNoTwoRunsOverlap plays 1,000 random interleavings of fires, manual
// starts, cancels and ends, under overlap skip and queue_one. Of no job do two runs go
// on at once, and each start that was not carried out is recorded with its reason.
func TestTrustNoTwoRunsOverlap(t *testing.T) {
	t.Parallel()
	seed := testkit.Seed(t)
	const lanes = 10
	for lane := range uint64(lanes) {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			for i := range 1000 / lanes * testkit.Scale(t) {
				random := rand.New(rand.NewPCG(seed, lane<<32|uint64(i)))
				synctest.Test(t, func(t *testing.T) { interleave(t, random) })
				if t.Failed() {
					t.Fatalf("in interleaving %d", i)
				}
			}
		})
	}
}

func interleave(t *testing.T, random *rand.Rand) {
	w := newWorld(t)
	w.exec.slots = 1 + random.IntN(3)
	longest := 1 + random.Int64N(4000)
	w.exec.run = func(ctx context.Context, e cronsole.Execution) cronsole.State {
		return lasting(time.Duration(e.RunID*7919%longest)*time.Millisecond)(ctx, e)
	}
	w.start()
	ids := []string{"a", "b"}
	for _, id := range ids {
		overlap := []string{"skip", "queue_one"}[random.IntN(2)]
		_, _, err := w.Create(w.ctx, cronsole.Request{
			JobID: id, Code: "work", Type: "interval", Args: map[string]any{"seconds": 1 + random.IntN(2)},
			Rules: map[string]any{"overlap": overlap},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var people sync.WaitGroup
	for range 3 {
		own := rand.New(rand.NewPCG(random.Uint64(), 0))
		people.Go(func() {
			for range 6 {
				<-time.After(time.Duration(own.IntN(1500)) * time.Millisecond)
				w.startOrCancel(t, ids[own.IntN(len(ids))], own)
			}
		})
	}
	people.Wait()
	for _, id := range ids {
		w.must(w.Pause(w.ctx, id, "the end"))
	}
	w.pass(20 * time.Second)
	for _, id := range ids {
		if most := w.exec.most[id]; most > 1 {
			t.Errorf("%d runs of %s went on at once", most, id)
		}
		w.checkOutcomes(t, id)
		w.checkOnce(t, id)
	}
	w.stop()
}

// startOrCancel starts a job by hand, or ends one of its runs.
func (w *world) startOrCancel(t *testing.T, id string, random *rand.Rand) {
	if random.IntN(3) > 0 {
		if _, err := w.RunNow(w.ctx, id, nil); err != nil {
			t.Error(err)
		}
		return
	}
	rows := w.store.rows(id)
	if len(rows) == 0 {
		return
	}
	if err := w.Cancel(w.ctx, rows[len(rows)-1].ID); err != nil && kind(err) == 0 { // others say that it has ended
		t.Error(err)
	}
}
