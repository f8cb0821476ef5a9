package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"cronsole/internal/cronsole"
)

const (
	drainTime = time.Second            // how long others may hold the output after the leader ended
	lastWords = 100 * time.Millisecond // how long reading may take once all of them are dead
	killTime  = 10 * time.Second       // how long a killed process may take to go
	busyTries = 20                     // how often a file is tried that is being written
	busyPause = 50 * time.Millisecond  // and the time between
	pollMin   = 5 * time.Millisecond
	pollMax   = 250 * time.Millisecond
)

// process is a running child: the leader of a process group, its output and
// what is known about it.
type process struct {
	e      *Executor
	x      cronsole.Execution
	cmd    *exec.Cmd
	stat   procStat
	exited chan struct{}  // the leader has ended; it is not reaped yet
	output []*os.File     // our ends of the pipes
	copied chan struct{}  // all output was read
	others sync.WaitGroup // goroutines that end soon after the process
}

// runProcess starts the child and stays with it to its end.
func (e *Executor) runProcess(ctx context.Context, x cronsole.Execution, code *cronsole.Code, cmd *exec.Cmd, rec *recorder) ending {
	p, err := e.start(ctx, x, cmd, rec)
	if err != nil {
		return failed("%s", startError(code, err))
	}
	var end ending
	select {
	case <-p.exited:
		p.settle()
	case <-ctx.Done():
		end = stopped(ctx)
		if left := p.terminate(); left != "" {
			end.err += "; " + left
		}
	}
	return p.verdict(end, code, rec)
}

// start starts cmd with its output going to rec.
func (e *Executor) start(ctx context.Context, x cronsole.Execution, cmd *exec.Cmd, rec *recorder) (*process, error) {
	p := &process{e: e, x: x, cmd: cmd, exited: make(chan struct{}), copied: make(chan struct{})}
	pipes, ours, theirs, err := newPipes(rec)
	if err != nil {
		return nil, err
	}
	defer closeAll(theirs)
	p.output = ours
	cmd.Stdout, cmd.Stderr = theirs[0], theirs[1]
	if err = sealFiles(); err == nil {
		p.cmd, err = startChild(ctx, cmd)
	}
	if err != nil {
		closeAll(ours)
		return nil, err
	}
	cmd = p.cmd
	// An unreaped child keeps its entry, even when it has ended already.
	p.stat, err = readStat(cmd.Process.Pid)
	if err != nil {
		e.cfg.Log.ErrorContext(ctx, "a child cannot be read", "run", x.RunID, "pid", cmd.Process.Pid, "error", err)
		p.stat = procStat{pid: cmd.Process.Pid, pgrp: cmd.Process.Pid}
	}
	var copying sync.WaitGroup
	for _, pipe := range pipes {
		copying.Go(func() {
			if err := pipe.copy(); err != nil {
				e.cfg.Log.ErrorContext(ctx, "output cannot be read", "run", x.RunID, "error", err)
			}
		})
	}
	p.others.Go(func() { copying.Wait(); close(p.copied) })
	p.others.Go(func() { p.save(context.WithoutCancel(ctx)) })
	go p.watch()
	return p, nil
}

// startChild starts cmd, or a copy of it: a file that somebody still has open for
// writing, such as a deployment that is about to end, is tried again for a
// moment. A child that another run has forked and that has not begun its own
// program yet has it open as well.
func startChild(ctx context.Context, cmd *exec.Cmd) (*exec.Cmd, error) {
	for tries := 1; ; tries++ {
		next := &exec.Cmd{
			Path: cmd.Path, Args: cmd.Args, Dir: cmd.Dir, Env: cmd.Env,
			Stdout: cmd.Stdout, Stderr: cmd.Stderr, SysProcAttr: cmd.SysProcAttr,
		}
		err := next.Start()
		if !errors.Is(err, unix.ETXTBSY) || tries == busyTries {
			return next, err
		}
		select {
		case <-time.After(busyPause):
		case <-ctx.Done():
			return next, err
		}
	}
}

// watch waits for the end of the leader without reaping it: as long as it is a
// zombie, no other process can get its pid or become its group.
func (p *process) watch() {
	defer close(p.exited)
	if err := awaitExit(p.stat.pid); err != nil {
		p.e.cfg.Log.Error("a child cannot be waited for", "run", p.x.RunID, "pid", p.stat.pid, "error", err)
	}
}

// save tells the sink about the process. A run goes on without: its
// environment identifies it as well.
func (p *process) save(ctx context.Context) {
	err := func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("the sink panicked: %v", v)
			}
		}()
		boot, err := bootID()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, sinkTimeout)
		defer cancel()
		return p.e.cfg.Sink.SaveProcess(ctx, cronsole.Process{
			RunID: p.x.RunID, Attempt: p.x.Attempt,
			PID: p.stat.pid, StartTime: p.stat.start, BootID: boot,
		})
	}()
	if err != nil {
		p.e.cfg.Log.ErrorContext(ctx, "a process could not be recorded", "run", p.x.RunID, "pid", p.stat.pid, "error", err)
	}
}

// settle is called when the leader ended by itself. Others of the group may
// finish their output for a moment, then they are killed. Who left the group
// on purpose is left alone, but not listened to any longer.
func (p *process) settle() {
	within(drainTime, p.copied)
	p.signalGroup(unix.SIGKILL)
}

