package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"cronsole/internal/cronsole"
)

// tree is a script of three levels and a grandchild in a session of its own,
// all of which ignore TERM. It prints the pid of each.
const tree = `trap '' TERM
echo pid $$
sh -c 'trap "" TERM
	echo pid $$
	sh -c "trap \"\" TERM; echo pid \$\$; while :; do sleep 1; done" &
	wait' &
setsid sh -c 'trap "" TERM; echo pid $$; while :; do sleep 1; done' &
wait
`

// pids reads the numbers that a script printed as "pid N".
func pids(tb testing.TB, text string) []int {
	tb.Helper()
	var out []int
	for line := range strings.Lines(text) {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "pid "); ok {
			n, err := strconv.Atoi(s)
			if err != nil {
				tb.Fatal(err)
			}
			out = append(out, n)
		}
	}
	return out
}

// awaitPIDs waits until n numbers were printed.
func awaitPIDs(tb testing.TB, s *memorySink, n int) []int {
	tb.Helper()
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if got := pids(tb, s.text()); len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-timeout:
			tb.Fatalf("%d pids never came: %q", n, s.text())
		}
	}
}

// begin starts a run and returns how to end its context and get its outcome.
func (b *bench) begin(x cronsole.Execution) (cancel context.CancelCauseFunc, outcome <-chan cronsole.Outcome) {
	ctx, cancel := context.WithCancelCause(b.tb.Context())
	done := make(chan cronsole.Outcome, 1)
	go func() { done <- b.Execute(ctx, x) }()
	return cancel, done
}

func TestTreeThatIgnoresTermIsKilled(t *testing.T) {
	tests := map[string]struct {
		timeout time.Duration
		cause   error
		want    cronsole.Outcome
	}{
		"time limit": {timeout: 700 * time.Millisecond, want: cronsole.Outcome{State: cronsole.TimedOut, Signal: "SIGKILL", Error: "ran longer than its time limit of " + cronsole.Duration(700*time.Millisecond).String()}},
		"cancel":     {cause: cronsole.ErrCancelled, want: cronsole.Outcome{State: cronsole.Cancelled, Signal: "SIGKILL", Error: "cancelled"}},
		"shutdown":   {cause: cronsole.ErrShutdown, want: cronsole.Outcome{State: cronsole.Interrupted, Signal: "SIGKILL", Error: "the console was shut down"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.script("tree", tree)
			cancel, outcome := b.begin(cronsole.Execution{RunID: 9, JobID: "j", Code: "tree", Timeout: tt.timeout})
			all := awaitPIDs(t, b.sink, 4)
			if tt.cause != nil {
				cancel(tt.cause)
			}
			out := <-outcome
			cancel(nil)
			if diff := cmp.Diff(tt.want, verdict(out)); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			for _, pid := range all {
				if alive(pid) {
					t.Errorf("process %d of the tree is alive", pid)
				}
			}
		})
	}
}

func TestObedientScriptEndsWithinTheGrace(t *testing.T) {
	b := newBench(t, func(c *Config) { c.KillGrace = time.Minute })
	b.script("polite", "trap 'echo bye; exit 4' TERM\necho ready\nwhile :; do sleep 0.05; done")
	cancel, outcome := b.begin(cronsole.Execution{RunID: 1, Code: "polite"})
	b.sink.await(t, "ready")
	cancel(cronsole.ErrCancelled)
	want := cronsole.Outcome{State: cronsole.Cancelled, ExitCode: ptr(4), Error: "cancelled"}
	if diff := cmp.Diff(want, verdict(<-outcome)); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	if got := b.sink.text(cronsole.Stdout); got != "ready\nbye\n" {
		t.Errorf("output %q", got)
	}
}

func TestChildOfDeadLeaderGetsTheWholeGrace(t *testing.T) {
	b := newBench(t, func(c *Config) { c.KillGrace = time.Minute })
	b.script("script", `sh -c 'trap "sleep 0.3; echo child tidied; exit 0" TERM; echo ready; while :; do sleep 0.05; done' &
wait`)
	cancel, outcome := b.begin(cronsole.Execution{RunID: 1, Code: "script"})
	b.sink.await(t, "ready")
	cancel(cronsole.ErrCancelled)
	if out := <-outcome; out.Signal != "SIGTERM" {
		t.Errorf("the leader should have died of TERM: %+v", out)
	}
	if got := b.sink.text(cronsole.Stdout); got != "ready\nchild tidied\n" {
		t.Errorf("output %q", got)
	}
}

func TestStoppedProcessCanBeCancelled(t *testing.T) {
	b := newBench(t, func(c *Config) { c.KillGrace = time.Minute })
	b.script("script", "echo pid $$; kill -STOP $$")
	cancel, outcome := b.begin(cronsole.Execution{RunID: 1, Code: "script"})
	b.sink.await(t, "pid")
	cancel(cronsole.ErrCancelled)
	if out := <-outcome; out.State != cronsole.Cancelled || out.Signal != "SIGTERM" {
		t.Errorf("outcome %+v", out)
	}
}

