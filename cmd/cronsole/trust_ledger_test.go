package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
	"cronsole/internal/verify"
)

// ledgerRow is a row of the ledger as SQLite has it.
type ledgerRow struct {
	id, count     int64
	job           string
	key           int64
	due, dueUntil time.Time // zero: none
	state         cronsole.State
	attempt       int
	note          string
}

// readLedger reads the rows of a data folder past the code under test, and
// fails the test when SQLite finds the file damaged.
func readLedger(t testing.TB, data string) []ledgerRow {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(data, "cronsole.db")+"?mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity_check: %q, %v", verdict, err)
	}
	rows, err := db.QueryContext(t.Context(), `SELECT runs.id, count, job_id, jobs.key, due, due_until, runs.state, attempt, error
		FROM runs JOIN jobs ON jobs.key = runs.job_key ORDER BY runs.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err
	var all []ledgerRow
	for rows.Next() {
		var r ledgerRow
		var due, until sql.NullInt64
		if err := rows.Scan(&r.id, &r.count, &r.job, &r.key, &due, &until, &r.state, &r.attempt, &r.note); err != nil {
			t.Fatal(err)
		}
		if due.Valid {
			r.due = time.UnixMilli(due.Int64)
		}
		if until.Valid {
			r.dueUntil = time.UnixMilli(until.Int64)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// checkVerify holds the ledger of a data folder against every instant that was due.
func checkVerify(t testing.TB, data string) {
	t.Helper()
	err := sqlite.Histories(t.Context(), data, time.Now(), func(h verify.History) error {
		found, err := verify.Check(h, time.Time{}, time.Time{})
		for _, f := range found {
			t.Errorf("verify: %s", f)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// effect is what a job leaves behind when it starts: one line, appended in one write.
const effect = `echo "$CRONSOLE_RUN_ID $CRONSOLE_ATTEMPT" >> "$1"` + "\n"

// start is an attempt that a job's code saw.
type start struct {
	run     int64
	attempt int
}

// readEffects counts the starts of each attempt. A job that was never started
// has left no file.
func readEffects(t testing.TB, file string) map[start]int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	starts := map[start]int{}
	for line := range strings.Lines(string(b)) {
		run, attempt, _ := strings.Cut(strings.TrimSpace(line), " ")
		id, err := strconv.ParseInt(run, 10, 64)
		if err != nil {
			t.Fatalf("effects line %q: %v", line, err)
		}
		n, err := strconv.Atoi(attempt)
		if err != nil {
			t.Fatalf("effects line %q: %v", line, err)
		}
		starts[start{id, n}]++
	}
	return starts
}

// checkEffects holds what the jobs did against the rows: what succeeded was
// done once, nothing was done twice, and nothing without a row that says so. The
// rows must be those of a console that has ended by itself.
func checkEffects(t testing.TB, rows []ledgerRow, starts map[start]int) (interrupted int) {
	t.Helper()
	byID := map[int64]ledgerRow{}
	for _, r := range rows {
		byID[r.id] = r
		n := starts[start{r.id, r.attempt}]
		switch {
		case r.state == cronsole.Succeeded && n != 1:
			t.Errorf("%s run %d succeeded with %d starts", r.job, r.id, n)
		case r.state == cronsole.Skipped && n != 0:
			t.Errorf("%s run %d was skipped and started", r.job, r.id)
		case r.state == cronsole.Interrupted:
			interrupted++
		case !r.state.Final():
			t.Errorf("%s run %d is %s in the end", r.job, r.id, r.state)
		}
	}
	for s, n := range starts {
		if n > 1 {
			t.Errorf("attempt %d of run %d was started %d times", s.attempt, s.run, n)
		}
		if r, ok := byID[s.run]; !ok || r.attempt < s.attempt {
			t.Errorf("attempt %d of run %d was started, and the row says %+v", s.attempt, s.run, r)
		}
	}
	return interrupted
}

// checkGrid makes sure that the rows of each job cover an unbroken grid, each
// instant once. It counts on its own, without the code that makes the instants.
func checkGrid(t testing.TB, rows []ledgerRow, every time.Duration) {
	t.Helper()
	covered := map[int64]map[int64]int64{} // job key → instant → run
	for _, r := range rows {
		if r.due.IsZero() {
			continue
		}
		seen := covered[r.key]
		if seen == nil {
			seen = map[int64]int64{}
			covered[r.key] = seen
		}
		last := r.due
		if !r.dueUntil.IsZero() {
			last = r.dueUntil
		}
		n := int64(0)
		for due := r.due; !due.After(last); due = due.Add(every) {
			if other, doubled := seen[due.UnixMilli()]; doubled {
				t.Errorf("%s: %v is in runs %d and %d", r.job, due, other, r.id)
			}
			seen[due.UnixMilli()] = r.id
			n++
		}
		if n != r.count {
			t.Errorf("%s run %d counts %d instants, and %d were due", r.job, r.id, r.count, n)
		}
	}
	for key, seen := range covered {
		var first, last int64
		for due := range seen {
			if first == 0 || due < first {
				first = due
			}
			last = max(last, due)
		}
		if want := (last-first)/every.Milliseconds() + 1; int64(len(seen)) != want {
			t.Errorf("job %d has rows for %d instants, and %d were due", key, len(seen), want)
		}
	}
}
