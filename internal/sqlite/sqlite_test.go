package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

// TestMain is also the child that dies during an upgrade.
func TestMain(m *testing.M) {
	if spec := os.Getenv(upgradeUntil); spec != "" {
		fmt.Fprintln(os.Stderr, dieDuringUpgrade(spec))
		os.Exit(1)
	}
	testkit.Main(m)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openStore(t testing.TB, opts Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "data"), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func kindOf(err error) cronsole.Kind {
	if e, ok := errors.AsType[*cronsole.Error](err); ok {
		return e.Kind
	}
	return 0
}

// newJob is an active job of every minute that is due next at 12:01.
func newJob(id string) *cronsole.Job {
	return &cronsole.Job{
		ID: id,
		Definition: cronsole.Definition{
			Code:     "log_something",
			Schedule: cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Minutes: 1}, Timezone: "UTC"},
			Args:     []any{},
			Rules:    cronsole.Rules{Overlap: cronsole.OverlapSkip, Misfire: cronsole.MisfireRunOnce, MisfireGrace: cronsole.Duration(time.Minute), KeepRuns: 1000, KeepDays: 90, KeepBytes: 100 << 20},
			Source:   cronsole.SourceConsole,
		},
		State: cronsole.JobActive, Version: 1,
		Anchor: noon, Cursor: noon, Next: noon.Add(time.Minute), CreatedAt: noon, UpdatedAt: noon,
	}
}

func addJob(t testing.TB, s *Store, id string, change ...func(*cronsole.Job)) *cronsole.Job {
	t.Helper()
	j := newJob(id)
	for _, c := range change {
		c(j)
	}
	must(t, s.CreateJob(t.Context(), j))
	return j
}

// newRun is a queued row of the job's instant.
func newRun(j *cronsole.Job, due time.Time) *cronsole.Run {
	return &cronsole.Run{
		JobKey: j.Key, JobID: j.ID, Code: j.Definition.Code, Due: due, Count: 1,
		Cause: cronsole.CauseSchedule, State: cronsole.Queued, Args: []any{}, QueuedAt: due,
	}
}

func skippedRun(j *cronsole.Job, due time.Time, reason cronsole.Reason) *cronsole.Run {
	r := newRun(j, due)
	r.State, r.Reason, r.FinishedAt = cronsole.Skipped, reason, due
	return r
}

func addRun(t testing.TB, s *Store, r *cronsole.Run) *cronsole.Run {
	t.Helper()
	must(t, s.AddRun(t.Context(), r))
	return r
}

// ranRun adds a run that started when due and took a second.
func ranRun(t testing.TB, s *Store, j *cronsole.Job, due time.Time, state cronsole.State) *cronsole.Run {
	t.Helper()
	r := addRun(t, s, newRun(j, due))
	must(t, s.StartRuns(t.Context(), []int64{r.ID}, due))
	must(t, s.FinishRun(t.Context(), cronsole.Outcome{RunID: r.ID, Attempt: 1, State: state, StartedAt: due, FinishedAt: due.Add(time.Second)}))
	return r
}

func jobIDs(p cronsole.JobPage) []string {
	ids := make([]string, len(p.Rows))
	for i, r := range p.Rows {
		ids[i] = r.Job.ID
	}
	return ids
}

func runIDs(runs []*cronsole.Run) []int64 {
	ids := make([]int64, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return ids
}

// brokenOp is an operation that fails on its second statement.
func brokenOp(ctx context.Context, s *Store, j *cronsole.Job) error {
	return s.write(ctx, func(t tx) error {
		if _, err := t.exec(`UPDATE jobs SET reason = 'half done' WHERE key = ?`, j.Key); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO runs (job_key, code, count, cause, state, queued_at) VALUES (?, 'x', 1, 'no such cause', 'queued', 0)`, j.Key)
		return err
	})
}

func jobName(i int) string { return fmt.Sprintf("job_%05d", i) }
