package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"cronsole/internal/cronsole"
)

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Mode().Perm()
}

func TestFolderAndFilesAreForOurEyesOnly(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "a", "data")
	empty := t.TempDir()
	must(t, os.Chmod(empty, 0o755)) //nolint:gosec // the point of the test
	used := t.TempDir()
	must(t, os.Chmod(used, 0o755)) //nolint:gosec // the point of the test
	must(t, os.WriteFile(filepath.Join(used, "letter"), nil, 0o600))
	odd := filepath.Join(t.TempDir(), "100% of? #me")

	for name, tt := range map[string]struct {
		dir  string
		want os.FileMode
	}{
		"made":                         {fresh, 0o700},
		"empty":                        {empty, 0o700},
		"in use for other things":      {used, 0o755},
		"with a name that needs care?": {odd, 0o700},
	} {
		t.Run(name, func(t *testing.T) {
			s := get(Open(t.Context(), tt.dir, Options{}))(t)
			defer func() { must(t, s.Close()) }()
			addJob(t, s, "x")
			if got := mode(t, tt.dir); got != tt.want {
				t.Errorf("folder %v, want %v", got, tt.want)
			}
			for _, file := range []string{fileName, fileName + "-wal", fileName + "-shm", lockName} {
				if got := mode(t, filepath.Join(tt.dir, file)); got != 0o600 {
					t.Errorf("%s %v", file, got)
				}
			}
		})
	}
}

func TestSecondConsoleIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	first := get(Open(t.Context(), dir, Options{}))(t)
	_, err := Open(t.Context(), dir, Options{})
	want := fmt.Sprintf("the data folder %s is in use by another cronsole (process %d); stop it first, or choose another folder with --data", dir, os.Getpid())
	if !errors.Is(err, ErrInUse) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	must(t, first.Close())
	second := get(Open(t.Context(), dir, Options{}))(t)
	must(t, second.Close())
}

func TestEverythingIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := get(Open(t.Context(), dir, Options{}))(t)
	j := addJob(t, s, "x")
	r := ranRun(t, s, j, noon, cronsole.Failed)
	must(t, s.Close())
	if _, err := os.Stat(filepath.Join(dir, fileName+"-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a WAL was left behind: %v", err)
	}
	s = get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	if got := get(s.Job(t.Context(), "x"))(t); got.FailStreak != 1 {
		t.Errorf("got %+v", got)
	}
	if got := get(s.Run(t.Context(), r.ID))(t); got.State != cronsole.Failed {
		t.Errorf("got %+v", got)
	}
}

func TestOpenRefusesWhatItCannotTrust(t *testing.T) {
	withDB := func(change string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			db := get(sql.Open("sqlite3", filepath.Join(dir, fileName)))(t)
			_, err := db.Exec(change)
			must(t, errors.Join(err, db.Close()))
		}
	}
	made := func(change func(*testing.T, string)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			s := get(Open(t.Context(), dir, Options{}))(t)
			must(t, s.Close())
			change(t, dir)
		}
	}
	tests := map[string]struct {
		prepare func(*testing.T, string)
		params  map[string]string
		want    string
	}{
		"a newer schema":       {prepare: made(withDB(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)), want: "was written by a newer cronsole (schema 99, this one knows up to"},
		"synchronous not FULL": {params: map[string]string{"_synchronous": "NORMAL"}, want: "SQLite did not take the settings"},
		"no foreign keys":      {params: map[string]string{"_foreign_keys": "0"}, want: "SQLite did not take the settings"},
		"no WAL":               {params: map[string]string{"_journal_mode": "DELETE"}, want: "SQLite did not take the settings"},
		"no database": {prepare: func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, fileName), []byte(strings.Repeat("text ", 500)), 0o600))
		}, want: "is damaged or no SQLite database"},
		"someone else's database": {prepare: withDB(`CREATE TABLE songs (name TEXT)`), want: "is a SQLite database, but not one of cronsole"},
		"another program's id":    {prepare: withDB(`PRAGMA application_id = 7; CREATE TABLE t (a)`), want: "is a SQLite database, but not one of cronsole"},
		"a damaged page": {prepare: made(func(t *testing.T, dir string) {
			f := get(os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR, 0))(t)
			for page := int64(2); page < 12; page++ {
				_, err := f.WriteAt([]byte(strings.Repeat("\xff", 2000)), page*4096)
				must(t, err)
			}
			must(t, f.Close())
		}), want: "damaged"},
		"a file as folder": {prepare: func(t *testing.T, dir string) {
			must(t, os.Remove(dir))
			must(t, os.WriteFile(dir, nil, 0o600))
		}, want: "cannot be made: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			must(t, os.Mkdir(dir, 0o700))
			if tt.prepare != nil {
				tt.prepare(t, dir)
			}
			s, err := Open(t.Context(), dir, Options{params: tt.params})
			if err == nil {
				must(t, s.Close())
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant …%s…", err, tt.want)
			}
		})
	}
}

