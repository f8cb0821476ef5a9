// Package get_random_user keeps a small database of its own and reads a row of
// it every ten seconds (see .schedule beside this file). It shows where a job
// keeps what has to outlive a run: in StateDir, a folder that belongs to the
// code alone and is not touched by a deployment.
package get_random_user //nolint:revive // a code is named after its folder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"cronsole/internal/cronsole"
)

var users = []string{"Ada", "Barbara", "Edsger", "Frances", "Grace", "Ken", "Margaret", "Tony"}

// Call picks a user at random and says who it was. Every step takes ctx, which
// ends when the run is cancelled or its time is up.
func Call(ctx context.Context, call cronsole.Call) (err error) {
	// Two runs may overlap if the job allows it, so a reader waits for the
	// writer instead of failing.
	file := url.URL{Scheme: "file", Path: filepath.Join(call.StateDir, "users.db"), RawQuery: "_busy_timeout=5000&_txlock=immediate"}
	db, err := sql.Open("sqlite3", file.String())
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	if err := fill(ctx, db); err != nil {
		return fmt.Errorf("fill the database: %w", err)
	}
	var id int
	var name string
	if err := db.QueryRowContext(ctx, `SELECT id, name FROM users ORDER BY random() LIMIT 1`).Scan(&id, &name); err != nil {
		return fmt.Errorf("pick a user: %w", err)
	}
	_, err = fmt.Fprintf(call.Output, "The user of the moment is %s (number %d of %d).\n", name, id, len(users))
	return err
}

// fill makes the table when it is not there. It may run any number of times,
// which is a good habit: a run can be interrupted anywhere.
func fill(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := insert(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func insert(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT`); err != nil {
		return err
	}
	for i, name := range users {
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO users (id, name) VALUES (?, ?)`, i+1, name); err != nil {
			return err
		}
	}
	return nil
}
