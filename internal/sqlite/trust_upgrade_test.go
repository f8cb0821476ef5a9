package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-sqlite3"
)

// upgradeUntil in the environment makes the test binary upgrade a database and
// die at a statement: "FILE MIGRATION STATEMENT".
const upgradeUntil = "CRONSOLE_TEST_UPGRADE_UNTIL"

// dieDuringUpgrade upgrades a database and kills this process, as kill -9 does,
// right before the n-th statement of a migration; behind its last one lies the
// commit.
func dieDuringUpgrade(spec string) error {
	var path, file string
	var n int
	if _, err := fmt.Sscan(spec, &path, &file, &n); err != nil {
		return err
	}
	files := steps(9999)
	before, after, _ := strings.Cut(string(files[file].Data), "-- +goose Up")
	statements := split(after)
	statements = append(statements[:n:n], append([]string{"SELECT die()"}, statements[n:]...)...)
	files[file] = &fstest.MapFile{Data: []byte(before + "-- +goose Up\n" + strings.Join(statements, ";\n") + ";\n")}
	sql.Register("mortal", &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return c.RegisterFunc("die", func() int {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				panic(err)
			}
			select {} // until it has arrived
		}, false)
	}})
	db, err := sql.Open("mortal", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err := migrateTo(context.Background(), db, path, files); err != nil {
		return err
	}
	return errors.New("still alive")
}

// split parts a migration into its statements.
// None of ours has a semicolon anywhere else, but in comments.
func split(text string) (statements []string) {
	var lines []string
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "--")
		lines = append(lines, strings.TrimRight(code, "\n"))
	}
	for s := range strings.SplitSeq(strings.Join(lines, "\n"), ";") {
		if strings.TrimSpace(s) != "" {
			statements = append(statements, s)
		}
	}
	return statements
}

// steps are the migrations up to a version.
func steps(version int) fstest.MapFS {
	files := fstest.MapFS{}
	err := fs.WalkDir(migrations, "migrations", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		var number int
		if _, err := fmt.Sscanf(d.Name(), "%05d", &number); err != nil {
			return err
		}
		text, err := migrations.ReadFile(path)
		if number <= version {
			files[d.Name()] = &fstest.MapFile{Data: text}
		}
		return err
	})
	if err != nil {
		panic(err) // they are embedded
	}
	return files
}

// oldLedger is the data of a console of schema 1, which every later one has kept.
const oldLedger = `
INSERT INTO jobs (job_id, code, type, state, definition, search, anchor, cursor, next_run, version, created_at, updated_at)
	VALUES ('j', 'c', 'interval', 'active', '{"a":1}', 'j', 1000, 3000, 4000, 2, 1000, 1000);
INSERT INTO revisions VALUES (1, 1, '{}', 1000, '2025c'), (1, 2, '{"a":1}', 1500, '2025c');
INSERT INTO runs (job_key, code, due, count, cause, state, queued_at, started_at, finished_at, output_bytes)
	VALUES (1, 'c', 2000, 1, 'schedule', 'succeeded', 2000, 2001, 2100, 5), (1, 'c', 3000, 1, 'schedule', 'failed', 3000, 3001, 3100, 0);
INSERT INTO attempts VALUES (2, 1, 'failed', 3001, 3002, 1, '', 'x');
INSERT INTO output VALUES (1, 0, 2002, 1, x'68656c6c6f');`

// oldData reads it back, in the words of schema 1.
func oldData(t *testing.T, path string) (all []string) {
	t.Helper()
	db := get(sql.Open("sqlite3", "file:"+path))(t)
	defer func() { must(t, db.Close()) }()
	for _, query := range []string{
		`SELECT job_id || state || anchor || cursor || next_run || version FROM jobs WHERE job_id = 'j'`,
		`SELECT job_key || definition || effective_at || tz_version FROM revisions WHERE job_key = 1 ORDER BY version`,
		`SELECT id || job_key || due || state || started_at || finished_at || output_bytes FROM runs WHERE job_key = 1 ORDER BY id`,
		`SELECT run_id || attempt || state || error FROM attempts`,
		`SELECT run_id || offset || data FROM output`,
		`PRAGMA integrity_check`,
	} {
		rows := get(db.QueryContext(t.Context(), query))(t)
		all = append(all, get(collect(rows, func(row scanner) (s string, err error) { return s, row.Scan(&s) }))(t)...)
	}
	return all
}

// TestTrustUpgradeKilledAtEachStatement upgrades databases of every schema and
// kills the process before each statement of each step, the commit included. The
// next start goes on, with all data.
func TestTrustUpgradeKilledAtEachStatement(t *testing.T) {
	t.Parallel()
	newest := int(get(newestMigration())(t))
	kills := 0
	for from := range newest {
		for name, file := range steps(newest) {
			if _, done := steps(from)[name]; done {
				continue
			}
			_, up, _ := strings.Cut(string(file.Data), "-- +goose Up")
			for n := range len(split(up)) + 1 {
				kills++
				t.Run(fmt.Sprintf("from schema %d, %s, statement %d", from, name, n), func(t *testing.T) {
					t.Parallel()
					upgradeAfterKill(t, from, name, n)
				})
			}
		}
	}
	t.Logf("%d kills", kills)
}

func upgradeAfterKill(t *testing.T, from int, file string, n int) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	path := filepath.Join(dir, fileName)
	must(t, prepareFile(path))
	var want []string
	if from > 0 {
		db := get(openPool(path, writeParams, nil, 1))(t)
		must(t, migrateTo(t.Context(), db, path, steps(1)))
		get(db.ExecContext(t.Context(), oldLedger))(t)
		must(t, migrateTo(t.Context(), db, path, steps(from)))
		must(t, db.Close())
		want = oldData(t, path)
	}
	cmd := exec.CommandContext(t.Context(), get(os.Executable())(t))
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", upgradeUntil, path, file, n))
	out, err := cmd.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(e.String(), "killed") {
		t.Fatalf("the upgrade ended with %v\n%s", err, out)
	}

	s := get(Open(t.Context(), dir, Options{}))(t)
	var schema int64
	must(t, s.readDB.QueryRowContext(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&schema))
	addRun(t, s, newRun(addJob(t, s, "new"), noon))
	must(t, s.Close())
	if schema != get(newestMigration())(t) {
		t.Errorf("schema %d", schema)
	}
	if from > 0 {
		if diff := cmp.Diff(want, oldData(t, path)); diff != "" {
			t.Errorf("data (-want +got):\n%s", diff)
		}
	}
}
