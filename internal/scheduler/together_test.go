package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// However many people start a job at once, one run goes on and the others are
// told that it does.
func TestRunNowOfOneJobByMany(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 200
		w.exec.run = endless
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(10*time.Second - time.Millisecond) // the schedule joins in
		for round := range 3 {
			var askers sync.WaitGroup
			for range 200 {
				askers.Go(func() {
					if _, err := w.RunNow(w.ctx, "j", nil, ""); err != nil {
						t.Error(err)
					}
				})
			}
			askers.Wait()
			w.pass(time.Millisecond)
			got := map[string]int{}
			rows := w.store.rows("j")
			for _, s := range states(rows) {
				got[s]++
			}
			if got["running"] != 1 || got["running"]+got["cancelled"]+got["skipped(overlap)"] != len(rows) || len(rows) < 200*(round+1) {
				t.Errorf("round %d: %v of %d rows", round, got, len(rows))
			}
			i := slices.IndexFunc(rows, func(r cronsole.Run) bool { return r.State == cronsole.Running })
			w.must(w.Cancel(w.ctx, rows[i].ID))
			synctest.Wait()
		}
		if most := w.exec.most["j"]; most != 1 {
			t.Errorf("%d runs went on at once", most)
		}
	})
}

// In whatever order jobs fire, run, are cancelled, paused, changed, deleted and
// made again: no job's runs overlap, and in the end nothing is left over.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.exec.slots = int(seed%3) + 1
				w.exec.run = func(ctx context.Context, e cronsole.Execution) cronsole.State {
					return lasting(time.Duration(e.RunID%7)*500*time.Millisecond)(ctx, e)
				}
				w.deploy("filed", daily("3"))
				w.start()
				var people sync.WaitGroup
				for person := range uint64(6) {
					people.Go(func() { w.play(t, rand.New(rand.NewPCG(seed, person))) })
				}
				people.Wait()
				w.checkQuiet(t)
			})
		})
	}
}

var players = []string{"a", "b", "c"}

// play does a hundred things at random.
func (w *world) play(t *testing.T, r *rand.Rand) {
	allowed := map[cronsole.Kind]bool{0: true, cronsole.NotFound: true, cronsole.Conflict: true, cronsole.Stale: true}
	for range 100 {
		id := players[r.IntN(len(players))]
		var err error
		switch op := r.IntN(20); {
		case op < 4:
			_, _, err = w.Create(w.ctx, cronsole.Request{JobID: id, Code: "filed", Type: "interval", Args: map[string]any{"seconds": 1 + r.IntN(3)}})
		case op < 8:
			_, err = w.RunNow(w.ctx, id, nil, "")
		case op < 11:
			_, err = w.Edit(w.ctx, id, cronsole.Request{Args: map[string]any{"seconds": 1 + r.IntN(3)}, Version: r.Int64N(3)})
		case op == 11:
			_, err = w.Edit(w.ctx, id, cronsole.Request{Type: "interval", Rules: map[string]any{"jitter": fmt.Sprint(r.IntN(3), "s")}})
		case op < 14:
			err = w.Pause(w.ctx, id, "", "")
		case op < 16:
			err = w.Resume(w.ctx, id)
		case op == 16:
			_, err = w.Delete(w.ctx, id)
		case op == 17:
			if err = w.UseFile(w.ctx, id); err == nil {
				_, err = w.Edit(w.ctx, id, cronsole.Request{Type: "interval"})
			}
		default:
			err = w.Cancel(w.ctx, 1+r.Int64N(int64(w.store.count("AddRun")+w.store.count("Advance")+1)))
		}
		if !allowed[kind(err)] || err != nil && kind(err) == 0 {
			t.Error(err)
		}
		_ = w.Health()
		<-time.After(time.Duration(r.IntN(400)) * time.Millisecond)
	}
}

// checkQuiet lets everything come to its end and looks for what is left over.
func (w *world) checkQuiet(t *testing.T) {
	t.Helper()
	for _, id := range players {
		if err := w.Pause(w.ctx, id, "the end", ""); err != nil && kind(err) != cronsole.NotFound && kind(err) != cronsole.Conflict {
			t.Error(err)
		}
	}
	w.pass(time.Minute)
	if h := w.Health(); h.SlotsUsed != 0 || h.Running != 0 || h.Queued != 0 || h.LastError != "" {
		t.Errorf("health %+v", h)
	}
	for _, id := range players {
		if job := w.store.job(id); job != nil && job.State == cronsole.JobPaused {
			w.checkMemory(t, job)
		}
		w.checkOnce(t, id)
		w.checkOutcomes(t, id)
	}
	type left struct{ Active, Live, Queues, Busy, Pending int }
	w.Scheduler.mu.Lock()
	got := left{len(w.loads), len(w.live), len(w.queues), len(w.busy), len(w.pending)}
	w.Scheduler.mu.Unlock()
	if diff := cmp.Diff(left{}, got); diff != "" {
		t.Errorf("left over (-want +got):\n%s", diff)
	}
}

// checkOutcomes makes sure that every row is final, that no two runs of a job
// overlap by the clock of the ledger, and that nothing was carried out twice or
// without a row that says so.
func (w *world) checkOutcomes(t *testing.T, id string) {
	t.Helper()
	ran := map[int64]int{}
	for _, e := range w.exec.executions() {
		ran[e.RunID]++
	}
	ended := map[int64]time.Time{} // by job key
	rows := w.store.rows(id)
	slices.SortStableFunc(rows, func(a, b cronsole.Run) int { return a.StartedAt.Compare(b.StartedAt) })
	for _, r := range rows {
		want := 1
		if r.StartedAt.IsZero() {
			want = 0
		}
		if !r.State.Final() || ran[r.ID] != want {
			t.Errorf("run %d is %s and was carried out %d times", r.ID, r.State, ran[r.ID])
		}
		if want == 0 {
			continue
		}
		if r.StartedAt.Before(ended[r.JobKey]) {
			t.Errorf("run %d of %s started at %s, and the one before ended at %s", r.ID, id, r.StartedAt, ended[r.JobKey])
		}
		ended[r.JobKey] = r.FinishedAt
	}
}
