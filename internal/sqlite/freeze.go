package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"cronsole/internal/cronsole"
)

// SetFreeze keeps that nothing is to be started; nil ends it.
func (s *Store) SetFreeze(ctx context.Context, f *cronsole.Freeze) error {
	err := s.write(ctx, func(t tx) (err error) {
		if f == nil {
			_, err = t.exec(`DELETE FROM freeze`)
		} else {
			_, err = t.exec(`INSERT INTO freeze (id, since, reason) VALUES (1, ?, ?)
				ON CONFLICT (id) DO UPDATE SET since = excluded.since, reason = excluded.reason`, ms(f.Since), f.Reason)
		}
		return err
	})
	return failed(err, "freeze")
}

// Freeze returns what SetFreeze kept; nil when things go on.
func (s *Store) Freeze(ctx context.Context) (*cronsole.Freeze, error) {
	var f cronsole.Freeze
	var since sql.NullInt64
	err := s.readDB.QueryRowContext(ctx, `SELECT since, reason FROM freeze`).Scan(&since, &f.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is frozen, which is no error
	}
	if err != nil {
		return nil, failed(err, "freeze")
	}
	f.Since = fromMS(since)
	return &f, nil
}
