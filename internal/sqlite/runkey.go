package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cronsole/internal/cronsole"
)

// AddRunOnce is AddRun for a run that was asked for under a key, which no other
// run of the job has. Asked is kept with it, to tell the same request from
// another one.
func (s *Store) AddRunOnce(ctx context.Context, run *cronsole.Run, key, asked string) error {
	return s.addRunWith(ctx, run, func(t tx, id int64) error {
		_, err := t.exec(`INSERT INTO run_keys (job_key, key, asked, run_id) VALUES (?, ?, ?, ?)`, run.JobKey, key, asked, id)
		return err
	})
}

// RunByKey returns the run of a job that was asked for under a key, and what was
// asked. NotFound when there is none.
func (s *Store) RunByKey(ctx context.Context, jobKey int64, key string) (run *cronsole.Run, asked string, err error) {
	var id int64
	err = s.readDB.QueryRowContext(ctx, `SELECT run_id, asked FROM run_keys WHERE job_key = ? AND key = ?`, jobKey, key).Scan(&id, &asked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", &cronsole.Error{Kind: cronsole.NotFound, Message: fmt.Sprintf("No run was asked for under the key %q.", key)}
	}
	if err != nil {
		return nil, "", failed(err, "run by key")
	}
	run, err = s.Run(ctx, id)
	return run, asked, err
}
