package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

const insertRunSQL = `INSERT INTO runs (job_key, code, due, due_until, count, cause, state, reason, args, attempt,
		queued_at, started_at, finished_at, exit_code, signal, error)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (job_key, due) WHERE due IS NOT NULL DO NOTHING`

// insertRun adds a row and returns its ID, or 0 when the ledger holds a row of
// the same job and due instant already.
func insertRun(t tx, r *cronsole.Run) (int64, error) {
	args, err := encodeArgs(r.Args)
	if err != nil {
		return 0, fmt.Errorf("arguments of a run: %w", err)
	}
	res, err := t.exec(insertRunSQL,
		r.JobKey, r.Code, ms(r.Due), ms(r.DueUntil), r.Count, r.Cause, r.State, r.Reason, args, r.Attempt,
		ms(r.QueuedAt), ms(r.StartedAt), ms(r.FinishedAt), intOrNull(r.ExitCode), r.Signal, r.Error)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	return res.LastInsertId()
}

// lastRun is when the latest of the rows that will run was made, as jobs.last_run
// keeps it; nil when all are skipped.
func lastRun(runs []*cronsole.Run) any {
	for i := len(runs) - 1; i >= 0; i-- {
		if runs[i].State != cronsole.Skipped {
			return ms(runs[i].QueuedAt)
		}
	}
	return nil
}

// Advance moves cursors and adds the rows that this accounts for, all entries in
// one transaction. It sets Applied of the entries that were written, and the
// IDs of their runs; a run whose job and due instant are in the ledger already
// is left out and keeps ID 0.
func (s *Store) Advance(ctx context.Context, batch []*cronsole.Advance) error {
	applied := make([]bool, len(batch))
	ids := make([][]int64, len(batch))
	err := s.write(ctx, func(t tx) (err error) {
		for i, a := range batch {
			if applied[i], ids[i], err = advance(t, a); err != nil {
				return fmt.Errorf("job %d: %w", a.JobKey, err)
			}
		}
		return nil
	})
	if err != nil {
		return failed(err, "advance")
	}
	for i, a := range batch {
		a.Applied = applied[i]
		for k, id := range ids[i] {
			a.Runs[k].ID = id
		}
	}
	return nil
}

func advance(t tx, a *cronsole.Advance) (applied bool, ids []int64, err error) {
	var n int64
	last := lastRun(a.Runs)
	if a.Next.IsZero() {
		n, err = t.changed(`UPDATE jobs SET cursor = ?, next_run = NULL, last_run = ifnull(?, last_run), state = 'finished'
			WHERE key = ? AND state = 'active' AND cursor = ?`, ms(a.To), last, a.JobKey, ms(a.From))
	} else {
		n, err = t.changed(`UPDATE jobs SET cursor = ?, next_run = ?, last_run = ifnull(?, last_run)
			WHERE key = ? AND state = 'active' AND cursor = ?`, ms(a.To), ms(a.Next), last, a.JobKey, ms(a.From))
	}
	if err != nil || n == 0 {
		return false, nil, err
	}
	ids = make([]int64, len(a.Runs))
	ran := 0
	for i, r := range a.Runs {
		if ids[i], err = insertRun(t, r); err != nil {
			return false, nil, err
		}
		if ids[i] != 0 && r.State != cronsole.Skipped {
			ran++
		}
	}
	if a.Counts && ran > 0 {
		if _, err = t.exec(`UPDATE jobs SET ran = ran + ? WHERE key = ?`, ran, a.JobKey); err != nil {
			return false, nil, err
		}
	}
	return true, ids, nil
}

// AddRun adds one row, such as a manual run, and sets its ID. Conflict when it
// has a due instant that is in the ledger already, NotFound when there is no
// such job.
func (s *Store) AddRun(ctx context.Context, run *cronsole.Run) error {
	var id int64
	err := s.write(ctx, func(t tx) (err error) {
		if id, err = insertRun(t, run); err != nil {
			return err
		}
		if id == 0 {
			return &cronsole.Error{Kind: cronsole.Conflict, Message: "This instant of the job is in the ledger already."}
		}
		if last := lastRun([]*cronsole.Run{run}); last != nil {
			_, err = t.exec(`UPDATE jobs SET last_run = ? WHERE key = ?`, last, run.JobKey)
		}
		return err
	})
	if isForeignKey(err) {
		return jobNotFound(run.JobID)
	}
	if err != nil {
		return failed(err, "add run of job %s", run.JobID)
	}
	run.ID = id
	return nil
}

