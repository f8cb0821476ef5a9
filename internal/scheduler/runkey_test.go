package scheduler

import (
	"sync"
	"testing"

	"cronsole/internal/cronsole"
)

// A key makes one run, however often and in however many at once it is asked
// for, over a restart too. It belongs to its job, and to what was asked first.
func TestRunNowUnderAKey(t *testing.T) {
	onDisk(t, func(t *testing.T, w *diskWorld) {
		w.create("other", 3600)
		ask := func(id string, args []any, key string) *cronsole.Run {
			t.Helper()
			r, err := w.RunNow(t.Context(), id, args, key)
			if err != nil {
				t.Error(err)
				return &cronsole.Run{}
			}
			return r
		}
		ids := make([]int64, 20)
		var askers sync.WaitGroup
		for i := range ids {
			askers.Go(func() { ids[i] = ask("j", nil, "k").ID })
		}
		askers.Wait()
		first := ids[0]
		for _, id := range ids {
			if id != first || id == 0 {
				t.Errorf("asked at once: runs %v", ids)
				break
			}
		}
		w.pass(seconds(5))
		w.away(seconds(1))
		if again := ask("j", nil, "k"); again.ID != first || again.State != cronsole.Succeeded {
			t.Errorf("after a restart: run %d is %s, want %d", again.ID, again.State, first)
		}
		for name, r := range map[string]*cronsole.Run{
			"another key": ask("j", nil, "l"), "another job": ask("other", nil, "k"), "no key": ask("other", nil, ""),
		} {
			if r.ID == first {
				t.Errorf("%s: the same run", name)
			}
		}
		if _, err := w.RunNow(t.Context(), "j", []any{"x"}, "k"); kind(err) != cronsole.Invalid {
			t.Errorf("with other arguments: %v", err)
		}
		with := ask("j", []any{"x", 1.0}, "m")
		if again := ask("j", []any{"x", 1.0}, "m"); again.ID != with.ID {
			t.Errorf("with the same arguments: runs %d and %d", with.ID, again.ID)
		}
		if _, err := w.RunNow(t.Context(), "j", nil, "m"); kind(err) != cronsole.Invalid {
			t.Errorf("without arguments: %v", err)
		}
	})
}
