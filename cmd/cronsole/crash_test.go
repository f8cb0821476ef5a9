package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cronsole/internal/sqlite"
	"cronsole/internal/verify"
)

// crashCycles is how often TestCrash kills the console.
const crashCycles = 30

// TestCrash kills a console at random moments while jobs of one second fire,
// and then compares three records: the grid of the trigger (the oracle), the
// ledger, and what the jobs did (one line per start, appended in one write).
func TestCrash(t *testing.T) {
	const jobs = 5
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CRONSOLE_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("replay with CRONSOLE_TEST_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))

	dir := t.TempDir()
	data, folder, effects := filepath.Join(dir, "data"), filepath.Join(dir, "jobs"), filepath.Join(dir, "effects")
	deploy(t, folder, "effect", `echo "$CRONSOLE_JOB_ID $CRONSOLE_RUN_ID" >> "$1"`+"\n", "")

	p := startConsole(t, data, folder)
	for i := range jobs {
		body := map[string]any{
			"job_id": "j" + strconv.Itoa(i), "code": "effect", "from_file": false, "type": "interval",
			"args": map[string]any{"seconds": 1, "args": []string{effects}},
		}
		if status := p.call("POST", "/api/v1/jobs", body, nil); status != 200 {
			t.Fatalf("create answered %d", status)
		}
	}
	for range crashCycles {
		alive := time.NewTimer(time.Duration(random.IntN(400)) * time.Millisecond)
		<-alive.C
		p.kill()
		p = startConsole(t, data, folder)
	}
	alive := time.NewTimer(1500 * time.Millisecond)
	<-alive.C
	p.stop()

	p = startConsole(t, data, folder)
	ledger := map[string][]runJSON{}
	for i := range jobs {
		id := "j" + strconv.Itoa(i)
		eventually(t, 10*time.Second, "all runs of "+id+" are final", func() bool {
			for _, r := range p.runs(id)[1:] { // the newest may be going on
				if r.State == "queued" || r.State == "running" {
					return false
				}
			}
			return true
		})
		ledger[id] = p.runs(id)
	}
	// Read after the ledger: a run that is recorded as succeeded has left its line.
	started := effectsByRun(t, effects)
	interrupted := 0
	for id, rows := range ledger {
		interrupted += compareLedger(t, id, rows, started)
	}
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
	t.Logf("%d kills, %d starts, %d interrupted", crashCycles, len(started), interrupted)
}

// compareLedger checks one job's rows against the one-second grid and the
// effects; it returns how many rows are interrupted.
func compareLedger(t *testing.T, id string, rows []runJSON, started map[int64]int) (interrupted int) {
	t.Helper()
	if len(rows) < 5 {
		t.Fatalf("%s has %d rows only", id, len(rows))
	}
	seen := map[int64]bool{}
	first, last := rows[len(rows)-1].Due, rows[0].Due
	for _, r := range rows {
		if r.Due == nil || seen[r.Due.UnixMilli()] {
			t.Fatalf("%s run %d: due %v is missing or doubled", id, r.ID, r.Due)
		}
		seen[r.Due.UnixMilli()] = true
		n := started[r.ID]
		switch {
		case r.State == "succeeded" && n != 1:
			t.Errorf("%s run %d succeeded with %d starts", id, r.ID, n)
		case n > 1:
			t.Errorf("%s run %d (%s) was started %d times", id, r.ID, r.State, n)
		case r.State == "skipped" && n != 0:
			t.Errorf("%s run %d was skipped and started", id, r.ID)
		case r.State == "failed":
			t.Errorf("%s run %d failed", id, r.ID)
		case r.State == "interrupted":
			interrupted++
		}
	}
	for due := *first; !due.After(*last); due = due.Add(time.Second) {
		if !seen[due.UnixMilli()] {
			t.Errorf("%s: due %v has no row", id, due)
		}
	}
	return interrupted
}

// effectsByRun counts the starts of each run.
func effectsByRun(t *testing.T, file string) map[int64]int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	starts := map[int64]int{}
	for line := range strings.Lines(string(b)) {
		_, run, _ := strings.Cut(strings.TrimSpace(line), " ")
		id, err := strconv.ParseInt(run, 10, 64)
		if err != nil {
			t.Fatalf("effects line %q: %v", line, err)
		}
		starts[id]++
	}
	return starts
}
