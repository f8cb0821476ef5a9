package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cronsole/internal/verify"
)

// Histories calls fn with what the ledger in dir says about each job, deleted
// ones included. A console may be using the folder; all of what is read is of
// one moment. An error of fn ends it.
func Histories(ctx context.Context, dir string, now time.Time, fn func(verify.History) error) (err error) {
	path, err := ledgerIn(dir)
	if err != nil {
		return err
	}
	if err := checkCopy(ctx, path); err != nil {
		return err
	}
	db, err := openPool(path, map[string]string{"_query_only": "1"}, nil, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	rows, err := tx.QueryContext(ctx, `SELECT `+jobColumns+` FROM jobs ORDER BY key`)
	if err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	histories, err := collect(rows, func(row scanner) (h verify.History, err error) {
		h.Job, err = scanJob(row)
		return h, err
	})
	if err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	for _, h := range histories {
		if err := readHistory(ctx, tx, &h, now); err != nil {
			return fmt.Errorf("read the history of job %s: %w", h.Job.ID, err)
		}
		if err := fn(h); err != nil {
			return err
		}
	}
	return nil
}

func readHistory(ctx context.Context, tx *sql.Tx, h *verify.History, now time.Time) error {
	rows, err := tx.QueryContext(ctx, selectRevisions+`WHERE job_key = ? ORDER BY version`, h.Job.Key)
	if err != nil {
		return err
	}
	if h.Revisions, err = collect(rows, scanRevision); err != nil {
		return err
	}
	if len(h.Revisions) == 0 {
		return errors.New("it has no revision, so that nothing says what was due")
	}
	rows, err = tx.QueryContext(ctx, `SELECT id, due, due_until, finished_at, count, state <> 'skipped' FROM runs WHERE job_key = ? AND due IS NOT NULL ORDER BY due`, h.Job.Key)
	if err != nil {
		return err
	}
	h.Rows, err = collect(rows, func(row scanner) (r verify.Row, err error) {
		var due, until, ended sql.NullInt64
		err = row.Scan(&r.Run, &due, &until, &ended, &r.Count, &r.Ran)
		r.Due, r.Until, r.Ended = fromMS(due), fromMS(until), fromMS(ended)
		return r, err
	})
	if err != nil {
		return err
	}
	var all int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM runs WHERE job_key = ?`, h.Job.Key).Scan(&all); err != nil {
		return err
	}
	keep := h.Job.Definition.Rules
	h.Purged = keep.KeepRuns > 0 && all >= keep.KeepRuns || keep.KeepDays > 0 && h.Job.CreatedAt.Before(now.AddDate(0, 0, -keep.KeepDays))
	return nil
}