// StartRuns turns queued rows into running ones, on their next attempt. It
// writes all of them or none: when one is not queued any more, the error is
// Stale and names it.
func (s *Store) StartRuns(ctx context.Context, ids []int64, at time.Time) error {
	err := s.write(ctx, func(t tx) error {
		for _, id := range ids {
			n, err := t.changed(`UPDATE runs SET state = 'running', started_at = ?, attempt = attempt + 1, not_before = NULL, error = ''
				WHERE id = ? AND state = 'queued'`, ms(at), id)
			if err != nil {
				return err
			}
			if n == 0 {
				return notInState(t, id, "waiting")
			}
		}
		return nil
	})
	return failed(err, "start runs")
}

// notInState explains why a run could not be started or finished.
func notInState(t tx, id int64, want string) error {
	var state string
	var attempt int
	err := t.queryRow(`SELECT state, attempt FROM runs WHERE id = ?`, id).Scan(&state, &attempt)
	if errors.Is(err, sql.ErrNoRows) {
		return runNotFound(id)
	}
	if err != nil {
		return err
	}
	return &cronsole.Error{
		Kind:    cronsole.Stale,
		Message: fmt.Sprintf("Run #%d is not %s any more: attempt %d is %s.", id, want, attempt, state),
	}
}

// FinishRun writes how the latest attempt of a running row ended and forgets
// its process. Attempt 0 ends a row that is still queued. Otherwise the error is
// Stale and nothing is written: the attempt is not the latest, or it has ended.
func (s *Store) FinishRun(ctx context.Context, o cronsole.Outcome) error {
	from, want := cronsole.Running, "running"
	if o.Attempt == 0 {
		from, want = cronsole.Queued, "waiting"
	}
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE runs SET state = ?, started_at = ifnull(?, started_at), finished_at = ?, exit_code = ?, signal = ?, error = ?,
				output_bytes = max(output_bytes, ?), output_from = max(output_from, ?)
			WHERE id = ? AND attempt = iif(? = 0, attempt, ?) AND state = ?`,
			o.State, ms(o.StartedAt), ms(o.FinishedAt), intOrNull(o.ExitCode), o.Signal, o.Error,
			o.OutputBytes, o.OutputFrom, o.RunID, o.Attempt, o.Attempt, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return notInState(t, o.RunID, want)
		}
		if _, err := t.exec(`DELETE FROM processes WHERE run_id = ?`, o.RunID); err != nil {
			return err
		}
		return countFailure(t, o.RunID, o.State)
	})
	return failed(err, "finish run %d", o.RunID)
}

// countFailure keeps the failing streak of the run's job. Most runs succeed
// after a success; then no row is written.
func countFailure(t tx, runID int64, state cronsole.State) error {
	var err error
	switch {
	case state.Bad():
		_, err = t.exec(`UPDATE jobs SET fail_streak = fail_streak + 1 WHERE key = (SELECT job_key FROM runs WHERE id = ?)`, runID)
	case state == cronsole.Succeeded:
		_, err = t.exec(`UPDATE jobs SET fail_streak = 0 WHERE key = (SELECT job_key FROM runs WHERE id = ?) AND fail_streak > 0`, runID)
	}
	return err
}

const keepAttemptSQL = `INSERT INTO attempts (run_id, attempt, state, started_at, finished_at, exit_code, signal, error)
	SELECT id, attempt, ?, ifnull(?, started_at), ?, ?, ?, ? FROM runs WHERE id = ?`

const waitAgainSQL = `UPDATE runs SET state = 'queued', not_before = ?, exit_code = NULL, signal = '', error = ?,
		output_bytes = max(output_bytes, ?), output_from = max(output_from, ?)
	WHERE id = ? AND attempt = ? AND state = 'running'`

// RetryRun keeps an outcome as that of an earlier attempt and lets its run wait
// for the next one, which may start at the given time. Errors as FinishRun's.
func (s *Store) RetryRun(ctx context.Context, o cronsole.Outcome, at time.Time) error {
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(waitAgainSQL, ms(at), o.Error, o.OutputBytes, o.OutputFrom, o.RunID, o.Attempt)
		if err != nil {
			return err
		}
		if n == 0 {
			return notInState(t, o.RunID, "running")
		}
		if _, err := t.exec(keepAttemptSQL, o.State, ms(o.StartedAt), ms(o.FinishedAt), intOrNull(o.ExitCode), o.Signal, o.Error, o.RunID); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM processes WHERE run_id = ?`, o.RunID)
		return err
	})
	return failed(err, "retry run %d", o.RunID)
}