func TestEveryReaderIsReadOnly(t *testing.T) {
	s := openStore(t, Options{})
	for range readers {
		conn := get(s.readDB.Conn(t.Context()))(t)
		t.Cleanup(func() { must(t, conn.Close()) })
		if _, err := conn.ExecContext(t.Context(), `DELETE FROM jobs`); err == nil {
			t.Error("a reader wrote")
		}
	}
}

func TestAnUpgradeThatWasCutShortGoesOn(t *testing.T) {
	files := fstest.MapFS{
		"00001_first.sql":  {Data: get(migrations.ReadFile("migrations/00001_first.sql"))(t)},
		"00002_second.sql": {Data: []byte("-- +goose Up\nCREATE TABLE extra (a INTEGER) STRICT;\nINSERT INTO extra VALUES (1);\nINSERT INTO extra VALUES ('no number');\n")},
	}
	path := filepath.Join(t.TempDir(), fileName)
	must(t, prepareFile(path))
	db := get(openPool(path, writeParams, nil, 1))(t)
	defer func() { must(t, db.Close()) }()
	if err := migrateTo(t.Context(), db, path, files); err == nil {
		t.Fatal("the broken step succeeded")
	}
	var extra int
	must(t, db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name = 'extra'`).Scan(&extra))
	if extra != 0 {
		t.Error("half of the broken step stayed")
	}
	files["00002_second.sql"].Data = []byte("-- +goose Up\nCREATE TABLE extra (a INTEGER) STRICT;\nINSERT INTO extra VALUES (1);\n")
	must(t, migrateTo(t.Context(), db, path, files))
	must(t, migrateTo(t.Context(), db, path, files))
	must(t, db.QueryRow(`SELECT count(*) FROM extra`).Scan(&extra))
	if extra != 1 {
		t.Errorf("the step was done %d times", extra)
	}
}

func TestAFirstStartThatWasCutShortGoesOn(t *testing.T) {
	dir := t.TempDir()
	db := get(sql.Open("sqlite3", filepath.Join(dir, fileName)))(t)
	_, err := db.Exec(`CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1)`)
	must(t, errors.Join(err, db.Close()))
	s := get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	addJob(t, s, "x")
}

func TestTheLedgerRefusesWhatCannotBe(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	for name, change := range map[string]func(*cronsole.Run){
		"a state that is none":      func(r *cronsole.Run) { r.State = "asleep" },
		"a cause that is none":      func(r *cronsole.Run) { r.Cause = "mood" },
		"skipped without a reason":  func(r *cronsole.Run) { r.State, r.FinishedAt = cronsole.Skipped, noon },
		"a reason without skipping": func(r *cronsole.Run) { r.Reason = cronsole.ReasonOverlap },
		"queued and finished":       func(r *cronsole.Run) { r.FinishedAt = noon },
		"ended, but not when":       func(r *cronsole.Run) { r.State = cronsole.Failed },
		"running since never":       func(r *cronsole.Run) { r.State = cronsole.Running },
		"scheduled for no instant":  func(r *cronsole.Run) { r.Due = time.Time{} },
		"a range of runs that ran":  func(r *cronsole.Run) { r.DueUntil = noon.Add(time.Hour) },
		"a range that ends before it": func(r *cronsole.Run) {
			r.State, r.Reason, r.FinishedAt, r.DueUntil = cronsole.Skipped, cronsole.ReasonMisfire, noon, noon.Add(-1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun(j, noon)
			change(r)
			if name == "a range that ends before it" {
				r.DueUntil = noon.Add(-time.Second)
			}
			if err := s.AddRun(t.Context(), r); err == nil {
				t.Error("accepted")
			}
		})
	}
	lost := newRun(j, noon)
	lost.JobKey = 999
	if err := s.AddRun(t.Context(), lost); kindOf(err) != cronsole.NotFound {
		t.Errorf("a run of no job: %v", err)
	}
	if err := s.SaveProcess(t.Context(), cronsole.Process{RunID: 999, Attempt: 1, PID: 1}); kindOf(err) != cronsole.NotFound {
		t.Errorf("a process of no run: %v", err)
	}
}

// The lock of a console that was killed may outlive it by the moment that a child
// needs to begin its own program.
func TestLockOfAConsoleThatIsGoneIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, lockName)
	held := get(os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600))(t)
	must(t, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	dead := exec.Command("true")
	must(t, dead.Run())
	must(t, os.WriteFile(path, []byte(strconv.Itoa(dead.Process.Pid)+"\n"), 0o600))
	time.AfterFunc(100*time.Millisecond, func() {
		if err := held.Close(); err != nil {
			t.Error(err)
		}
	})
	lock := get(lockFolder(dir))(t)
	defer func() { must(t, lock.Close()) }()
	if pid := readPID(lock); pid != os.Getpid() {
		t.Errorf("the lock names process %d", pid)
	}
}
