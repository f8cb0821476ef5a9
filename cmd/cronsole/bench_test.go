package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cronsole/internal/bench"
)

// measure runs a mode as it is typed, with small figures.
func measure[R any](t *testing.T, args ...string) (result R) {
	t.Helper()
	var out, errs bytes.Buffer
	dir := t.TempDir()
	args = append([]string{"bench", "--json", "--settle", "200ms", "--data", dir}, args...)
	if status := run(args, &out, &errs); status != exitOK {
		t.Fatalf("%v: exit status %d: %s", args, status, errs.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, %v", left, err)
	}
	report := struct {
		Result *R `json:"result"`
	}{&result}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return result
}

// checkLoad checks that the console's process was looked at.
func checkLoad(t *testing.T, l bench.Load) {
	t.Helper()
	if l.RSSStart == 0 || l.RSSMax < l.RSSEnd || len(l.Files) == 0 || l.Files[0] == 0 {
		t.Errorf("load %+v", l)
	}
}

// allRan checks that every instant of the window has run, and was seen on disk
// after it had started.
func allRan(t *testing.T, r bench.FiresResult, want int64) {
	t.Helper()
	if r.Due != want || r.Missed != 0 || r.Unknown != 0 || r.Outcomes["succeeded"] != want || int64(r.Start.Count) != want || int64(r.Durable.Count) != want {
		t.Errorf("not all of %d ran: %+v", want, r)
	}
	if r.Durable.Max < r.Start.Max || r.Start.Max <= 0 || r.Durable.P50 < r.Start.P50 {
		t.Errorf("durable before it started: %+v", r)
	}
	checkLoad(t, r.Load)
}

func TestBenchFires(t *testing.T) {
	t.Parallel()
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	r := measure[bench.FiresResult](t, "fires", "--jobs", "20", "--for", "2s", "--old-jobs", "30", "--old-runs", "100", "--profile", profile)
	allRan(t, r, 40)
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}
}

func TestBenchFiresHerd(t *testing.T) {
	t.Parallel()
	r := measure[bench.FiresResult](t, "fires", "--herd", "--jobs", "50", "--period", "2s", "--for", "1s")
	allRan(t, r, 50)
}

func TestBenchFiresCommand(t *testing.T) {
	t.Parallel()
	r := measure[bench.FiresResult](t, "fires", "--command", "--jobs", "10", "--for", "1s")
	allRan(t, r, 10)
	if b := r.Bare; b == nil || b.PerSecond <= 0 || b.CPUms <= 0 || b.AtOnce != 32 {
		t.Errorf("bare os/exec: %+v", b)
	}
}

func TestBenchPages(t *testing.T) {
	t.Parallel()
	r := measure[bench.PagesResult](t, "pages", "--jobs", "60", "--runs", "100", "--for", "50ms", "--connections", "2")
	if len(r.Pages) < 6 {
		t.Errorf("%d pages", len(r.Pages))
	}
	for _, p := range r.Pages {
		unchanged := strings.Contains(p.Name, "304")
		for _, s := range []bench.Served{p.Alone, p.Many} {
			if s.Count == 0 || s.PerSecond <= 0 || s.P50 <= 0 || (s.NotModified > 0) != unchanged || (s.Bytes > 0) == unchanged {
				t.Errorf("%s: %+v", p.Name, s)
			}
		}
	}
}

func TestBenchPagesWhileJobsFire(t *testing.T) {
	t.Parallel()
	r := measure[bench.PagesResult](t, "pages", "--jobs", "60", "--runs", "0", "--for", "200ms", "--fires", "20")
	checkLoad(t, r.Load)
	if r.Start == nil || r.Start.Count == 0 {
		t.Errorf("nothing has fired: %+v", r.Start)
	}
}

func TestBenchAPI(t *testing.T) {
	t.Parallel()
	r := measure[bench.APIResult](t, "api", "--count", "10", "--at-once", "3", "--jobs", "5", "--runs", "0")
	var got []string
	for _, w := range r.Writes {
		got = append(got, w.Name)
		if w.Count != 10 || w.PerSecond <= 0 || w.P50 <= 0 {
			t.Errorf("%+v", w)
		}
	}
	if want := "create create delete delete"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestBenchRestart(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{}, {"--kill"}} {
		r := measure[bench.RestartResult](t, append([]string{"restart", "--times", "2", "--jobs", "20", "--runs", "10"}, flags...)...)
		if len(r.Starts) != 2 {
			t.Errorf("%d starts", len(r.Starts))
		}
		for _, s := range r.Starts {
			if s.Serves <= 0 || s.Page < s.Serves || s.RSS == 0 || (s.Stop > 0) == (len(flags) > 0) {
				t.Errorf("%v: %+v", flags, s)
			}
		}
	}
}

func TestBenchIdle(t *testing.T) {
	t.Parallel()
	r := measure[bench.IdleResult](t, "idle", "--jobs", "20", "--runs", "0", "--for", "1s")
	checkLoad(t, r.Load)
	if r.Load.CPU > 0.5 {
		t.Errorf("%.2f cores for nothing", r.Load.CPU)
	}
}

func TestBenchOutput(t *testing.T) {
	t.Parallel()
	r := measure[bench.OutputResult](t, "output", "--mib", "8", "--jobs", "10", "--for", "1s")
	checkLoad(t, r.Load)
	if r.Took <= 0 || r.Kept <= 0 || r.Kept > 8<<20 || r.Before.Count == 0 {
		t.Errorf("%+v", r)
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	var out, errs bytes.Buffer
	status := run([]string{"bench", "fires", "--jobs", "0"}, &out, &errs)
	want := "cronsole: bench fires: --jobs 0 would fire nothing; write 1 or more\nSee cronsole --help.\n"
	if status != exitUsage || errs.String() != want {
		t.Errorf("exit status %d: %s", status, errs.String())
	}
}

// TestBenchIsInterrupted: Ctrl-C leaves neither a folder nor a console behind.
func TestBenchIsInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "bench", "fires", "--jobs", "10", "--for", "1m", "--settle", "100ms", "--data", dir)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(stderr)
	for line := ""; !strings.Contains(line, "every 1s"); {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(string(rest), "stopped before the end") {
		t.Errorf("%v: %s", err, rest)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, %v", left, err)
	}
	eventually(t, 5*time.Second, "no console uses the folder", func() bool { return len(usersOf(t, dir)) == 0 })
}

// usersOf are the processes that have dir on their command line.
func usersOf(t *testing.T, dir string) (pids []string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(dir)) { // else it has just ended
			pids = append(pids, path)
		}
	}
	return pids
}
