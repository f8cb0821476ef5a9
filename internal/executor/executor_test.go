package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func goexit() { runtime.Goexit() }

func ptr[T any](v T) *T { return &v }

// verdict is an outcome without times and sizes.
func verdict(o cronsole.Outcome) cronsole.Outcome {
	return cronsole.Outcome{State: o.State, ExitCode: o.ExitCode, Signal: o.Signal, Error: o.Error}
}

func TestExecutableOutcome(t *testing.T) {
	tests := map[string]struct {
		script string
		args   []any
		want   cronsole.Outcome
		output string
	}{
		"success":                     {"echo hi", nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "hi\n"},
		"exit code":                   {"exit 3", nil, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(3), Error: "exit status 3"}, ""},
		"last line of stderr":         {"echo a >&2; printf 'no space\\n\\n' >&2; exit 3", nil, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(3), Error: "no space"}, "a\nno space\n\n"},
		"stdout is no error":          {"echo a; exit 1", nil, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(1), Error: "exit status 1"}, "a\n"},
		"signal":                      {"kill -9 $$", nil, cronsole.Outcome{State: cronsole.Failed, Signal: "SIGKILL", Error: "ended by SIGKILL"}, ""},
		"error is fit to be shown":    {`printf 'bad \033[31m\377\n' >&2; exit 1`, nil, cronsole.Outcome{State: cronsole.Failed, ExitCode: ptr(1), Error: "bad  [31m\uFFFD"}, "bad \x1b[31m\xff\n"},
		"raw bytes are kept":          {`printf '\377\000\033'`, nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "\xff\x00\x1b"},
		"standard input is empty":     {"cat", nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, ""},
		"arguments as they are":       {`for a; do echo "[$a]"; done`, []any{"a b", "-x", "$(id)", "", 1.5, true, []any{"q"}}, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "[a b]\n[-x]\n[$(id)]\n[]\n[1.5]\n[true]\n[[\"q\"]]\n"},
		"NUL in an argument":          {"echo no", []any{"ok", "a\x00b"}, cronsole.Outcome{State: cronsole.Failed, Error: "argument 2 holds a NUL byte"}, ""},
		"arguments too long":          {"echo no", []any{strings.Repeat("x", 65537)}, cronsole.Outcome{State: cronsole.Failed, Error: "the arguments have 65537 bytes, more than 65536"}, ""},
		"in its own folder":           {"test -x ./main.sh && echo here", nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "here\n"},
		"in its own process group":    {`test "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ && echo own`, nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "own\n"},
		"state folder can be written": {`echo x > "$CRONSOLE_STATE_DIR/f" && cat "$CRONSOLE_STATE_DIR/f"`, nil, cronsole.Outcome{State: cronsole.Succeeded, ExitCode: ptr(0)}, "x\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			out := b.runScript(tt.script, tt.args...)
			if diff := cmp.Diff(tt.want, verdict(out)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.output, b.sink.text()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if out.RunID != 1 || out.Attempt != 1 || out.FinishedAt.Before(out.StartedAt) || out.StartedAt.IsZero() {
				t.Errorf("ids or times: %+v", out)
			}
			if out.OutputBytes != int64(len(tt.output)) || out.OutputFrom != 0 {
				t.Errorf("extent %d from %d, want %d from 0", out.OutputBytes, out.OutputFrom, len(tt.output))
			}
		})
	}
}

