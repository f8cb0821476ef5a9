package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// call runs a function of this folder as the console would.
func call(ctx context.Context, code string, c cronsole.Call) (output string, err error) {
	var out bytes.Buffer
	c.Output, c.Log = &out, slog.New(slog.NewTextHandler(&out, nil))
	c.JobID, c.RunID, c.Attempt = code, 7, 1
	err = Funcs[code](ctx, c)
	return out.String(), err
}

func TestLogSomething(t *testing.T) {
	out, err := call(t.Context(), "log_something", cronsole.Call{Due: time.Date(2026, 5, 1, 2, 30, 0, 0, time.UTC)})
	if err != nil || !strings.Contains(out, "due at 2026-05-01T02:30:00Z") || !strings.Contains(out, "run=7") {
		t.Errorf("%v: %s", err, out)
	}
	out, err = call(t.Context(), "log_something", cronsole.Call{})
	if err != nil || !strings.Contains(out, "started by hand") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestLogWithArgs(t *testing.T) {
	out, err := call(t.Context(), "log_with_args", cronsole.Call{Args: []any{"haha", 3.0, nil}})
	want := "argument 1: haha (string)\nargument 2: 3 (float64)\nargument 3: <nil> (<nil>)\n"
	if err != nil || out != want {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := call(t.Context(), "log_with_args", cronsole.Call{}); err == nil {
		t.Error("no arguments are no error")
	}
}

func TestGetRandomUser(t *testing.T) {
	state := filepath.Join(t.TempDir(), "a folder #1?")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^The user of the moment is \w+ \(number \d of 8\)\.\n$`)
	for range 3 { // the first run makes the file, the others find it
		out, err := call(t.Context(), "get_random_user", cronsole.Call{StateDir: state})
		if err != nil || !line.MatchString(out) {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(state, "users.db")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := call(ctx, "get_random_user", cronsole.Call{StateDir: state}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, but %v", err)
	}
}

func TestGetRandomUserOverlapping(t *testing.T) {
	state := t.TempDir()
	ended := make(chan error)
	for range 8 {
		go func() {
			_, err := call(t.Context(), "get_random_user", cronsole.Call{StateDir: state})
			ended <- err
		}()
	}
	for range 8 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestHTTPCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		case "/slow":
			<-r.Context().Done() // the caller gives up
		default:
			if _, err := fmt.Fprint(w, "hello"); err != nil {
				t.Error(err)
			}
		}
	}))
	defer server.Close()

	out, err := call(t.Context(), "http_check", cronsole.Call{Args: []any{server.URL + "/"}})
	if err != nil || !regexp.MustCompile(`: 200 OK in \d+(\.\d+)?m?s, 5 bytes\n$`).MatchString(out) {
		t.Errorf("%v: %s", err, out)
	}
	out, err = call(t.Context(), "http_check", cronsole.Call{Args: []any{server.URL + "/broken"}})
	if err == nil || !strings.Contains(out, "502 Bad Gateway") {
		t.Errorf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err = call(ctx, "http_check", cronsole.Call{Args: []any{server.URL + "/slow"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the time is up, but %v", err)
	}
	for _, args := range [][]any{nil, {1.0}, {"example.org"}, {"file:///etc/passwd"}, {"http://a/", "http://b/"}, {"http://%zz/"}} {
		if _, err := call(t.Context(), "http_check", cronsole.Call{Args: args}); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

// execute runs an executable of this folder as the console would: without a
// shell, in its folder, with little in its environment.
func execute(t *testing.T, code, entry string, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	dir, err := filepath.Abs(code)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, entry), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "CRONSOLE_JOB_ID=" + code, "CRONSOLE_RUN_ID=7"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestDiskUsage(t *testing.T) {
	out, errs, exit := execute(t, "disk_usage", "main.sh")
	if exit != 0 || !strings.Contains(out, "for run 7") || !strings.Contains(out, "%") {
		t.Errorf("exit %d: %s%s", exit, out, errs)
	}
	if _, errs, exit = execute(t, "disk_usage", "main.sh", "100"); exit != 0 {
		t.Errorf("exit %d: %s", exit, errs)
	}
	for _, bad := range []string{"full", "-1", "1000", "5 6", "90%"} {
		if _, errs, exit = execute(t, "disk_usage", "main.sh", bad); exit != 2 || !strings.Contains(errs, "percentage") {
			t.Errorf("%s: exit %d: %s", bad, exit, errs)
		}
	}
}

// The alarm is tried with a df of the test's own, so that no real disk matters.
func TestDiskUsageAlarm(t *testing.T) {
	bin := t.TempDir()
	const df = "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho '/dev/a 100 95 5 95% /data'\necho '/dev/b 100 5 95 5% /'\n"
	if err := os.WriteFile(filepath.Join(bin, "df"), []byte(df), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if _, errs, exit := execute(t, "disk_usage", "main.sh", "90"); exit != 1 || errs != "/data is 95% full\n" {
		t.Errorf("exit %d: %s", exit, errs)
	}
	if _, errs, exit := execute(t, "disk_usage", "main.sh", "95"); exit != 0 {
		t.Errorf("exit %d: %s", exit, errs)
	}
}

func TestAlwaysFails(t *testing.T) {
	_, errs, exit := execute(t, "always_fails", "main.sh")
	if exit != 3 || errs != "the moon did not answer\n" {
		t.Errorf("exit %d: %s", exit, errs)
	}
}

func TestPythonReport(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Fatalf("the sample python_report needs python3 to be tried: %v", err)
	}
	dir := t.TempDir()
	for name, size := range map[string]int{"a.txt": 3, "b.txt": 4, "sub/c.log": 5, "plain": 1} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, exit := execute(t, "python_report", "main.py", dir)
	if exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs)
	}
	for _, line := range []string{`for job python_report`, `\.txt +2 +7\n`, `\.log +1 +5\n`, `\(none\) +1 +1\n`, `total +4 +13\n`} {
		if !regexp.MustCompile(line).MatchString(out) {
			t.Errorf("%s is missing in\n%s", line, out)
		}
	}
	if _, errs, exit = execute(t, "python_report", "main.py", filepath.Join(dir, "plain")); exit != 1 || !strings.Contains(errs, "is not a folder") {
		t.Errorf("exit %d: %s", exit, errs)
	}
}

// A sample that is told to stop does so, and says why it did.
func TestPythonReportStops(t *testing.T) {
	dir, err := filepath.Abs("python_report")
	if err != nil {
		t.Fatal(err)
	}
	// The whole machine is more than can be read before the signal comes.
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "main.py"), "/")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 6)); err != nil { // "Report": it is at work
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(errs.String(), "stopped by SIGTERM") {
		t.Errorf("%v: %s", err, errs.String())
	}
}
