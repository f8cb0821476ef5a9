package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"os"
	"slices"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// Counts counts the living jobs for the tabs of the list.
func (s *Store) Counts(ctx context.Context, now time.Time) (cronsole.JobCounts, error) {
	var c cronsole.JobCounts
	living := s.living.before()
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		c, err = counts(ctx, tx, ms(now), living)
		return err
	})
	return c, failed(err, "counts")
}

func counts(ctx context.Context, tx *sql.Tx, now any, living *livingCount) (c cronsole.JobCounts, err error) {
	if c.All, err = living.get(ctx, tx); err != nil {
		return c, err
	}
	err = tx.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM jobs WHERE state <> 'deleted' AND key IN (`+runningKeys+`)),
			(SELECT count(*) FROM (`+failingKeys+`)),
			(SELECT count(*) FROM jobs WHERE state <> 'deleted' AND key IN (`+lateKeys+`)),
			(SELECT count(*) FROM jobs WHERE state = 'paused')`, sql.Named("now", now)).
		Scan(&c.Running, &c.Failing, &c.Late, &c.Paused)
	return c, err
}

// statsRuns bounds how many succeeded runs median and P95 are taken over.
const statsRuns = 10_000

// JobStats sums up the runs of a job recorded since the instant. Median and P95
// are over its latest 10,000 succeeded runs of that time, manual ones included.
func (s *Store) JobStats(ctx context.Context, jobKey int64, since time.Time) (cronsole.JobStats, error) {
	var stats cronsole.JobStats
	var took []time.Duration
	err := s.read(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT count(*),
				count(*) FILTER (WHERE state = 'succeeded' AND cause <> 'manual' AND queued_at >= :since),
				count(*) FILTER (WHERE state IN ('failed', 'timed_out', 'interrupted') AND cause <> 'manual' AND queued_at >= :since)
			FROM runs WHERE job_key = :key`, sql.Named("since", since.UnixMilli()), sql.Named("key", jobKey))
		if err := row.Scan(&stats.Total, &stats.Succeeded, &stats.Failed); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT finished_at - started_at FROM runs
			WHERE job_key = ? AND state = 'succeeded' AND started_at IS NOT NULL AND queued_at >= ? ORDER BY id DESC LIMIT ?`,
			jobKey, since.UnixMilli(), statsRuns)
		if err != nil {
			return err
		}
		took, err = collect(rows, func(row scanner) (time.Duration, error) {
			var v int64
			err := row.Scan(&v)
			return time.Duration(v) * time.Millisecond, err
		})
		return err
	})
	if err != nil {
		return cronsole.JobStats{}, failed(err, "figures of job %d", jobKey)
	}
	slices.Sort(took)
	stats.Median, stats.P95 = quantile(took, 50), quantile(took, 95)
	return stats, nil
}

// quantile is the smallest value that percent of the sorted ones do not exceed;
// 0 when there are none.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

// NearestJobIDs returns up to n ids of living jobs that are spelt most like id,
// nearest first, for a page that did not find it.
func (s *Store) NearestJobIDs(ctx context.Context, id string, n int) ([]string, error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT job_id FROM jobs WHERE state <> 'deleted'`)
	if err != nil {
		return nil, failed(err, "job ids")
	}
	type candidate struct {
		id       string
		distance int
	}
	wanted := strings.ToLower(id)
	all, err := collect(rows, func(row scanner) (c candidate, err error) {
		err = row.Scan(&c.id)
		c.distance = cronsole.EditDistance(wanted, strings.ToLower(c.id))
		return c, err
	})
	if err != nil {
		return nil, failed(err, "job ids")
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.id, b.id))
	})
	ids := make([]string, 0, n)
	for _, c := range all[:min(n, len(all))] {
		ids = append(ids, c.id)
	}
	return ids, nil
}

// Stats reads the figures; an error means that the store cannot be read.
func (s *Store) Stats(ctx context.Context) (cronsole.StoreStats, error) {
	var st cronsole.StoreStats
	if err := s.readDB.QueryRowContext(ctx, `SELECT count(*) FROM jobs WHERE state <> 'deleted'`).Scan(&st.Jobs); err != nil {
		return cronsole.StoreStats{}, failed(err, "figures of the store")
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return cronsole.StoreStats{}, failed(err, "figures of the store")
	}
	st.DatabaseBytes, st.WALBytes = info.Size(), s.writer.walSize()
	if e := s.trouble.Load(); e != nil {
		st.Problem = e.Message
	}
	return st, nil
}
