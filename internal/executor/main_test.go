package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cronsole/internal/cronsole"
)

// TestMain is also the child of isolation=process: the test binary starts
// itself again, as the console does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "exec-job" {
		os.Exit(RunChild(context.Background(), functions, os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

// functions are the Go jobs of the tests.
var functions = map[string]cronsole.Func{
	"hello": func(_ context.Context, call cronsole.Call) error {
		fmt.Fprintf(call.Output, "%s %d %s %d %v\n", call.JobID, call.RunID, call.Due.Format(time.RFC3339), call.Attempt, call.Args)
		call.Log.Info("hello", "state", call.StateDir != "")
		return nil
	},
	"fails":  func(context.Context, cronsole.Call) error { return errors.New("first line\nthe disk is full") },
	"panics": func(context.Context, cronsole.Call) error { panic("boom") },
	"goexit": func(context.Context, cronsole.Call) error { goexit(); return nil },
	"panics_elsewhere": func(context.Context, cronsole.Call) error {
		go func() { panic("boom in a goroutine") }()
		select {}
	},
	"exits": func(context.Context, cronsole.Call) error { os.Exit(7); return nil },
	"leaks": func(context.Context, cronsole.Call) error {
		go func() { select {} }()
		return nil
	},
	"obeys": func(ctx context.Context, call cronsole.Call) error {
		fmt.Fprintln(call.Output, "ready")
		<-ctx.Done()
		fmt.Fprintln(call.Output, "tidied up")
		return ctx.Err()
	},
	"ignores": func(_ context.Context, call cronsole.Call) error {
		fmt.Fprintln(call.Output, "ready")
		select {}
	},
}

// bench is an executor with a catalog and a sink in memory.
type bench struct {
	*Executor
	tb   testing.TB
	jobs string
	sink *memorySink

	mu    sync.Mutex
	codes map[string]*cronsole.Code
}

func newBench(tb testing.TB, change ...func(*Config)) *bench {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{tb: tb, jobs: tb.TempDir(), sink: newMemorySink(), codes: map[string]*cronsole.Code{}}
	cfg := Config{Codes: b, Sink: b.sink, DataDir: tb.TempDir(), Self: self, KillGrace: 300 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	b.Executor = New(cfg)
	return b
}

// Code implements Codes.
func (b *bench) Code(name string) (*cronsole.Code, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.codes[name]
	return c, ok
}

// script deploys an executable and returns its code.
func (b *bench) script(name, text string) *cronsole.Code {
	b.tb.Helper()
	dir := filepath.Join(b.jobs, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.sh"), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		b.tb.Fatal(err)
	}
	return b.deploy(&cronsole.Code{Name: name, Kind: cronsole.CodeExecutable, Dir: dir, Entry: "main.sh"})
}

// function deploys one of the functions.
func (b *bench) function(name string, how cronsole.Isolation) {
	b.tb.Helper()
	b.deploy(&cronsole.Code{Name: name, Kind: cronsole.CodeGo, Dir: b.jobs, Func: functions[name], Isolation: how})
}

func (b *bench) deploy(c *cronsole.Code) *cronsole.Code {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.codes[c.Name] = c
	return c
}

// run carries out run 1 of a code.
func (b *bench) run(code string, args ...any) cronsole.Outcome {
	b.tb.Helper()
	return b.Execute(b.tb.Context(), cronsole.Execution{RunID: 1, JobID: "job", Code: code, Attempt: 1, Args: args})
}

// runScript deploys and runs a script.
func (b *bench) runScript(text string, args ...any) cronsole.Outcome {
	b.tb.Helper()
	b.script("script", text)
	return b.run("script", args...)
}

// memorySink keeps output as a store would.
type memorySink struct {
	mu        sync.Mutex
	chunks    []cronsole.Chunk
	calls     int
	bytes     int64 // handed over in all
	keepFrom  int64
	processes []cronsole.Process
	refuse    error
	changed   chan struct{}
}

func newMemorySink() *memorySink { return &memorySink{changed: make(chan struct{})} }

func (s *memorySink) AppendOutput(_ context.Context, _ int64, chunks []cronsole.Chunk, keepFrom int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.refuse != nil {
		return s.refuse
	}
	for _, c := range chunks {
		s.bytes += int64(len(c.Data))
	}
	s.chunks = append(s.chunks, chunks...)
	for len(s.chunks) > 0 && s.chunks[0].Offset+int64(len(s.chunks[0].Data)) <= keepFrom {
		s.chunks = s.chunks[1:]
	}
	s.keepFrom = keepFrom
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *memorySink) SaveProcess(_ context.Context, p cronsole.Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes = append(s.processes, p)
	return nil
}

func (s *memorySink) setRefuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

// text is the kept output of the given streams, both when none is given.
func (s *memorySink) text(streams ...cronsole.Stream) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out strings.Builder
	for _, c := range s.chunks {
		if len(streams) == 0 || c.Stream == streams[0] {
			out.Write(c.Data)
		}
	}
	return out.String()
}

// await returns once the output contains want.
func (s *memorySink) await(tb testing.TB, want string) {
	tb.Helper()
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if strings.Contains(s.text(), want) {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			tb.Fatalf("output %q never came; have %q", want, s.text())
		}
	}
}

// alive reports whether a process still runs.
func alive(pid int) bool {
	s, err := readStat(pid)
	return err == nil && s.alive()
}

// awaitDead returns once a process that is no child of ours is gone.
func awaitDead(tb testing.TB, pid int) {
	tb.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("process %d is still alive", pid)
		}
	}
}
