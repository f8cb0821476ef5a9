package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cronsole/internal/cronsole"
)

const (
	runColumns = `runs.id, runs.job_key, jobs.job_id, runs.code, runs.due, runs.due_until, runs.count, runs.cause, runs.state, runs.reason,
	runs.args, runs.attempt, runs.queued_at, runs.started_at, runs.finished_at, runs.exit_code, runs.signal, runs.error,
	runs.output_bytes, runs.output_from, runs.purged_at, runs.not_before`

	// The cross join keeps SQLite from walking the jobs first.
	selectRuns = `SELECT ` + runColumns + ` FROM runs CROSS JOIN jobs ON jobs.key = runs.job_key `
)

func scanRun(row scanner) (*cronsole.Run, error) {
	var (
		r                                                              cronsole.Run
		due, until, queued, started, finished, exit, purged, notBefore sql.NullInt64
		args                                                           string
	)
	err := row.Scan(&r.ID, &r.JobKey, &r.JobID, &r.Code, &due, &until, &r.Count, &r.Cause, &r.State, &r.Reason,
		&args, &r.Attempt, &queued, &started, &finished, &exit, &r.Signal, &r.Error,
		&r.OutputBytes, &r.OutputFrom, &purged, &notBefore)
	if err != nil {
		return nil, err
	}
	if r.Args, err = decodeArgs(args); err != nil {
		return nil, fmt.Errorf("arguments of run %d: %w", r.ID, err)
	}
	r.Due, r.DueUntil, r.QueuedAt = fromMS(due), fromMS(until), fromMS(queued)
	r.StartedAt, r.FinishedAt, r.PurgedAt = fromMS(started), fromMS(finished), fromMS(purged)
	r.NotBefore = fromMS(notBefore)
	if exit.Valid {
		code := int(exit.Int64)
		r.ExitCode = &code
	}
	return &r, nil
}

// Run returns a run. NotFound when there is none, or retention removed it.
func (s *Store) Run(ctx context.Context, id int64) (*cronsole.Run, error) {
	r, err := scanRun(s.readDB.QueryRowContext(ctx, selectRuns+`WHERE runs.id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, runNotFound(id)
	}
	return r, failed(err, "run %d", id)
}

// QueuedRuns returns the runs that wait for a slot, oldest first.
func (s *Store) QueuedRuns(ctx context.Context) ([]*cronsole.Run, error) {
	rows, err := s.readDB.QueryContext(ctx,
		selectRuns+`WHERE runs.state IN ('queued', 'running') AND runs.state = 'queued' ORDER BY runs.id`)
	if err != nil {
		return nil, failed(err, "queued runs")
	}
	runs, err := collect(rows, scanRun)
	return runs, failed(err, "queued runs")
}

// Runs returns a page of the ledger, newest first.
func (s *Store) Runs(ctx context.Context, q cronsole.RunQuery) (cronsole.RunPage, error) {
	if q.Limit < 1 || q.Limit > maxLimit {
		return cronsole.RunPage{}, badValue("limit", fmt.Sprintf("must be 1 to %d", maxLimit))
	}
	query, args := runQuery(q)
	rows, err := s.readDB.QueryContext(ctx, query, args...)
	if err != nil {
		return cronsole.RunPage{}, failed(err, "runs")
	}
	runs, err := collect(rows, scanRun)
	if err != nil {
		return cronsole.RunPage{}, failed(err, "runs")
	}
	page := cronsole.RunPage{Runs: runs}
	if len(runs) > q.Limit {
		page.Runs = runs[:q.Limit]
		page.Next = page.Runs[q.Limit-1].ID
	}
	return page, nil
}

// runQuery asks for one row more than the page holds, to know whether there is
// another page.
func runQuery(q cronsole.RunQuery) (string, []any) {
	where, args := runFilter(q)
	if q.JobID == "" {
		order := "runs.id"
		if q.JobKey == 0 && onlyActive(q.States) {
			order = "+runs.id" // sort the few of the index; SQLite would walk through the ledger for them
		}
		return selectRuns + `WHERE ` + where + ` ORDER BY ` + order + ` DESC LIMIT ?`, append(args, q.Limit+1)
	}
	// Each job that had the id gives its newest rows from its own index; then
	// the newest of those few are taken.
	query := selectRuns + `WHERE runs.id IN (
			SELECT hit.id FROM jobs AS named CROSS JOIN runs AS hit ON hit.id IN (
				SELECT runs.id FROM runs WHERE runs.job_key = named.key AND ` + where + ` ORDER BY runs.id DESC LIMIT ?)
			WHERE named.job_id = ?)
		ORDER BY runs.id DESC LIMIT ?`
	return query, append(args, q.Limit+1, q.JobID, q.Limit+1)
}

// onlyActive reports whether states were asked for, and all of them are of runs
// that have not ended.
func onlyActive(states []cronsole.State) bool {
	return len(states) > 0 && !slices.ContainsFunc(states, cronsole.State.Final)
}

// runFilter is the WHERE of a query. Where all the rows wanted are in a partial
// index, its condition is repeated word for word: SQLite only then sees it.
func runFilter(q cronsole.RunQuery) (string, []any) {
	where, args := []string{"true"}, []any{}
	add := func(cond string, values ...any) {
		where = append(where, cond)
		args = append(args, values...)
	}
	if q.JobKey != 0 {
		add("runs.job_key = ?", q.JobKey)
	}
	if q.Before > 0 {
		add("runs.id < ?", q.Before)
	}
	if len(q.States) > 0 {
		if !slices.ContainsFunc(q.States, func(s cronsole.State) bool { return !s.Bad() }) {
			add("(runs.state = 'failed' OR runs.state = 'timed_out' OR runs.state = 'interrupted')")
		}
		if onlyActive(q.States) {
			add("runs.state IN ('queued', 'running')")
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(q.States)), ",")
		states := make([]any, len(q.States))
		for i, s := range q.States {
			states[i] = s
		}
		add("runs.state IN ("+marks+")", states...)
	}
	if q.Reason != "" {
		add("runs.state = 'skipped' AND runs.reason = ?", q.Reason)
	}
	if q.Cause != "" {
		if q.Cause != cronsole.CauseSchedule {
			add("runs.cause <> 'schedule'")
		}
		add("runs.cause = ?", q.Cause)
	}
	return strings.Join(where, " AND "), args
}
