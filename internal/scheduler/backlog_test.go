package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// What waits says why, each run and all together.
func TestBacklog(t *testing.T) {
	limited(t, map[string]int{"code:dump": 1, "tag:db": 2}, func(t *testing.T, w *world) {
		w.exec.slots = 5
		w.codes.put(&cronsole.Code{Name: "dump"})
		w.exec.carryOut(endless)
		ask := func(id, code string, rules map[string]any) int64 {
			if w.store.job(id) == nil {
				_, _, err := w.Create(w.ctx, cronsole.Request{JobID: id, Code: code, Type: "interval", Args: map[string]any{"hours": 1}, Rules: rules})
				w.must(err)
			}
			run := w.runNow(id)
			synctest.Wait() // it is being carried out
			return run.ID
		}
		db, one := map[string]any{"tags": "db"}, map[string]any{"overlap": "queue_one"}
		going := []int64{ask("dump1", "dump", nil), ask("db1", "work", db), ask("db2", "work", db), ask("busy", "work", one)}
		waits := map[int64]string{
			ask("dump2", "dump", nil): "code dump is at its limit of 1 run",
			ask("db3", "work", db):    "tag db is at its limit of 2 runs",
			ask("db4", "work", db):    "tag db is at its limit of 2 runs",
			ask("busy", "work", one):  "an earlier run of the job goes on",
		}
		check := func(what string, want []cronsole.Backlog) {
			t.Helper()
			got := map[int64]string{}
			for id := range waits {
				got[id] = w.Waiting(id)
			}
			if diff := cmp.Diff(waits, got); diff != "" {
				t.Errorf("%s: runs wait for (-want +got):\n%s", what, diff)
			}
			if diff := cmp.Diff(want, w.Backlog()); diff != "" {
				t.Errorf("%s: backlog (-want +got):\n%s", what, diff)
			}
		}
		check("with a slot free", []cronsole.Backlog{
			{Reason: "tag db is at its limit of 2 runs", Runs: 2},
			{Reason: "an earlier run of the job goes on", Runs: 1},
			{Reason: "code dump is at its limit of 1 run", Runs: 1},
		})
		for _, id := range append(going, 0, 99) {
			if why := w.Waiting(id); why != "" {
				t.Errorf("run %d, which does not wait, waits for %q", id, why)
			}
		}

		w.exec.carryOut(func(_ context.Context, _ cronsole.Execution) cronsole.State { return cronsole.Failed })
		waits[ask("retried", "work", map[string]any{"retries": 1, "retry_backoff": "1h", "retry_max_backoff": "1h"})] = "the next attempt is not due yet"
		w.pass(time.Second)
		w.exec.carryOut(endless)
		ask("last", "work", nil)
		waits[ask("more", "work", nil)] = "all 5 slots are taken"
		check("with no slot free", []cronsole.Backlog{
			{Reason: "tag db is at its limit of 2 runs", Runs: 2},
			{Reason: "all 5 slots are taken", Runs: 1},
			{Reason: "an earlier run of the job goes on", Runs: 1},
			{Reason: "code dump is at its limit of 1 run", Runs: 1},
			{Reason: "the next attempt is not due yet", Runs: 1},
		})

		w.must(w.Freeze(w.ctx, "holiday"))
		for id := range waits {
			waits[id] = "everything is frozen"
		}
		check("frozen", []cronsole.Backlog{{Reason: "everything is frozen", Runs: 6}})
	})
}
