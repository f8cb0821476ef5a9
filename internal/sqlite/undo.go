package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"cronsole/internal/cronsole"
)

const selectDeleted = `SELECT ` + jobColumns + `, jobs.undo, jobs.undo_state, jobs.deleted_at FROM jobs `

func scanDeleted(row scanner) (*cronsole.Deleted, error) {
	var d cronsole.Deleted
	var at sql.NullInt64
	var was cronsole.JobState
	job, err := scanJob(row, &d.Undo, &was, &at)
	if err != nil {
		return nil, err
	}
	job.State = was
	d.Job, d.At = job, fromMS(at)
	return &d, nil
}

// DeletedBy returns the deleted job that undo brings back, with the state that
// it had. NotFound when there is none.
func (s *Store) DeletedBy(ctx context.Context, undo string) (*cronsole.Deleted, error) {
	d, err := scanDeleted(s.readDB.QueryRowContext(ctx, selectDeleted+`WHERE undo = ?`, undo))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found."}
	}
	return d, failed(err, "deleted job")
}

// Deleted returns the job that had the id last and was deleted. NotFound when
// there is none.
func (s *Store) Deleted(ctx context.Context, id string) (*cronsole.Deleted, error) {
	d, err := scanDeleted(s.readDB.QueryRowContext(ctx, selectDeleted+`WHERE job_id = ? AND undo IS NOT NULL ORDER BY key DESC LIMIT 1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, jobNotFound(id)
	}
	return d, failed(err, "deleted job %s", id)
}

// RestoreJob brings a deleted job back with its state, reason, cursor, next instant,
// what was asked for a time and the time of change, and adds the rows that account for what was passed over, whose
// IDs it sets. Conflict when a living job has its id, NotFound when it is not
// deleted any more.
func (s *Store) RestoreJob(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error {
	defer s.living.changed()
	cutTimes(job)
	ids := make([]int64, len(rows))
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE jobs SET state = ?, reason = ?, cursor = ?, next_run = ?, updated_at = ?, deleted_at = NULL, undo = NULL, undo_state = NULL
			WHERE key = ? AND state = 'deleted' AND undo IS NOT NULL`,
			job.State, job.Reason, ms(job.Cursor), ms(job.Next), ms(job.UpdatedAt), job.Key)
		if isUnique(err) {
			return &cronsole.Error{Kind: cronsole.Conflict, Message: "Job already exists: " + job.ID, Err: err}
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return jobNotFound(job.ID)
		}
		if err := saveRequests(t, job); err != nil {
			return err
		}
		for i, r := range rows {
			if ids[i], err = insertRun(t, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return failed(err, "bring back job %s", job.ID)
	}
	for i, r := range rows {
		r.ID = ids[i]
	}
	return nil
}
