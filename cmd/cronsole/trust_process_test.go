package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// trees are jobs that are hard to end: each writes the pids of all its processes,
// the last of which are four.
var trees = map[string]string{
	"forks": `echo $$ >> "$1"
sh -c 'echo $$ >> "$1"; sh -c "echo \$\$ >> \"\$1\"; sleep 300 & echo \$! >> \"\$1\"; wait" sh "$1" & wait' sh "$1" &
wait
`,
	"ignores": `trap '' TERM
echo $$ >> "$1"
sh -c 'echo $$ >> "$1"; sh -c "echo \$\$ >> \"\$1\"; while :; do sleep 1; done" sh "$1" & wait' sh "$1" &
sh -c 'echo $$ >> "$1"; while :; do sleep 1; done' sh "$1" &
wait
`,
	"setsid": `echo $$ >> "$1"
setsid sh -c 'echo $$ >> "$1"; sh -c "echo \$\$ >> \"\$1\"; sleep 300 & echo \$! >> \"\$1\"; wait" sh "$1" & wait' sh "$1" &
wait
`,
}

// processWorld is a console whose jobs are trees.
type processWorld struct {
	t                 *testing.T
	dir, data, folder string
	p                 *process
}

func newProcessWorld(t *testing.T) *processWorld {
	dir := t.TempDir()
	w := &processWorld{t: t, dir: dir, data: filepath.Join(dir, "data"), folder: filepath.Join(dir, "jobs")}
	for code, script := range trees {
		deploy(t, w.folder, code, script, "")
	}
	w.p = startConsole(t, w.data, w.folder, "--grace", "1s")
	return w
}

func (w *processWorld) job(tree, end string) string { return tree + "-" + end }

// begin starts each tree by hand, and returns when all its processes are there.
func (w *processWorld) begin(end string, rules map[string]any) {
	w.t.Helper()
	for tree := range trees {
		id := w.job(tree, end)
		body := map[string]any{"job_id": id, "code": tree, "from_file": false, "type": "interval", "args": map[string]any{"hours": 1, "args": []string{filepath.Join(w.dir, id)}}}
		for k, v := range rules {
			body[k] = v
		}
		if status := w.p.call("POST", "/api/v1/jobs", body, nil); status != 200 {
			w.t.Fatalf("create answered %d", status)
		}
		if status := w.p.call("POST", "/api/v1/jobs/"+id+"/run", nil, nil); status != 202 {
			w.t.Fatalf("run answered %d", status)
		}
	}
	for tree := range trees {
		eventually(w.t, 10*time.Second, w.job(tree, end)+" has all its processes", func() bool { return len(w.pids(tree, end)) == 4 })
	}
}

func (w *processWorld) pids(tree, end string) (pids []int) {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, w.job(tree, end)))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	for _, f := range strings.Fields(string(b)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			w.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// processState is the letter of /proc/PID/stat, and the parent; 0: there is no such process.
func processState(pid int) (state byte, parent int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return 0, 0
	}
	return fields[0][0], parent
}

// checkGone makes sure that nothing of a kind of end goes on.
func (w *processWorld) checkGone(end string) {
	w.t.Helper()
	for tree := range trees {
		for _, pid := range w.pids(tree, end) {
			if state, _ := processState(pid); state != 0 && state != 'Z' {
				w.t.Errorf("%s: process %d is alive (%c)", w.job(tree, end), pid, state)
			}
		}
	}
}

// checkZombies makes sure that the console leaves no dead child unread.
func (w *processWorld) checkZombies() {
	w.t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // no process
		}
		if state, parent := processState(pid); state == 'Z' && parent == w.p.cmd.Process.Pid {
			w.t.Errorf("process %d is a zombie", pid)
		}
	}
}

// states are those of the rows by job.
func (w *processWorld) states() map[string]cronsole.State {
	out := map[string]cronsole.State{}
	for _, r := range readLedger(w.t, w.data) {
		out[r.job] = r.state
	}
	return out
}

func (w *processWorld) all(end string, state cronsole.State) map[string]cronsole.State {
	out := map[string]cronsole.State{}
	for tree := range trees {
		out[w.job(tree, end)] = state
	}
	return out
}