func TestWhatCannotStart(t *testing.T) {
	tests := map[string]struct {
		deploy func(b *bench)
		want   string
	}{
		"not deployed": {func(*bench) {}, "code script is not deployed"},
		"broken code": {
			func(b *bench) { b.script("script", "").Problem = "two entry files" },
			"code script cannot run: two entry files",
		},
		"gone since it was found": {func(b *bench) { remove(b, b.script("script", "")) }, "main.sh is not there any more"},
		"not executable":          {func(b *bench) { chmod(b, b.script("script", ""), 0o644) }, "main.sh is not executable; run chmod +x on it"},
		"writable by everyone": {
			func(b *bench) { chmod(b, b.script("script", ""), 0o777) },
			"main.sh can be written by everyone; run chmod o-w on it",
		},
		"symlink": {func(b *bench) {
			c := b.script("script", "")
			remove(b, c)
			must(b, os.Symlink("/bin/true", filepath.Join(c.Dir, c.Entry)))
		}, "main.sh is a symbolic link; put the file itself into the folder"},
		"folder became a link out": {func(b *bench) {
			c := b.script("script", "")
			must(b, os.RemoveAll(c.Dir))
			must(b, os.Symlink("/bin", c.Dir))
			c.Entry = "true"
		}, "the folder of true cannot be opened: path escapes from parent"},
		"directory": {func(b *bench) {
			c := b.script("script", "")
			remove(b, c)
			must(b, os.Mkdir(filepath.Join(c.Dir, c.Entry), 0o755))
		}, "main.sh is not a regular file"},
		"entry outside": {
			func(b *bench) { b.script("script", "").Entry = "../x/main.sh" },
			`"../x/main.sh" is not the name of an entry file`,
		},
		"no interpreter": {
			func(b *bench) { content(b, b.script("script", ""), "#!/nowhere/python\n") },
			"main.sh could not be started: no such file or directory; is the interpreter that its first line names installed?",
		},
		"no first line": {
			func(b *bench) { content(b, b.script("script", ""), "echo hi\n") },
			"main.sh could not be started: exec format error; a script needs a first line such as #!/bin/sh",
		},
		"data folder is a file": {func(b *bench) {
			b.script("script", "")
			must(b, os.RemoveAll(b.cfg.DataDir))
			must(b, os.WriteFile(b.cfg.DataDir, nil, 0o600))
		}, "the state folder of code script cannot be made: not a directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			tt.deploy(b)
			want := cronsole.Outcome{State: cronsole.Failed, Error: tt.want}
			if diff := cmp.Diff(want, verdict(b.run("script"))); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func must(b *bench, err error) {
	b.tb.Helper()
	if err != nil {
		b.tb.Fatal(err)
	}
}

func remove(b *bench, c *cronsole.Code) { must(b, os.Remove(filepath.Join(c.Dir, c.Entry))) }

func chmod(b *bench, c *cronsole.Code, mode os.FileMode) {
	must(b, os.Chmod(filepath.Join(c.Dir, c.Entry), mode))
}

func content(b *bench, c *cronsole.Code, text string) {
	must(b, os.WriteFile(filepath.Join(c.Dir, c.Entry), []byte(text), 0o755))
}

func TestEnvironmentIsAnAllowList(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "hunter2")
	t.Setenv("LANG", "C.UTF-8")
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("HOME", "/home/us")
	t.Setenv("PATH", "/usr/bin:/bin")
	t.Setenv("WANTED", "yes")
	t.Setenv("CRONSOLE_JOB_ID", "ours")
	b := newBench(t)
	b.script("script", "exec /usr/bin/env").PassEnv = []string{"WANTED", "NOT_SET", "CRONSOLE_JOB_ID", "A=B"}
	due := time.Date(2026, 3, 1, 2, 30, 0, 5e6, time.FixedZone("", 3600))
	b.Execute(t.Context(), cronsole.Execution{RunID: 42, JobID: "nightly", Code: "script", Due: due, Attempt: 2, Args: []any{"<a>", 1.0, nil}})
	got := map[string]string{}
	for line := range strings.Lines(b.sink.text()) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		got[k] = v
	}
	instance, err := b.instance()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"PATH": "/usr/bin:/bin", "HOME": "/home/us", "LANG": "C.UTF-8", "TZ": "Asia/Tokyo", "WANTED": "yes",
		"PWD":             filepath.Join(b.jobs, "script"), // set by the shell
		"CRONSOLE_JOB_ID": "nightly", "CRONSOLE_RUN_ID": "42", "CRONSOLE_DUE": "2026-03-01T01:30:00.005Z",
		"CRONSOLE_ATTEMPT": "2", "CRONSOLE_ARGS": `["<a>",1,null]`,
		"CRONSOLE_STATE_DIR": filepath.Join(b.cfg.DataDir, "state", "script"), "CRONSOLE_INSTANCE": instance,
	}
	delete(got, "OLDPWD") // of some shells
	delete(got, "_")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestManualRunWithoutArgumentsHasEmptyDueAndList(t *testing.T) {
	b := newBench(t)
	b.runScript(`echo "[$CRONSOLE_DUE] $CRONSOLE_ARGS $#"`)
	if got, want := b.sink.text(), "[] [] 0\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSlots(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Slots = 2 })
	if !b.Acquire("a") || !b.Acquire("b") || b.Acquire("c") {
		t.Fatal("two slots must be given, and no third")
	}
	b.Release("a")
	if used, total := b.Slots(); used != 1 || total != 2 {
		t.Errorf("slots %d of %d, want 1 of 2", used, total)
	}
	b.Release("b")
	b.Release("b")
	if used, _ := b.Slots(); used != 0 {
		t.Errorf("a release too many made %d slots used", used)
	}
	if _, total := New(Config{}).Slots(); total != DefaultSlots {
		t.Errorf("default slots %d", total)
	}
}

func TestContextThatHasEndedStartsNothing(t *testing.T) {
	tests := map[string]struct {
		cause error
		state cronsole.State
		text  string
	}{
		"cancelled":    {fmt.Errorf("%w by ada", cronsole.ErrCancelled), cronsole.Cancelled, "cancelled by ada"},
		"shutdown":     {cronsole.ErrShutdown, cronsole.Interrupted, "the console was shut down"},
		"other causes": {errors.New("because"), cronsole.Interrupted, "because"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.script("script", "echo started")
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(tt.cause)
			out := b.Execute(ctx, cronsole.Execution{RunID: 1, Code: "script"})
			if diff := cmp.Diff(cronsole.Outcome{State: tt.state, Error: tt.text}, verdict(out)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if b.sink.text() != "" {
				t.Error("it was started")
			}
		})
	}
}

// brokenCodes panics, as nothing should.
type brokenCodes struct{}

func (brokenCodes) Code(string) (*cronsole.Code, bool) { panic("broken catalog") }

func TestPanicInsideIsAnOutcome(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Codes = brokenCodes{} })
	want := cronsole.Outcome{State: cronsole.Failed, Error: "the console made a mistake while it ran this: broken catalog"}
	if diff := cmp.Diff(want, verdict(b.run("x"))); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}

func TestClockSetBackGivesNoNegativeDuration(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	b := newBench(t, func(c *Config) {
		c.Now = func() time.Time { now = now.Add(-time.Hour); return now }
	})
	if out := b.run("not deployed"); out.FinishedAt.Before(out.StartedAt) {
		t.Errorf("finished %v before %v", out.FinishedAt, out.StartedAt)
	}
}
