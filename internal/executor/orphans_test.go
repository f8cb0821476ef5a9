package executor

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// stray starts a process that no Execute knows of, as an earlier console would
// have left it, and waits until it is ready.
func stray(t *testing.T, env []string, script string) procStat {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // most are dead by now
		_ = cmd.Wait()                                      // killed, as it should be
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("stray: %q, %v", line, err)
	}
	s, err := readStat(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// marks is the environment of a child of the given run.
func (b *bench) marks(run int64) []string {
	b.tb.Helper()
	instance, err := b.instance()
	must(b, err)
	return []string{fmt.Sprintf("%s=%d", envRunID, run), envInstance + "=" + instance}
}

const (
	idle     = "echo ready; while :; do sleep 1; done"
	stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done"
)

func TestOrphansAreEnded(t *testing.T) {
	b := newBench(t)
	other := newBench(t)
	boot, err := bootID()
	if err != nil {
		t.Fatal(err)
	}
	marked := stray(t, b.marks(11), idle)
	deaf := stray(t, b.marks(12), stubborn)
	known := stray(t, nil, idle)
	foreign := stray(t, other.marks(11), idle)
	reused := stray(t, nil, idle)
	rebooted := stray(t, nil, idle)
	foreignKnown := stray(t, other.marks(16), idle)

	got, err := b.EndOrphans(t.Context(), []cronsole.Process{
		{RunID: 13, PID: known.pid, StartTime: known.start, BootID: boot},
		{RunID: 14, PID: reused.pid, StartTime: reused.start - 1, BootID: boot},
		{RunID: 15, PID: rebooted.pid, StartTime: rebooted.start, BootID: "another boot"},
		{RunID: 16, PID: foreignKnown.pid, StartTime: foreignKnown.start, BootID: boot},
		{RunID: 17, PID: os.Getpid(), StartTime: 1, BootID: boot},
		{RunID: 18, PID: 1, StartTime: 1, BootID: boot},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]procStat{"marked": marked, "deaf": deaf, "known": known} {
		if alive(s.pid) {
			t.Errorf("%s is alive", name)
		}
	}
	for name, s := range map[string]procStat{"foreign": foreign, "reused": reused, "rebooted": rebooted, "foreign known": foreignKnown} {
		if !alive(s.pid) {
			t.Errorf("%s was innocent and is dead", name)
		}
	}
	// The loops of the shells have a sleep each, in the same state of life.
	for run, pid := range map[int64]int{11: marked.pid, 12: deaf.pid, 13: known.pid} {
		if !strings.Contains(got[run], fmt.Sprint(pid)) || !strings.HasSuffix(got[run], "still running and were ended") && !strings.HasSuffix(got[run], "still running and was ended") {
			t.Errorf("run %d: %q", run, got[run])
		}
		delete(got, run)
	}
	if len(got) > 0 {
		t.Errorf("sentences about others: %v", got)
	}
}

func TestNoOrphansNoSentences(t *testing.T) {
	b := newBench(t)
	got, err := b.EndOrphans(t.Context(), nil)
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestConsoleStartedByAJobSparesItself(t *testing.T) {
	b := newBench(t)
	h, err := b.newHunt(nil)
	if err != nil {
		t.Fatal(err)
	}
	self, err := readStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	h.runs[orphan{self.pid, self.start}] = 1
	for _, pid := range []int{os.Getpid(), os.Getppid()} {
		s, err := readStat(pid)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := h.run(s, map[int]int64{s.pgrp: 1}); is {
			t.Errorf("process %d would be ended", pid)
		}
	}
}

func TestGroupOfAKnownLeaderGoesWithIt(t *testing.T) {
	b := newBench(t)
	boot, err := bootID()
	if err != nil {
		t.Fatal(err)
	}
	leader := stray(t, nil, `env -i sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' & wait`)
	if _, err := b.EndOrphans(t.Context(), []cronsole.Process{{RunID: 3, PID: leader.pid, StartTime: leader.start, BootID: boot}}); err != nil {
		t.Fatal(err)
	}
	left, err := processes(func(s procStat) bool { return s.pgrp == leader.pid && s.alive() })
	if err != nil || len(left) > 0 {
		t.Errorf("left of the group: %v, %v", left, err)
	}
}

func TestDescribe(t *testing.T) {
	many := []procStat{{pid: 1}, {pid: 2}, {pid: 3}, {pid: 4}, {pid: 5}, {pid: 6}, {pid: 7}}
	want := []string{
		"Its process 1 was ended",
		"Its processes 1 and 2 was ended",
		"Its processes 1, 2, 3, 4, 5 and 2 more was ended",
	}
	got := []string{describe(many[:1], "was ended"), describe(many[:2], "was ended"), describe(many, "was ended")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMark(t *testing.T) {
	tests := map[string]struct {
		environ string
		want    mark
		ok      bool
	}{
		"a child":          {"A=1\x00CRONSOLE_RUN_ID=7\x00CRONSOLE_INSTANCE=abc\x00", mark{7, "abc"}, true},
		"no instance":      {"CRONSOLE_RUN_ID=7\x00", mark{7, ""}, false},
		"no run":           {"CRONSOLE_INSTANCE=abc\x00", mark{0, "abc"}, false},
		"a run of letters": {"CRONSOLE_RUN_ID=x\x00CRONSOLE_INSTANCE=abc\x00", mark{0, "abc"}, false},
		"another variable": {"XCRONSOLE_RUN_ID=7\x00CRONSOLE_INSTANCE=abc", mark{0, "abc"}, false},
	}
	for name, tt := range tests {
		got, ok := parseMark(tt.environ)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}