// TestTrustRunsEndWithAllTheirProcesses ends trees of processes at their time
// limit, by hand, and with the console.
func TestTrustRunsEndWithAllTheirProcesses(t *testing.T) {
	t.Parallel()
	for end, want := range map[string]cronsole.State{"timeout": cronsole.TimedOut, "cancel": cronsole.Cancelled} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w := newProcessWorld(t)
			w.begin(end, map[string]any{"timeout": map[string]string{"timeout": "2s", "cancel": "0s"}[end]})
			if end == "cancel" {
				for tree := range trees {
					id := w.p.runs(w.job(tree, end))[0].ID
					if status := w.p.call("POST", "/api/v1/runs/"+itoa(id)+"/cancel", nil, nil); status/100 != 2 {
						t.Errorf("cancel answered %d", status)
					}
				}
			}
			eventually(t, 20*time.Second, "all runs have ended", func() bool { return cmp.Equal(w.states(), w.all(end, want)) })
			w.checkGone(end)
			w.checkZombies()
			w.p.stop()
		})
	}
	t.Run("shutdown", func(t *testing.T) {
		t.Parallel()
		w := newProcessWorld(t)
		w.begin("shutdown", nil)
		w.p.stop()
		w.checkGone("shutdown")
		if diff := cmp.Diff(w.all("shutdown", cronsole.Interrupted), w.states()); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

// TestTrustOrphansAreEndedAndNamed kills the console over its trees. Within five
// seconds of the next start each run says what was found of it, and nothing of it
// goes on. Where a pid now belongs to somebody else, they are left alone.
func TestTrustOrphansAreEndedAndNamed(t *testing.T) {
	t.Parallel()
	w := newProcessWorld(t)
	w.begin("orphan", nil)
	w.begin("reused", nil)
	w.p.kill()
	innocents := w.reusePIDs()

	began := time.Now()
	w.p = startConsole(t, w.data, w.folder)
	took := time.Since(began)
	if took > 5*time.Second {
		t.Errorf("the runs were named after %v", took)
	}
	for _, end := range []string{"orphan", "reused"} {
		w.checkGone(end)
	}
	for _, pid := range innocents {
		if state, _ := processState(pid); state == 0 || state == 'Z' {
			t.Errorf("process %d was innocent and is dead", pid)
		}
	}
	rows := readLedger(t, w.data)
	for _, r := range rows {
		tree, end, _ := strings.Cut(r.job, "-")
		if r.state != cronsole.Interrupted || !strings.Contains(r.note, "were still running and were ended") {
			t.Errorf("%s is %s: %q", r.job, r.state, r.note)
		}
		if end == "orphan" && !strings.Contains(r.note, strconv.Itoa(w.pids(tree, end)[0])) {
			t.Errorf("%s does not name process %d: %q", r.job, w.pids(tree, end)[0], r.note)
		}
	}
	if len(rows) != 2*len(trees) {
		t.Errorf("%d rows, want %d", len(rows), 2*len(trees))
	}
	w.checkZombies()
	w.p.stop()
	t.Logf("named after %v", took)
}

// reusePIDs makes the ledger of a dead console believe that the processes of the
// "reused" runs had pids that now are those of others.
func (w *processWorld) reusePIDs() (innocents []int) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.data, "cronsole.db")+"?mode=rw")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the answer of each statement is looked at
	for tree := range trees {
		cmd := exec.CommandContext(w.t.Context(), "sleep", "300")
		if err := cmd.Start(); err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed, as it should be
		})
		innocents = append(innocents, cmd.Process.Pid)
		res, err := db.ExecContext(w.t.Context(), `UPDATE processes SET pid = ? WHERE run_id =
			(SELECT runs.id FROM runs JOIN jobs ON jobs.key = job_key WHERE job_id = ?)`, cmd.Process.Pid, w.job(tree, "reused"))
		if err != nil {
			w.t.Fatal(err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			w.t.Fatalf("%d processes of %s are known, %v", n, tree, err)
		}
	}
	return innocents
}
