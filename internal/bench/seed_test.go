package bench

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
	"cronsole/internal/verify"
)

func newSession(t *testing.T) *session {
	t.Helper()
	site, err := newSite(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &session{Bench: &Bench{}, site: site, progress: newProgress(io.Discard, "test")}
}

// TestTheSeededLedgerIsOneThatTheConsoleCouldHaveWritten: verify finds nothing
// but the hours that a made-up history leaves out.
func TestTheSeededLedgerIsOneThatTheConsoleCouldHaveWritten(t *testing.T) {
	s := newSession(t)
	if err := s.seedHistory(t.Context(), 30, 95, time.Second); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	findings, err := sqlite.Examine(t.Context(), s.data, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if !f.OK && f.What != "disk" {
			t.Errorf("%s: %s", f.What, f.Detail)
		}
	}
	jobs, runs, failed := 0, map[int]int{}, 0
	err = sqlite.Histories(t.Context(), s.data, now, func(h verify.History) error {
		jobs++
		runs[len(h.Rows)]++
		for _, r := range h.Rows {
			if r.Due.After(now) || r.Due.Before(now.Add(-7*time.Hour)) {
				t.Errorf("a run of %s was due at %s", h.Job.ID, r.Due)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int]int{3: 25, 4: 5}, runs); diff != "" || jobs != 30 {
		t.Errorf("%d jobs, by how many runs they have (-want +got):\n%s", jobs, diff)
	}
	store := open(t, s)
	page, err := store.Runs(t.Context(), cronsole.RunQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Runs {
		if r.State == cronsole.Failed {
			failed++
		}
	}
	if len(page.Runs) != 95 || failed != 2 {
		t.Errorf("%d runs, %d failed", len(page.Runs), failed)
	}
}

func open(t *testing.T, s *session) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), s.data, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestSeedingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newSession(t)
	err := s.seed(ctx, func(store *sqlite.Store) error {
		return s.createJobs(ctx, store, 1000, func(i int) *cronsole.Job {
			cancel()
			return quiet(i, 1000, time.Second)
		})
	})
	if err == nil {
		t.Error("it went on to the end")
	}
}

// TestTheLedgerIsWatched: a run counts when it is final, once, with the delays
// of its instant; those of other instants do not.
func TestTheLedgerIsWatched(t *testing.T) {
	s := newSession(t)
	store := open(t, s)
	now := time.Now().Truncate(time.Millisecond)
	job := interval("one", Noop, time.Second, now)
	if err := store.CreateJob(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	fire := func(due time.Time, state cronsole.State, reason cronsole.Reason) *cronsole.Run {
		r := &cronsole.Run{
			JobKey: job.Key, JobID: job.ID, Code: Noop, Due: due, Count: 1, Cause: cronsole.CauseSchedule,
			State: state, Reason: reason, QueuedAt: due, Args: []any{},
		}
		switch state {
		case cronsole.Running:
			r.StartedAt, r.Attempt = due, 1
		case cronsole.Skipped:
			r.FinishedAt = due
		}
		a := &cronsole.Advance{JobKey: job.Key, From: job.Cursor, To: due, Next: due.Add(time.Second), Runs: []*cronsole.Run{r}}
		if err := store.Advance(t.Context(), []*cronsole.Advance{a}); err != nil || !a.Applied {
			t.Fatalf("%v, applied %t", err, a.Applied)
		}
		job.Cursor = due
		return r
	}
	fire(now, cronsole.Skipped, cronsole.ReasonPaused) // before anybody watches
	w, err := s.watchLedger(t.Context(), now.Add(2*time.Second), now.Add(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	fire(now.Add(1*time.Second), cronsole.Skipped, cronsole.ReasonPaused) // too early
	ran := fire(now.Add(2*time.Second), cronsole.Running, "")
	fire(now.Add(3*time.Second), cronsole.Skipped, cronsole.ReasonOverlap)
	fire(now.Add(5*time.Second), cronsole.Skipped, cronsole.ReasonOverlap) // too late
	for range 2 {
		if err := w.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int64{"skipped (overlap)": 1}, w.outcomes); diff != "" || w.accounted != 1 || len(w.start) != 0 {
		t.Errorf("%d accounted for, outcomes while it runs (-want +got):\n%s", w.accounted, diff)
	}
	started := ran.Due.Add(7 * time.Millisecond)
	err = store.FinishRun(t.Context(), cronsole.Outcome{RunID: ran.ID, Attempt: 1, State: cronsole.Succeeded, StartedAt: started, FinishedAt: started})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"skipped (overlap)": 1, "succeeded": 1}, w.outcomes); diff != "" || w.accounted != 2 || w.within != 1 {
		t.Errorf("%d accounted for, %d within, outcomes (-want +got):\n%s", w.accounted, w.within, diff)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Millisecond}, w.start); diff != "" || len(w.durable) != 1 {
		t.Errorf("%d durable, start delays (-want +got):\n%s", len(w.durable), diff)
	}
}
