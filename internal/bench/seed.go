package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3" // registers the driver "sqlite3"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
)

const (
	keptRuns    = 1000    // of a job, by default
	seedWriters = 512     // callers that share a commit while jobs are made
	seedRuns    = 100_000 // old runs in one transaction
)

// Filled is how full the ledger is that is measured.
type Filled struct {
	Jobs int `json:"jobs" help:"Jobs in the ledger, of an hour, none of them due meanwhile." default:"10000" env:"-"`
	Runs int `json:"runs" help:"Runs in the ledger from before, spread over the jobs." default:"100000" env:"-"`
}

// Validate returns what is wrong with it.
func (f Filled) Validate() error {
	if f.Jobs < 1 {
		return fmt.Errorf("--jobs %d is no ledger; write 1 or more", f.Jobs)
	}
	return checkHistory(f.Jobs, f.Runs, "--jobs", "--runs")
}

// checkHistory returns what is wrong with so many jobs with so many runs.
func checkHistory(jobs, runs int, jobsFlag, runsFlag string) error {
	switch {
	case jobs < 0 || runs < 0:
		return fmt.Errorf("%s and %s cannot be negative; write 0 or more", jobsFlag, runsFlag)
	case runs > keptRuns*jobs:
		return fmt.Errorf("retention keeps %d runs of a job, so that %s %d need more jobs; write %s %d", keptRuns, runsFlag, runs, jobsFlag, (runs+keptRuns-1)/keptRuns)
	}
	return nil
}

// interval makes a job that is first due at the given instant.
func interval(id, code string, period time.Duration, first time.Time) *cronsole.Job {
	rules := cronsole.DefaultRules()
	now := time.Now().UTC()
	anchor := first.Add(-period).UTC()
	return &cronsole.Job{
		ID: id, State: cronsole.JobActive, Anchor: anchor, Cursor: anchor, Next: first.UTC(), CreatedAt: now, UpdatedAt: now,
		Definition: cronsole.Definition{
			Code: code, Args: []any{}, Rules: rules, Source: cronsole.SourceConsole,
			Schedule: cronsole.Schedule{
				Type: cronsole.TypeInterval, Interval: cronsole.Units{Seconds: int64(period / time.Second)}, Timezone: "UTC",
			},
		},
	}
}

// quiet makes the i-th of n jobs of an hour (more, when what is measured takes
// longer) that are not due for half of it.
func quiet(i, n int, measured time.Duration) *cronsole.Job {
	period := max(time.Hour, (2*measured).Truncate(time.Hour)+time.Hour)
	first := time.Now().Add(period/2 + period/2*time.Duration(i)/time.Duration(n))
	return interval(quietID(i), Noop, period, first)
}

func quietID(i int) string { return fmt.Sprintf("old-%06d", i) }
func benchID(i int) string { return fmt.Sprintf("bench-%06d", i) }

// seed opens the ledger of the console, which is not running, for fill.
func (s *session) seed(ctx context.Context, fill func(*sqlite.Store) error) error {
	store, err := sqlite.Open(ctx, s.data, sqlite.Options{})
	if err != nil {
		return err
	}
	return errors.Join(fill(store), store.Close())
}

// seedHistory makes quiet jobs and their runs.
func (s *session) seedHistory(ctx context.Context, jobs, runs int, measured time.Duration) error {
	if jobs == 0 {
		return nil
	}
	err := s.seed(ctx, func(store *sqlite.Store) error {
		return s.createJobs(ctx, store, jobs, func(i int) *cronsole.Job { return quiet(i, jobs, measured) })
	})
	if err != nil {
		return err
	}
	return s.seedRuns(ctx, jobs, runs)
}

// createJobs adds n jobs.
func (s *session) createJobs(ctx context.Context, store *sqlite.Store, n int, job func(i int) *cronsole.Job) error {
	s.stage("making %s jobs", count(n))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var work sync.WaitGroup
	for range min(n, seedWriters) {
		work.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := store.CreateJob(ctx, job(i)); err != nil {
					cancel(err)
				}
				s.step("%s of %s", count(i+1), count(n))
			}
		})
	}
	work.Wait()
	return context.Cause(ctx)
}

// seedRunsSQL adds rows ?1 to ?2 of a history in which each of ?4 jobs ran once
// an hour since ?5, one after another; every 50th run failed.
const seedRunsSQL = `WITH RECURSIVE row(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM row WHERE i + 1 < ?2)
	INSERT INTO runs (job_key, code, due, count, cause, state, attempt, queued_at, started_at, finished_at)
	SELECT ?3 + i % ?4, ?6, at, 1, 'schedule', iif(i % 50 = 7, 'failed', 'succeeded'), 1, at, at + 2, at + 5
	FROM (SELECT i, ?5 + i / ?4 * 3600000 + i % ?4 * 3600000 / ?4 AS at FROM row)`

// seedRuns adds runs from before. There is no call of the store for that: it
// never writes what was not due.
func (s *session) seedRuns(ctx context.Context, jobs, runs int) (err error) {
	if runs == 0 {
		return nil
	}
	s.stage("making %s runs", count(runs))
	db, err := sql.Open("sqlite3", "file:"+s.ledger()+"?mode=rw&_synchronous=OFF&_foreign_keys=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var key int64
	if err := db.QueryRowContext(ctx, `SELECT min(key) FROM jobs`).Scan(&key); err != nil {
		return fmt.Errorf("find the first job: %w", err)
	}
	hours := runs/jobs + 2
	since := time.Now().Add(-time.Duration(hours) * time.Hour).UnixMilli()
	for from := 0; from < runs; from += seedRuns {
		until := min(from+seedRuns, runs)
		if _, err := db.ExecContext(ctx, seedRunsSQL, from, until, key, jobs, since, Noop); err != nil {
			return fmt.Errorf("add runs from before: %w", err)
		}
		s.step("%s of %s", count(until), count(runs))
	}
	return nil
}