func TestLeftoversDoNotBlockTheRun(t *testing.T) {
	tests := map[string]struct {
		script string
		killed bool
		most   time.Duration
	}{
		"background child holding the output": {"sh -c 'echo pid $$; while :; do sleep 1; done' &\nsleep 0.2", true, 5 * time.Second},
		"background child without output":     {"sleep 60 >/dev/null 2>&1 &\necho pid $!", true, time.Second},
		"daemon in a session of its own":      {"setsid sh -c 'echo pid $$; exec sleep 60' &\nsleep 0.2", false, 5 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			began := time.Now()
			out := b.runScript(tt.script)
			if took := time.Since(began); took > tt.most {
				t.Errorf("took %v", took)
			}
			if out.State != cronsole.Succeeded {
				t.Errorf("outcome %+v", out)
			}
			all := pids(t, b.sink.text())
			if len(all) != 1 {
				t.Fatalf("pids: %q", b.sink.text())
			}
			if tt.killed {
				awaitDead(t, all[0])
				return
			}
			if !alive(all[0]) {
				t.Error("who left the group on purpose was not left alone")
			}
			if err := unix.Kill(all[0], unix.SIGKILL); err != nil {
				t.Error(err)
			}
			awaitDead(t, all[0])
		})
	}
}

func TestOutputOfAProcessSubstitutionIsNotLost(t *testing.T) {
	b := newBench(t)
	b.runScript("(sleep 0.2; echo late) &\necho early")
	if got := b.sink.text(); got != "early\nlate\n" {
		t.Errorf("output %q", got)
	}
}

func TestNoOpenFileIsInherited(t *testing.T) {
	var leak [2]int
	if err := unix.Pipe2(leak[:], 0); err != nil { // as a careless parent would leave it
		t.Fatal(err)
	}
	defer func() {
		for _, fd := range leak {
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
		}
	}()
	b := newBench(t)
	// The shell holds its script open on a number of 10 or more, ls the folder.
	b.runScript("exec ls -l /proc/self/fd")
	for line := range strings.Lines(b.sink.text()) {
		if !strings.Contains(line, "->") {
			continue
		}
		link, file, _ := strings.Cut(strings.TrimSpace(line), " -> ")
		fd := link[strings.LastIndex(link, " ")+1:]
		if n, err := strconv.Atoi(fd); err != nil || n > 2 && !strings.HasPrefix(file, "/proc/") {
			t.Errorf("inherited: %s", line)
		}
	}
	if !strings.Contains(b.sink.text(), "0 -> /dev/null") {
		t.Errorf("standard input: %s", b.sink.text())
	}
}

func TestNoZombies(t *testing.T) {
	b := newBench(t)
	b.script("script", "sleep 0.01 & exit 1")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				b.run("script")
			}
		})
	}
	wg.Wait()
	children, err := processes(func(s procStat) bool { return s.ppid == os.Getpid() })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range children {
		t.Errorf("child %d is left in state %c", s.pid, s.state)
	}
}

func TestProcessIsRecorded(t *testing.T) {
	b := newBench(t)
	b.runScript("echo pid $$; cut -d' ' -f22 /proc/$$/stat; cat /proc/sys/kernel/random/boot_id")
	b.sink.mu.Lock()
	saved := b.sink.processes
	b.sink.mu.Unlock()
	if len(saved) != 1 {
		t.Fatalf("saved %+v", saved)
	}
	p := saved[0]
	want := fmt.Sprintf("pid %d\n%d\n%s\n", p.PID, p.StartTime, p.BootID)
	if diff := cmp.Diff(want, b.sink.text()); diff != "" {
		t.Errorf("process (-saved +seen):\n%s", diff)
	}
	if p.RunID != 1 || p.Attempt != 1 {
		t.Errorf("saved for %+v", p)
	}
}

func TestParseStatSurvivesStrangeNames(t *testing.T) {
	tail := " S 10 20 30 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0\n"
	for _, name := range []string{"sh", "a) Z 1 2", "(x)", "new\nline"} {
		got, err := parseStat(5, []byte("5 ("+name+")"+tail))
		want := procStat{pid: 5, ppid: 10, pgrp: 20, state: 'S', start: 777}
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
	if _, err := parseStat(5, []byte("5 (sh) S 1")); err == nil {
		t.Error("a short line was read")
	}
}

// A script that is still open for writing when its run begins, as at the end of a
// deployment, is tried again.
func TestFileThatIsBeingWrittenIsTriedAgain(t *testing.T) {
	b := newBench(t)
	code := b.script("script", "echo ready")
	f, err := os.OpenFile(filepath.Join(code.Dir, code.Entry), os.O_WRONLY, 0)
	must(b, err)
	time.AfterFunc(150*time.Millisecond, func() { must(b, f.Close()) })
	if out := b.run("script"); out.State != cronsole.Succeeded || b.sink.text() != "ready\n" {
		t.Errorf("outcome %+v, output %q", out, b.sink.text())
	}
}
