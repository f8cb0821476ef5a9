package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cronsole/internal/testkit"
)

// TestTrustFullDisk takes away all room from a console whose jobs fire, for some
// twenty fires, and gives it back. The lever is the limit on the size of files,
// which needs no privileges: what SQLite sees is a write that fails.
func TestTrustFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, folder, effects := filepath.Join(dir, "data"), filepath.Join(dir, "jobs"), filepath.Join(dir, "effects")
	// A file without content can be made on a full disk too.
	deploy(t, folder, "effect", `: > "$1/$CRONSOLE_RUN_ID"`+"\n", "")
	if err := os.Mkdir(effects, 0o755); err != nil {
		t.Fatal(err)
	}
	p := startConsole(t, data, folder)
	for i := range 5 {
		p.everySecond("j"+strconv.Itoa(i), "effect", nil, effects)
	}
	for range testkit.Scale(t) {
		eventually(t, 10*time.Second, "jobs run", func() bool { return len(touched(t, effects)) >= 5 })
		fillAndFree(t, p, effects)
	}
	p.stop()
	rows := readLedger(t, data)
	starts := map[start]int{}
	for _, id := range touched(t, effects) {
		starts[start{id, 1}]++
	}
	if interrupted := checkEffects(t, rows, starts); interrupted != 0 {
		t.Errorf("%d runs were interrupted, and the console went on", interrupted)
	}
	checkGrid(t, rows, time.Second)
	checkVerify(t, data)
}

func fillAndFree(t *testing.T, p *process, effects string) {
	t.Helper()
	const room = 4096 // the write-ahead log is longer already
	p.limitFiles(room)
	eventually(t, 5*time.Second, "the console says that it cannot record", func() bool { return p.call("GET", "/readyz", nil, nil) == http.StatusServiceUnavailable })
	<-time.After(200 * time.Millisecond) // what was started before is under way
	before := len(touched(t, effects))
	<-time.After(4 * time.Second)
	if n := len(touched(t, effects)); n != before {
		t.Errorf("%d runs were started that could not be recorded", n-before)
	}
	for _, w := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/api/v1/jobs", map[string]any{"job_id": "made", "code": "effect", "from_file": false, "type": "interval", "args": map[string]any{"hours": 1}}},
		{"POST", "/api/v1/jobs/j0/run", nil},
		{"PUT", "/api/v1/jobs/j0", map[string]any{"description": "changed"}},
		{"POST", "/api/v1/jobs/j0/pause", nil},
		{"POST", "/api/v1/freeze", map[string]any{"reason": "full"}},
		{"DELETE", "/api/v1/jobs/j0", nil},
	} {
		var problem struct{ Detail string }
		if status := p.call(w.method, w.path, w.body, &problem); status != http.StatusServiceUnavailable || !strings.Contains(problem.Detail, "nothing can be recorded") {
			t.Errorf("%s %s answered %d %q, want 503 and why", w.method, w.path, status, problem.Detail)
		}
	}
	for _, path := range []string{"/jobs", "/jobs/j0", "/runs", "/api/v1/jobs", "/api/v1/runs"} {
		if status, body := p.page(path); status != http.StatusOK || !strings.Contains(body, "j0") {
			t.Errorf("%s answered %d without the job", path, status)
		}
	}
	if _, body := p.page("/jobs"); !strings.Contains(body, "Cannot record runs") {
		t.Error("the page does not say what is wrong")
	}

	p.limitFiles(unix.RLIM_INFINITY)
	eventually(t, 5*time.Second, "jobs run again", func() bool { return len(touched(t, effects)) > before })
	eventually(t, 5*time.Second, "the console is ready", func() bool { return p.call("GET", "/readyz", nil, nil) == http.StatusOK })
}

// limitFiles bounds the size of what the console can write.
func (p *process) limitFiles(size uint64) {
	p.t.Helper()
	limit := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		p.t.Fatal(err)
	}
}

// touched are the runs that left a file.
func touched(t testing.TB, dir string) (runs []int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		id, err := strconv.ParseInt(e.Name(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, id)
	}
	return runs
}