// signalGroup sends a signal to the group. It must not be called after the
// leader was reaped.
func (p *process) signalGroup(sig syscall.Signal) {
	err := unix.Kill(-p.stat.pid, sig)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		p.e.cfg.Log.Error("a process group cannot be signalled", "run", p.x.RunID, "pid", p.stat.pid, "signal", unix.SignalName(sig), "error", err)
	}
}

// terminate ends the group and every descendant that left it: TERM, the grace,
// KILL. It returns a remark about what could not be ended.
func (p *process) terminate() (left string) {
	p.signalAll(unix.SIGTERM)
	p.signalGroup(unix.SIGCONT) // a stopped process could not act on TERM
	if p.gone(p.e.cfg.KillGrace) {
		return ""
	}
	p.signalAll(unix.SIGKILL)
	if p.gone(killTime) {
		return ""
	}
	return describe(p.members(), "could not be ended")
}

// signalAll signals the group at once and then who is not in it.
func (p *process) signalAll(sig syscall.Signal) {
	p.signalGroup(sig)
	for _, m := range p.members() {
		if m.pgrp != p.stat.pid {
			if err := m.signal(sig); err != nil {
				p.e.cfg.Log.Error("a process cannot be signalled", "run", p.x.RunID, "pid", m.pid, "error", err)
			}
		}
	}
}

// gone waits until no process of the run is alive, at most d.
func (p *process) gone(d time.Duration) bool {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	select {
	case <-p.exited:
	case <-deadline.C:
		return false
	}
	for pause := pollMin; ; pause = min(2*pause, pollMax) {
		if len(p.members()) == 0 {
			return true
		}
		select {
		case <-time.After(pause): // the kernel tells us nothing about the ends of grandchildren
		case <-deadline.C:
			return false
		}
	}
}

// members lists the living processes of the run: the group, and who carries
// the run's number in its environment.
func (p *process) members() []procStat {
	instance, err := p.e.instance()
	if err != nil {
		p.e.cfg.Log.Error("the data folder cannot be read", "run", p.x.RunID, "error", err)
	}
	procs, err := processes(func(s procStat) bool {
		if s.start < p.stat.start || !s.alive() {
			return false
		}
		if s.pgrp == p.stat.pid {
			return true
		}
		m, ok := readMark(s.pid)
		return ok && m.run == p.x.RunID && m.instance == instance
	})
	if err != nil {
		p.e.cfg.Log.Error("processes cannot be listed", "run", p.x.RunID, "error", err)
	}
	return procs
}

// verdict reaps the leader and says how it ended. An ending that was decided
// before keeps its state and error.
func (p *process) verdict(end ending, code *cronsole.Code, rec *recorder) ending {
	defer p.others.Wait()
	defer closeAll(p.output) // who still holds the other ends blocks nobody
	if !within(drainTime, p.exited) {
		// It does not even die of KILL. It is reaped whenever it goes.
		go func() { <-p.exited; p.reap() }()
		return end
	}
	p.reap()
	within(lastWords, p.copied)
	if p.cmd.ProcessState == nil {
		end.state, end.err = cronsole.Failed, "nothing is known about how its process ended"
		return end
	}
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	var how string
	switch {
	case status.Signaled():
		end.signal = unix.SignalName(status.Signal())
		how = "ended by " + end.signal
	default:
		exit := status.ExitStatus()
		end.exitCode = &exit
		how = fmt.Sprintf("exit status %d", exit)
	}
	if end.state != "" {
		return end
	}
	if p.cmd.ProcessState.Success() {
		end.state = cronsole.Succeeded
		return end
	}
	end.state, end.err = cronsole.Failed, complaint(rec.errorTail(), code, how)
	return end
}

// reap takes the leader's exit status from the kernel.
func (p *process) reap() {
	err := p.cmd.Wait()
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		p.e.cfg.Log.Error("a child cannot be reaped", "run", p.x.RunID, "pid", p.stat.pid, "error", err)
	}
}

// goCrash finds what Go, or begin, prints above the stack of a crash.
var goCrash = regexp.MustCompile(`(?m)^((panic|fatal error): .*|` + regexp.QuoteMeta(goexitCrash) + `)$`)

// complaint is the one line that says why a child failed.
func complaint(stderr string, code *cronsole.Code, how string) string {
	if code.Kind == cronsole.CodeGo {
		if m := goCrash.FindString(stderr); m != "" {
			return oneLine(m)
		}
	}
	if line := lastLine(stderr); line != "" {
		return line
	}
	return how
}

// startError says why a child did not start, and what to do.
func startError(code *cronsole.Code, err error) string {
	what := code.Entry
	if code.Kind == cronsole.CodeGo {
		what = "the function of " + code.Name
	}
	advice := ""
	switch {
	case errors.Is(err, unix.ENOENT) && code.Kind != cronsole.CodeGo:
		advice = "; is the interpreter that its first line names installed?"
	case errors.Is(err, unix.ENOEXEC):
		advice = "; a script needs a first line such as #!/bin/sh"
	case errors.Is(err, unix.E2BIG):
		advice = "; pass less in arguments or pass_env"
	}
	return fmt.Sprintf("%s could not be started: %v%s", what, reason(err), advice)
}

// within waits for c, at most d, and reports whether it was closed.
func within(d time.Duration, c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return false
	}
}

// closeAll closes ends of pipes, more than once if need be.
func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // a pipe has nothing to flush
	}
}
