package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"

	_ "github.com/mattn/go-sqlite3" // registers the driver "sqlite3"
)

// readers is how many connections pages share. Reads take well under a
// millisecond, so that more of them would only hold more page cache.
const readers = 4

// The driver ignores an option that it does not know, so checkPool reads back
// what these are meant to set. Deferred transactions that read before they
// write fail with SQLITE_BUSY at once; the writer therefore begins immediate.
var (
	writeParams = map[string]string{
		"_journal_mode":    "WAL",
		"_synchronous":     "FULL",
		"_foreign_keys":    "1",
		"_busy_timeout":    "5000",
		"_txlock":          "immediate",
		"_stmt_cache_size": "64",
		"_cache_size":      "-32768",
	}
	readParams = map[string]string{
		"_synchronous":     "FULL",
		"_foreign_keys":    "1",
		"_busy_timeout":    "5000",
		"_query_only":      "1",
		"_stmt_cache_size": "64",
	}
)

func openPool(path string, params, changed map[string]string, size int) (*sql.DB, error) {
	values := url.Values{"mode": {"rw"}}
	for _, m := range []map[string]string{params, changed} {
		for k, v := range m {
			values.Set(k, v)
		}
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: values.Encode()}
	db, err := sql.Open("sqlite3", name.String())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// Connections live as long as the pool, so that the ones that were checked
	// are the ones in use.
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// checkPool opens every connection of the pool and refuses when one does not
// have the settings that we promise durability on.
func checkPool(ctx context.Context, db *sql.DB, params map[string]string, size int) error {
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "query_only": "0"}
	if params["_query_only"] != "" {
		want["query_only"] = "1"
	}
	for range size {
		conn, err := db.Conn(ctx)
		if err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		defer conn.Close() //nolint:errcheck,gocritic // back to the pool only after the last one was opened
		if err := checkPragmas(ctx, conn, want); err != nil {
			return err
		}
	}
	return nil
}

func checkPragmas(ctx context.Context, conn *sql.Conn, want map[string]string) error {
	got := map[string]string{}
	for name := range want {
		var v string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&v); err != nil {
			return fmt.Errorf("read setting %s of the database: %w", name, err)
		}
		got[name] = strings.ToLower(v)
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("SQLite did not take the settings that keep records safe: want %v, got %v; is the data folder on a network file system?", want, got)
	}
	return nil
}

// quickCheckLimit bounds what the check at start may cost: up to this size
// every page is looked at (about a second), beyond it only the schema.
const quickCheckLimit = 128 << 20

// checkContent makes sure that the file can be read at all.
func checkContent(ctx context.Context, db *sql.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if info.Size() > quickCheckLimit {
		var jobs int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM jobs").Scan(&jobs); err != nil {
			return fmt.Errorf("check database: %w", err)
		}
		return nil
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("the database %s is damaged (%s); restore a backup, or move the file away to begin anew", path, verdict)
	}
	return nil
}