// ExpireRuns ends queued rows that waited too long as skipped(expired). Rows
// that are not queued any more are left alone.
func (s *Store) ExpireRuns(ctx context.Context, ids []int64, at time.Time) error {
	err := s.write(ctx, func(t tx) error {
		for _, id := range ids {
			if _, err := t.exec(`UPDATE runs SET state = 'skipped', reason = 'expired', finished_at = ? WHERE id = ? AND state = 'queued'`, ms(at), id); err != nil {
				return err
			}
		}
		return nil
	})
	return failed(err, "expire runs")
}

// Attempts returns the attempts that a run made before its latest one, oldest
// first.
func (s *Store) Attempts(ctx context.Context, runID int64) ([]cronsole.Attempt, error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT attempt, state, started_at, finished_at, exit_code, signal, error
		FROM attempts WHERE run_id = ? ORDER BY attempt`, runID)
	if err != nil {
		return nil, failed(err, "attempts of run %d", runID)
	}
	all, err := collect(rows, func(row scanner) (a cronsole.Attempt, err error) {
		var started, finished, exit sql.NullInt64
		err = row.Scan(&a.Number, &a.State, &started, &finished, &exit, &a.Signal, &a.Error)
		a.StartedAt, a.FinishedAt = fromMS(started), fromMS(finished)
		if exit.Valid {
			code := int(exit.Int64)
			a.ExitCode = &code
		}
		return a, err
	})
	return all, failed(err, "attempts of run %d", runID)
}

// interruptedText is the error of a run that the console's end cut short.
const interruptedText = "The console ended while this run was going on."

// InterruptRuns ends every running row as interrupted and returns them, oldest
// first; those for which again reports true wait for another attempt instead. A
// note says more about the run that it is keyed by. The processes are forgotten,
// so whoever wants to end them does it before.
func (s *Store) InterruptRuns(ctx context.Context, at time.Time, notes map[int64]string, again func(*cronsole.Run) bool) ([]*cronsole.Run, error) {
	var runs []*cronsole.Run
	err := s.write(ctx, func(t tx) error {
		rows, err := t.query(selectRuns + `WHERE runs.state IN ('queued', 'running') AND runs.state = 'running' ORDER BY runs.id`)
		if err != nil {
			return err
		}
		if runs, err = collect(rows, scanRun); err != nil {
			return err
		}
		for _, r := range runs {
			r.State, r.FinishedAt, r.Error = cronsole.Interrupted, cut(at), interruptedText
			if note := notes[r.ID]; note != "" {
				r.Error += " " + note
			}
			if again(r) {
				if err := interruptAttempt(t, r, at); err != nil {
					return err
				}
				continue
			}
			if _, err := t.exec(`UPDATE runs SET state = 'interrupted', finished_at = ?, error = ? WHERE id = ?`, ms(at), r.Error, r.ID); err != nil {
				return err
			}
			if err := countFailure(t, r.ID, r.State); err != nil {
				return err
			}
		}
		_, err = t.exec(`DELETE FROM processes`)
		return err
	})
	if err != nil {
		return nil, failed(err, "interrupt runs")
	}
	return runs, nil
}

// interruptAttempt keeps the attempt of a running row as interrupted and queues
// the row again.
func interruptAttempt(t tx, r *cronsole.Run, at time.Time) error {
	if _, err := t.exec(keepAttemptSQL, cronsole.Interrupted, nil, ms(at), nil, "", r.Error, r.ID); err != nil {
		return err
	}
	_, err := t.exec(waitAgainSQL, ms(at), r.Error, 0, 0, r.ID, r.Attempt)
	return err
}

// SaveProcess notes the child process of a running attempt.
func (s *Store) SaveProcess(ctx context.Context, p cronsole.Process) error {
	err := s.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT OR REPLACE INTO processes (run_id, attempt, pid, start_time, boot_id) VALUES (?, ?, ?, ?, ?)`,
			p.RunID, p.Attempt, p.PID, int64(p.StartTime), p.BootID) //nolint:gosec // clock ticks since boot fit
		return err
	})
	if isForeignKey(err) {
		return runNotFound(p.RunID)
	}
	return failed(err, "save process of run %d", p.RunID)
}

// Processes returns the child processes of attempts that have not ended.
func (s *Store) Processes(ctx context.Context) ([]cronsole.Process, error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT run_id, attempt, pid, start_time, boot_id FROM processes ORDER BY run_id`)
	if err != nil {
		return nil, failed(err, "processes")
	}
	all, err := collect(rows, func(row scanner) (p cronsole.Process, err error) {
		return p, row.Scan(&p.RunID, &p.Attempt, &p.PID, &p.StartTime, &p.BootID)
	})
	return all, failed(err, "processes")
}
