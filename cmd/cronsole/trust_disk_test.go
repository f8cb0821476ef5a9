package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cronsole/internal/testkit"
)

// TestTrustFullDisk takes away all room from a console whose jobs fire, for some
// twenty fires, and gives it back.
func TestTrustFullDisk(t *testing.T) {
	t.Parallel()
	// A limit on the size of files needs no privileges; SQLite sees a write that fails.
	t.Run("files are limited", func(t *testing.T) {
		t.Parallel()
		w := newDiskWorld(t, nil)
		w.fill = func() { w.p.limitFiles(4096) } // the write-ahead log is longer already
		w.free = func() { w.p.limitFiles(unix.RLIM_INFINITY) }
		w.prove()
	})
	if exec.CommandContext(t.Context(), mountSmall[0], append(mountSmall[1:len(mountSmall):len(mountSmall)], "/mnt", "true")...).Run() != nil {
		t.Log("no file system can be mounted here: the one of 8 MiB is left out")
		return
	}
	t.Run("file system of 8 MiB", func(t *testing.T) {
		t.Parallel()
		w := newDiskWorld(t, mountSmall)
		w.root = fmt.Sprintf("/proc/%d/root", w.p.cmd.Process.Pid) // others do not see what is mounted
		filler := filepath.Join(w.root, w.data, "filler")
		w.fill = func() {
			if err := os.WriteFile(filler, make([]byte, 16<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("filling the disk: %v", err)
			}
		}
		w.free = func() {
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
		}
		w.prove()
	})
}

// mountSmall becomes the program that follows the name of a folder, which sees a
// file system of 8 MiB there.
var mountSmall = []string{"unshare", "--map-root-user", "--mount", "sh", "-c", `mount -t tmpfs -o size=8m,mode=700 none "$1" && shift && exec "$@"`, "sh"}

// diskWorld is a console whose disk can be filled.
type diskWorld struct {
	t             *testing.T
	root          string // before data, as others see it
	data, effects string
	p             *process
	fill, free    func()
}

// newDiskWorld starts a console with five jobs of a second, by another program
// when one is given; that gets the data folder first.
func newDiskWorld(t *testing.T, program []string) *diskWorld {
	dir := t.TempDir()
	w := &diskWorld{t: t, data: filepath.Join(dir, "data"), effects: filepath.Join(dir, "effects")}
	folder := filepath.Join(dir, "jobs")
	// A file without content can be made on a full disk too.
	deploy(t, folder, "effect", `: > "$1/$CRONSOLE_RUN_ID"`+"\n", "")
	for _, d := range []string{w.data, w.effects} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if program != nil {
		program = append(slices.Clip(program), w.data)
	}
	var err error
	if w.p, err = launchUnder(t, program, nil, w.data, folder); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		w.p.everySecond("j"+strconv.Itoa(i), "effect", nil, w.effects)
	}
	return w
}

func (w *diskWorld) prove() {
	w.t.Helper()
	for range testkit.Scale(w.t) {
		eventually(w.t, 10*time.Second, "jobs run", func() bool { return len(touched(w.t, w.effects)) >= 5 })
		w.fillAndFree()
	}
	for i := range 5 {
		if status := w.p.call("POST", fmt.Sprintf("/api/v1/jobs/j%d/pause", i), nil, nil); status != http.StatusOK {
			w.t.Errorf("pause answered %d", status)
		}
	}
	eventually(w.t, 10*time.Second, "all runs are over", func() bool {
		var health struct{ Queued, Running int }
		w.p.call("GET", "/readyz", nil, &health)
		return health.Queued+health.Running == 0
	})
	data := w.copied()
	rows := readLedger(w.t, data)
	starts := map[start]int{}
	for _, id := range touched(w.t, w.effects) {
		starts[start{id, 1}]++
	}
	if interrupted := checkEffects(w.t, rows, starts); interrupted != 0 {
		w.t.Errorf("%d runs were interrupted, and the console went on", interrupted)
	}
	checkGrid(w.t, rows, time.Second)
	checkVerify(w.t, data)
	w.p.stop()
}

// copied is a copy of the data folder of a moment in which the console stands still.
func (w *diskWorld) copied() string {
	w.t.Helper()
	dir := w.t.TempDir()
	w.p.signal(syscall.SIGSTOP)
	defer w.p.signal(syscall.SIGCONT)
	for _, name := range []string{"cronsole.db", "cronsole.db-wal"} {
		b, err := os.ReadFile(filepath.Join(w.root, w.data, name))
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return dir
}

func (w *diskWorld) fillAndFree() {
	t, p, effects := w.t, w.p, w.effects
	t.Helper()
	w.fill()
	eventually(t, 5*time.Second, "the console says that it cannot record", func() bool { return p.call("GET", "/readyz", nil, nil) == http.StatusServiceUnavailable })
	<-time.After(200 * time.Millisecond) // what was started before is under way
	before := len(touched(t, effects))
	<-time.After(4 * time.Second)
	if n := len(touched(t, effects)); n != before {
		t.Errorf("%d runs were started that could not be recorded", n-before)
	}
	w.checkRefusals()
	w.free()
	eventually(t, 5*time.Second, "jobs run again", func() bool { return len(touched(t, effects)) > before })
	eventually(t, 5*time.Second, "the console is ready", func() bool { return p.call("GET", "/readyz", nil, nil) == http.StatusOK })
}

// checkRefusals makes sure that writes are refused with the reason, and pages can
// be read.
func (w *diskWorld) checkRefusals() {
	t, p := w.t, w.p
	t.Helper()
	for _, r := range []struct {
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
		if status := p.call(r.method, r.path, r.body, &problem); status != http.StatusServiceUnavailable || !strings.Contains(problem.Detail, "nothing can be recorded") {
			t.Errorf("%s %s answered %d %q, want 503 and why", r.method, r.path, status, problem.Detail)
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
