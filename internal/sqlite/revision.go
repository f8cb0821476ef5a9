package sqlite

import (
	"context"
	"database/sql"

	"cronsole/internal/cronsole"
)

const selectRevisions = `SELECT version, definition, effective_at, tz_version FROM revisions `

func scanRevision(row scanner) (r cronsole.JobRevision, err error) {
	var definition string
	var since sql.NullInt64
	if err := row.Scan(&r.Version, &definition, &since, &r.TZVersion); err != nil {
		return r, err
	}
	r.Since = fromMS(since)
	r.Definition, err = readDefinition(definition)
	return r, err
}

// Revisions returns what a job was at its versions below before, newest first,
// at most limit of them; before 0: from the newest on.
func (s *Store) Revisions(ctx context.Context, jobKey, before int64, limit int) ([]cronsole.JobRevision, error) {
	rows, err := s.readDB.QueryContext(ctx, selectRevisions+`WHERE job_key = ? AND (? = 0 OR version < ?) ORDER BY version DESC LIMIT ?`,
		jobKey, before, before, limit)
	if err != nil {
		return nil, failed(err, "revisions of job %d", jobKey)
	}
	all, err := collect(rows, scanRevision)
	return all, failed(err, "revisions of job %d", jobKey)
}
