package executor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"cronsole/internal/cronsole"
)

func mkfifo(path string) error { return unix.Mkfifo(path, 0o600) }

func TestGoFunctionOutcome(t *testing.T) {
	const process, inline = cronsole.IsolationProcess, cronsole.IsolationInline
	tests := map[string]struct {
		fn     string
		how    cronsole.Isolation
		want   cronsole.Outcome
		output string // contained in what was written
	}{
		"process returns":              {"hello", process, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "job 5 2026-03-01T02:30:00Z 2 [a 1]\nlevel=INFO msg=hello state=true\n"},
		"process fails":                {"fails", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(1), Error: "the disk is full"}, "first line\nthe disk is full\n"},
		"process panics":               {"panics", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(2), Error: "panic: boom"}, "main_test.go"},
		"process panics in goroutine":  {"panics_elsewhere", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(2), Error: "panic: boom in a goroutine"}, "main_test.go"},
		"process exits":                {"exits", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(7), Error: "exit status 7"}, ""},
		"process leaks a goroutine":    {"leaks", process, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, ""},
		"process calls Goexit":         {"goexit", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(2), Error: "the function ended its goroutine with runtime.Goexit"}, "goexit"},
		"process without its function": {"unknown", process, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(1), Error: `no Go function of the name "unknown" is in this binary`}, ""},
		"inline returns":               {"hello", inline, cronsole.Outcome{State: cronsole.Succeeded}, "job 5 2026-03-01T02:30:00Z 2 [a 1]\nlevel=INFO msg=hello state=true\n"},
		"inline fails":                 {"fails", inline, cronsole.Outcome{State: cronsole.Failed, Error: "the disk is full"}, "first line\nthe disk is full\n"},
		"inline panics":                {"panics", inline, cronsole.Outcome{State: cronsole.Failed, Error: "panic: boom"}, "main_test.go"},
		"inline calls Goexit":          {"goexit", inline, cronsole.Outcome{State: cronsole.Failed, Error: "the function ended its goroutine with runtime.Goexit"}, "goexit"},
		"inline without its function":  {"unknown", inline, cronsole.Outcome{State: cronsole.Failed, Error: "code unknown has no function in this binary; build it again"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.function(tt.fn, tt.how)
			out := b.Execute(t.Context(), cronsole.Execution{
				RunID: 5, JobID: "job", Code: tt.fn, Attempt: 2, Args: []any{"a", 1.0},
				Due: time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC),
			})
			if diff := cmp.Diff(tt.want, verdict(out)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s\n%s", diff, b.sink.text())
			}
			if !strings.Contains(b.sink.text(), tt.output) {
				t.Errorf("output %q lacks %q", b.sink.text(), tt.output)
			}
		})
	}
}

func TestGoFunctionIsToldToStop(t *testing.T) {
	tests := map[string]struct {
		fn     string
		how    cronsole.Isolation
		want   cronsole.Outcome
		output string
	}{
		"process that obeys": {
			"obeys", cronsole.IsolationProcess,
			cronsole.Outcome{State: cronsole.Cancelled, ExitCode: ptr(1), Error: "cancelled"},
			"ready\ntidied up\ncontext canceled\n",
		},
		"process that ignores it": {
			"ignores", cronsole.IsolationProcess,
			cronsole.Outcome{State: cronsole.Cancelled, Signal: "SIGKILL", Error: "cancelled"},
			"ready\n",
		},
		"inline that obeys": {
			"obeys", cronsole.IsolationInline,
			cronsole.Outcome{State: cronsole.Cancelled, Error: "cancelled"},
			"ready\ntidied up\ncontext canceled\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) {
				if tt.fn == "obeys" {
					c.KillGrace = time.Minute
				}
			})
			b.function(tt.fn, tt.how)
			cancel, outcome := b.begin(cronsole.Execution{RunID: 1, JobID: "j", Code: tt.fn, Attempt: 1})
			b.sink.await(t, "ready")
			cancel(cronsole.ErrCancelled)
			if diff := cmp.Diff(tt.want, verdict(<-outcome)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if got := b.sink.text(); got != tt.output && tt.how == cronsole.IsolationInline || !strings.HasPrefix(got, "ready\n") {
				t.Errorf("output %q, want %q", got, tt.output)
			}
		})
	}
}

func TestInlineFunctionThatDoesNotReturn(t *testing.T) {
	b := newBench(t, func(c *Config) { c.KillGrace = 20 * time.Millisecond })
	release := make(chan struct{})
	wrote := make(chan error, 1)
	b.deploy(&cronsole.Code{
		Name: "stubborn", Kind: cronsole.CodeGo, Isolation: cronsole.IsolationInline,
		Func: func(_ context.Context, call cronsole.Call) error {
			<-release
			_, err := fmt.Fprintln(call.Output, "too late")
			wrote <- err
			return nil
		},
	})
	x := cronsole.Execution{RunID: 1, JobID: "j", Code: "stubborn", Timeout: 20 * time.Millisecond}
	out := b.Execute(t.Context(), x)
	if out.State != cronsole.TimedOut || !strings.Contains(out.Error, "did not return") {
		t.Errorf("outcome %+v", out)
	}
	if again := b.Execute(t.Context(), x); again.State != cronsole.Failed || !strings.Contains(again.Error, "has not returned yet") {
		t.Errorf("a second run beside it: %+v", again)
	}
	close(release)
	if err := <-wrote; err == nil {
		t.Error("output after the end of the run was taken")
	}
}

func TestCallFromEnvRefusesWhatTheConsoleDidNotWrite(t *testing.T) {
	good := map[string]string{envRunID: "1", envAttempt: "1", envDue: "", envArgs: "[]"}
	tests := map[string]struct{ key, value string }{
		"no run":        {envRunID, ""},
		"no attempt":    {envAttempt, "x"},
		"no due":        {envDue, "yesterday"},
		"no arguments":  {envArgs, ""},
		"other than []": {envArgs, "{}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for k, v := range good {
				t.Setenv(k, v)
			}
			if _, err := callFromEnv(); err != nil {
				t.Fatal(err)
			}
			t.Setenv(tt.key, tt.value)
			if _, err := callFromEnv(); err == nil || !strings.HasPrefix(err.Error(), tt.key) {
				t.Errorf("got %v", err)
			}
		})
	}
}
