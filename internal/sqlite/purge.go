package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"cronsole/internal/cronsole"
)

// One step of retention looks at so many jobs and removes so much at most, so
// that a fire never waits long behind it.
const (
	purgeJobs   = 50
	purgeRuns   = 200
	purgeOutput = 8 << 20 // bytes
)

// Purge takes one small step of retention and reports whether more is left of
// this round; a later call begins a new round. Per job it keeps what all of
// keep_runs, keep_days and keep_bytes allow (0: no limit), never touching runs
// that are queued or running. A deleted job goes when its last run has gone and
// it has been deleted for keep_days.
func (s *Store) Purge(ctx context.Context, now time.Time) (more bool, err error) {
	s.purgeMu.Lock()
	defer s.purgeMu.Unlock()
	jobs, err := s.keptJobs(ctx, s.purgeKey)
	if err != nil {
		return false, failed(err, "retention")
	}
	for _, j := range jobs {
		plan, err := s.planPurge(ctx, j, now)
		if err != nil {
			return false, failed(err, "retention of job %d", j.key)
		}
		if plan.empty() {
			s.purgeKey = j.key
			continue
		}
		// The same job is looked at again in the next step: there may be more.
		return true, failed(s.carryOut(ctx, plan, now), "retention of job %d", j.key)
	}
	if len(jobs) < purgeJobs {
		s.purgeKey = 0
		return false, nil
	}
	return true, nil
}

// keptJob is a job as retention sees it.
type keptJob struct {
	key       int64
	rules     cronsole.Rules
	deletedAt time.Time // zero: it lives
}

func (s *Store) keptJobs(ctx context.Context, after int64) ([]keptJob, error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT key, json_extract(`+jobDefinition+`, '$.rules'), deleted_at
		FROM jobs WHERE key > ? ORDER BY key LIMIT ?`, after, purgeJobs)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row scanner) (j keptJob, err error) {
		var rules string
		var deleted sql.NullInt64
		if err := row.Scan(&j.key, &rules, &deleted); err != nil {
			return j, err
		}
		j.deletedAt = fromMS(deleted)
		j.rules = cronsole.DefaultRules()
		return j, json.Unmarshal([]byte(rules), &j.rules)
	})
}

// purgePlan is what one step removes of one job.
type purgePlan struct {
	job    int64
	runs   []int64 // rows to remove, with their output
	output []int64 // runs that lose their output only
	gone   bool    // the job itself
}

func (p purgePlan) empty() bool { return len(p.runs) == 0 && len(p.output) == 0 && !p.gone }

func (s *Store) planPurge(ctx context.Context, j keptJob, now time.Time) (purgePlan, error) {
	plan := purgePlan{job: j.key}
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		if plan.runs, err = oldRuns(ctx, tx, j, now); err != nil || len(plan.runs) > 0 {
			return err
		}
		if plan.output, err = oldOutput(ctx, tx, j); err != nil {
			return err
		}
		plan.gone, err = forgotten(ctx, tx, j, now)
		return err
	})
	return plan, err
}

// daysBefore is the instant up to which keep_days removes; nil: no limit.
func daysBefore(now time.Time, days int) any {
	if days <= 0 {
		return nil
	}
	return now.AddDate(0, 0, -days).UnixMilli()
}

// oldRuns returns the oldest rows that are one too many or too old. Ids grow
// with time, so that the search ends at the first row that stays.
func oldRuns(ctx context.Context, tx *sql.Tx, j keptJob, now time.Time) ([]int64, error) {
	over := any(nil) // the newest row that is one too many
	if j.rules.KeepRuns > 0 {
		var id sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT (SELECT id FROM runs WHERE job_key = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`, j.key, j.rules.KeepRuns).Scan(&id)
		if err != nil {
			return nil, err
		}
		if id.Valid {
			over = id.Int64
		}
	}
	before := daysBefore(now, j.rules.KeepDays)
	if over == nil && before == nil {
		return nil, nil
	}
	// Rows that are still active are stepped over, but bounded by slots and queue.
	rows, err := tx.QueryContext(ctx, `SELECT id, state, output_bytes - output_from, ifnull(id <= ?, false) OR ifnull(ifnull(finished_at, queued_at) < ?, false)
		FROM runs WHERE job_key = ? ORDER BY id`, over, before, j.key)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // reading ends early; what matters is in rows.Err
	var ids []int64
	var output int64
	for len(ids) < purgeRuns && output < purgeOutput && rows.Next() {
		var id, size int64
		var state cronsole.State
		var old bool
		if err := rows.Scan(&id, &state, &size, &old); err != nil {
			return nil, err
		}
		if !state.Final() {
			continue
		}
		if !old {
			break
		}
		ids = append(ids, id)
		output += size
	}
	return ids, rows.Err()
}

// oldOutput returns the oldest runs with output beyond keep_bytes, all of the
// job's output being counted from the newest run back. Output of active runs
// counts, but stays.
func oldOutput(ctx context.Context, tx *sql.Tx, j keptJob) ([]int64, error) {
	if j.rules.KeepBytes <= 0 {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT id, state, output_bytes - output_from FROM runs
		WHERE job_key = ? AND output_bytes > output_from AND purged_at IS NULL ORDER BY id DESC`, j.key)
	if err != nil {
		return nil, err
	}
	type kept struct{ id, size int64 }
	var total int64
	over, err := collect(rows, func(row scanner) (k kept, err error) {
		var state cronsole.State
		err = row.Scan(&k.id, &state, &k.size)
		if total += k.size; total <= j.rules.KeepBytes || !state.Final() {
			k.id = 0
		}
		return k, err
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(over) // oldest first
	var ids []int64
	var output int64
	for _, k := range over {
		if k.id == 0 {
			continue
		}
		if len(ids) == purgeRuns || output >= purgeOutput {
			break
		}
		ids = append(ids, k.id)
		output += k.size
	}
	return ids, nil
}

// forgotten reports whether nothing is left of a deleted job but its own row.
func forgotten(ctx context.Context, tx *sql.Tx, j keptJob, now time.Time) (bool, error) {
	before := daysBefore(now, j.rules.KeepDays)
	if j.deletedAt.IsZero() || before == nil || j.deletedAt.UnixMilli() >= before.(int64) {
		return false, nil
	}
	var runs bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE job_key = ?)`, j.key).Scan(&runs)
	return !runs, err
}

func (s *Store) carryOut(ctx context.Context, p purgePlan, now time.Time) error {
	return s.write(ctx, func(t tx) error {
		for _, id := range p.runs {
			for _, query := range []string{
				`DELETE FROM output WHERE run_id = ?`,
				`DELETE FROM attempts WHERE run_id = ?`,
				`DELETE FROM runs WHERE id = ? AND state NOT IN ('queued', 'running')`,
			} {
				if _, err := t.exec(query, id); err != nil {
					return err
				}
			}
		}
		for _, id := range p.output {
			if _, err := t.exec(`DELETE FROM output WHERE run_id = ?`, id); err != nil {
				return err
			}
			if _, err := t.exec(`UPDATE runs SET purged_at = ? WHERE id = ?`, ms(now), id); err != nil {
				return err
			}
		}
		if !p.gone {
			return nil
		}
		if _, err := t.exec(`DELETE FROM revisions WHERE job_key = ?`, p.job); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM jobs WHERE key = ? AND state = 'deleted'`, p.job)
		return err
	})
}
