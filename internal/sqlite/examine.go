package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"cronsole/internal/cronsole"
)

// Finding is what Examine says about one thing.
type Finding struct {
	What   string // "integrity"
	OK     bool
	Detail string // what was found
	Do     string // what to do about it; empty when it is OK
}

// lowSpace is how much room a file system should have left: firing stops when
// there is none.
const lowSpace = 200 << 20

// Examine looks at the ledger in dir, which a console may be using, without
// changing anything. The error says that there is nothing to be examined.
func Examine(ctx context.Context, dir string, now time.Time) ([]Finding, error) {
	path, err := ledgerIn(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	db, err := openPool(path, backupParams, nil, 1)
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // nothing was written to it
	e := examiner{ctx: ctx, db: db, dir: dir, path: path, now: now}
	e.mode("data folder", dir, 0o077, "chmod 700 "+dir)
	e.mode("database", path, 0o077, "chmod 600 "+path)
	e.room()
	if err := checkOurs(ctx, db, path); err != nil {
		e.bad("content", err.Error(), "restore a backup with cronsole restore")
		return e.found, nil
	}
	e.good("database size", fmt.Sprintf("%d bytes", info.Size()))
	e.pragmas()
	e.integrity()
	e.wal()
	e.console()
	e.clock()
	e.zones()
	return e.found, nil
}

type examiner struct {
	ctx       context.Context //nolint:containedctx // of the one call that made it
	db        *sql.DB
	dir, path string
	now       time.Time
	found     []Finding
}

func (e *examiner) good(what, detail string) {
	e.found = append(e.found, Finding{What: what, OK: true, Detail: detail})
}

func (e *examiner) bad(what, detail, do string) {
	e.found = append(e.found, Finding{What: what, Detail: detail, Do: do})
}

// ask reads one row. What cannot be read is a finding.
func (e *examiner) ask(what, query string, args []any, dest ...any) bool {
	err := e.db.QueryRowContext(e.ctx, query, args...).Scan(dest...)
	if err != nil {
		e.bad(what, err.Error(), "restore a backup with cronsole restore if this does not go away")
	}
	return err == nil
}

func (e *examiner) mode(what, path string, forbidden os.FileMode, do string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		e.bad(what, "cannot be read: "+reason(err).Error(), "look at the folder's owner and mode")
	case info.Mode().Perm()&forbidden != 0:
		e.bad(what, "is open to other accounts: "+info.Mode().Perm().String(), do)
	default:
		e.good(what, path+" is closed to other accounts")
	}
}

func (e *examiner) room() {
	var st syscall.Statfs_t
	if err := syscall.Statfs(e.dir, &st); err != nil {
		e.bad("disk", "its room cannot be read: "+err.Error(), "look at the file system")
		return
	}
	free := int64(st.Bavail) * st.Bsize //nolint:gosec // no file system has 8 EiB
	detail := fmt.Sprintf("%d MiB free", free>>20)
	if free < lowSpace {
		e.bad("disk", detail, "make room: when the disk is full nothing can be recorded, so nothing is started")
		return
	}
	e.good("disk", detail)
}

// pragmas looks at what the file itself remembers; the rest is checked by each
// console at its start.
func (e *examiner) pragmas() {
	var mode string
	if !e.ask("journal", "PRAGMA journal_mode", nil, &mode) {
		return
	}
	if strings.EqualFold(mode, "wal") {
		e.good("journal", "write-ahead log")
		return
	}
	e.bad("journal", "is "+mode+" and not a write-ahead log", "start the console once on a local file system; network file systems cannot keep one")
}

func (e *examiner) integrity() {
	var verdict string
	if !e.ask("integrity", "PRAGMA integrity_check(1)", nil, &verdict) {
		return
	}
	var orphans int
	if !e.ask("integrity", "SELECT count(*) FROM pragma_foreign_key_check", nil, &orphans) {
		return
	}
	switch {
	case verdict != "ok":
		e.bad("integrity", verdict, "restore a backup with cronsole restore")
	case orphans > 0:
		e.bad("integrity", fmt.Sprintf("%d rows refer to what is not there", orphans), "restore a backup with cronsole restore")
	default:
		e.good("integrity", "every page and every reference is right")
	}
}

func (e *examiner) wal() {
	var size int64
	if info, err := os.Stat(e.path + "-wal"); err == nil {
		size = info.Size()
	}
	detail := fmt.Sprintf("%d MiB", size>>20)
	if size > 2*walLimit {
		e.bad("write-ahead log", detail, "a program keeps reading the database and so keeps the log from being emptied; close it")
		return
	}
	e.good("write-ahead log", detail)
}

// console says who uses the folder, and what an end without warning left.
func (e *examiner) console() {
	if pid, used := folderUser(e.dir); used {
		e.good("console", fmt.Sprintf("process %d uses the folder", pid))
		return
	}
	var running int
	if !e.ask("console", "SELECT count(*) FROM runs WHERE state IN ('queued', 'running') AND state = 'running'", nil, &running) {
		return
	}
	if running > 0 {
		e.bad("console", fmt.Sprintf("none is running, yet %d runs are recorded as going on: it ended without warning", running),
			"start it: it ends what they left running and records them as interrupted")
		return
	}
	e.good("console", "none is running, and none ended in the middle of a run")
}

// clock compares the machine's time with the latest that the ledger knows.
func (e *examiner) clock() {
	var latest sql.NullInt64
	if !e.ask("clock", "SELECT max(cursor) FROM jobs WHERE state IN ('active', 'paused')", nil, &latest) {
		return
	}
	if ahead := fromMS(latest).Sub(e.now); latest.Valid && ahead > time.Minute {
		e.bad("clock", fmt.Sprintf("the ledger reaches to %s, which is %s ahead of this machine", fromMS(latest).Format(time.RFC3339), cronsole.Duration(ahead.Round(time.Second))),
			"set the clock right; jobs wait until it is there again, or count from now when it is more than an hour")
		return
	}
	e.good("clock", "is not behind the ledger")
}

// zones compares the time zone data in this program with that under which the
// schedules in force were written.
func (e *examiner) zones() {
	var others int
	query := `SELECT count(*) FROM jobs JOIN revisions ON revisions.job_key = jobs.key AND revisions.version = jobs.version
		WHERE jobs.state IN ('active', 'paused') AND revisions.tz_version <> ?`
	if !e.ask("time zones", query, []any{cronsole.TZVersion()}, &others) {
		return
	}
	detail := "data of " + cronsole.TZVersion()
	if others > 0 {
		detail += fmt.Sprintf("; %d jobs were written under another version, their coming instants follow this one", others)
	}
	e.good("time zones", detail)
}
