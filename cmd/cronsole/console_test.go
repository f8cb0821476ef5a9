package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a real console: this test binary as a child process.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	URL  string
	done chan error
}

var servesAt = regexp.MustCompile(`serves (http://\S+)`)

// startConsole starts a console on data and jobs and returns when it serves.
// The caller ends it with stop or kill; what is left is killed with the test.
func startConsole(t testing.TB, data, jobs string, flags ...string) *process {
	t.Helper()
	p, err := launch(t, nil, data, jobs, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// launch is startConsole with additions to the environment, for a console that may
// end before it serves: then there is an error, and the process all the same.
func launch(t testing.TB, env []string, data, jobs string, flags ...string) (*process, error) {
	t.Helper()
	return launchUnder(t, nil, env, data, jobs, flags...)
}

// launchUnder is launch by another program, which becomes the console.
func launchUnder(t testing.TB, program, env []string, data, jobs string, flags ...string) (*process, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := slices.Concat(program, []string{self, "serve", "--addr", "127.0.0.1:0", "--data", data, "--jobs", jobs}, flags)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = slices.Concat(os.Environ(), []string{asProgram + "=1"}, env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, done: make(chan error, 1)}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	found := servesAt.FindStringSubmatch(line)
	if err != nil || found == nil {
		_ = cmd.Process.Kill()
		p.done <- cmd.Wait()
		return p, fmt.Errorf("the console did not start: %q %w\n%s", line, err, stderr.String())
	}
	p.URL = found[1]
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		p.done <- cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of the console:\n%s", stderr.String())
		}
	})
	return p, nil
}

// kill ends the console as a power cut would: nothing of it runs any more.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.wait() // it says "killed"
}

// stop asks the console to end, as systemd would.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		p.t.Errorf("the console ended with %v", err)
	}
}

func (p *process) wait() error {
	err := <-p.done
	p.done <- err // whoever asks again gets the same answer
	return err
}

// call sends a JSON request and reads the JSON answer into out, unless out is nil.
func (p *process) call(method, path string, body, out any) int {
	p.t.Helper()
	status, err := p.try(method, path, body, out)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status
}

func (p *process) try(method, path string, body, out any) (int, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		payload = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, payload)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, err
	}
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			return res.StatusCode, fmt.Errorf("%s: %w", b, err)
		}
	}
	return res.StatusCode, nil
}

// text reads a resource as text.
func (p *process) text(path string) string {
	p.t.Helper()
	_, body := p.get(path, "text/plain")
	return body
}

// page reads a resource as a browser does.
func (p *process) page(path string) (status int, body string) {
	p.t.Helper()
	return p.get(path, "text/html")
}

func (p *process) get(path, accept string) (status int, body string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end here
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

type runJSON struct {
	ID         int64      `json:"id"`
	JobID      string     `json:"job_id"`
	Due        *time.Time `json:"due"`
	State      string     `json:"state"`
	Reason     *string    `json:"reason"`
	Cause      string     `json:"cause"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	ExitCode   *int       `json:"exit_code"`
}

// runs reads all runs of a job, newest first.
func (p *process) runs(jobID string) []runJSON {
	p.t.Helper()
	var all []runJSON
	after := ""
	for {
		var page struct {
			Runs []runJSON       `json:"runs"`
			Next json.RawMessage `json:"next"`
		}
		p.call("GET", "/api/v1/runs?limit=500&job_id="+jobID+after, nil, &page)
		all = append(all, page.Runs...)
		next := strings.Trim(string(page.Next), `"`)
		if next == "null" || next == "" {
			return all
		}
		after = "&after=" + next
	}
}

// eventually polls until ok holds, for what another process does in its own time.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// deploy writes a job folder with a shell script.
func deploy(t testing.TB, jobs, code, script, schedule string) {
	t.Helper()
	dir := filepath.Join(jobs, code)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.sh"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	if schedule != "" {
		if err := os.WriteFile(filepath.Join(dir, ".schedule"), []byte(schedule), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sampleJobs is the repository's jobs folder.
func sampleJobs(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../jobs")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
