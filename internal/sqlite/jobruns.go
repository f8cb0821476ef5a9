package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"cronsole/internal/cronsole"
)

// maxRecent bounds the past runs that come with a job.
const maxRecent = 24

// addRuns gives each job the runs that a list shows: what is active, the latest
// that ran, and the recent ones. It takes at most three queries for a page.
func addRuns(ctx context.Context, tx *sql.Tx, rows []cronsole.JobRow, recent int) error {
	if len(rows) == 0 {
		return nil
	}
	byKey := make(map[int64]*cronsole.JobRow, len(rows))
	keys := make([]int64, len(rows))
	for i := range rows {
		keys[i] = rows[i].Job.Key
		byKey[keys[i]] = &rows[i]
	}
	err := runsOf(ctx, tx, keys, maxLimit, `state IN ('queued', 'running')`, func(r *cronsole.Run) {
		byKey[r.JobKey].Active = append(byKey[r.JobKey].Active, r)
	})
	if err != nil {
		return err
	}
	if recent = min(recent, maxRecent); recent > 0 {
		err := runsOf(ctx, tx, keys, recent, `state NOT IN ('queued', 'running')`, func(r *cronsole.Run) {
			row := byKey[r.JobKey]
			row.Recent = append(row.Recent, r)
			if row.Last == nil && !r.StartedAt.IsZero() {
				row.Last = r
			}
		})
		if err != nil {
			return err
		}
	}
	for i := range rows { // they came newest first
		slices.Reverse(rows[i].Active)
		slices.Reverse(rows[i].Recent)
	}
	keys = slices.DeleteFunc(keys, func(key int64) bool {
		row := byKey[key]
		return row.Last != nil || (recent > 0 && len(row.Recent) < recent) // all were looked at
	})
	return runsOf(ctx, tx, keys, 1, `state NOT IN ('queued', 'running') AND started_at IS NOT NULL`, func(r *cronsole.Run) {
		byKey[r.JobKey].Last = r
	})
}

// runsOf calls add for the newest runs of each job that meet the condition,
// newest first within a job.
func runsOf(ctx context.Context, tx *sql.Tx, keys []int64, limit int, cond string, add func(*cronsole.Run)) error {
	if len(keys) == 0 {
		return nil
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+runColumns+` FROM json_each(?) AS wanted
		CROSS JOIN runs ON runs.id IN (
			SELECT id FROM runs AS hit WHERE hit.job_key = wanted.value AND `+cond+` ORDER BY hit.id DESC LIMIT ?)
		CROSS JOIN jobs ON jobs.key = runs.job_key
		ORDER BY runs.id DESC`, string(list), limit)
	if err != nil {
		return err
	}
	runs, err := collect(rows, scanRun)
	if err != nil {
		return err
	}
	for _, r := range runs {
		add(r)
	}
	return nil
}
