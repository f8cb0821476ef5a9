package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID is written into the file by the first migration.
const applicationID = 0x63726F6E

// migrate brings the schema up to date. Each step and the note that it was
// done are one transaction, so that an upgrade that was cut short goes on where
// it stood.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	if err := checkOurs(ctx, db, path); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return migrateTo(ctx, db, path, files)
}

func migrateTo(ctx context.Context, db *sql.DB, path string, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	if has > knows {
		return newerSchema(path, has, knows)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// newestMigration is the number of the last step that this console knows.
func newestMigration() (int64, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(files[len(files)-1].Name())
}

func newerSchema(path string, has, knows int64) error {
	return fmt.Errorf("the database %s was written by a newer cronsole (schema %d, this one knows up to %d); use the newer version", path, has, knows)
}

// checkOurs refuses a file that holds something else, before anything is
// written to it.
func checkOurs(ctx context.Context, db *sql.DB, path string) error {
	var id, tables int
	err := db.QueryRowContext(ctx, "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id").Scan(&id, &tables)
	if e, ok := errors.AsType[sqlite3.Error](err); ok && (e.Code == sqlite3.ErrNotADB || e.Code == sqlite3.ErrCorrupt) {
		return fmt.Errorf("the file %s is damaged or no SQLite database; restore a backup, or move it away to begin anew: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if id != applicationID && (id != 0 || !onlyVersionTable(ctx, db, tables)) {
		return fmt.Errorf("the file %s is a SQLite database, but not one of cronsole; choose another folder with --data", path)
	}
	return nil
}

// onlyVersionTable reports whether the file is new, or holds no more than the
// table of migrations: the first start was cut short there.
func onlyVersionTable(ctx context.Context, db *sql.DB, tables int) bool {
	var ours int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE tbl_name IN ('goose_db_version', 'sqlite_sequence')").Scan(&ours)
	return err == nil && tables == ours
}
