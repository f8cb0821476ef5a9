package executor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"cronsole/internal/cronsole"
)

// result is what became of the call of a Go function.
type result struct {
	err   error
	crash string // "panic: …" when it did not return; the stack is in the output
}

// goexitCrash says that a function neither returned nor panicked.
const goexitCrash = "the function ended its goroutine with runtime.Goexit"

// runInline calls a Go function in our own process, which is for trusted hot
// code: a panic of the function itself fails the run, but a panic in a
// goroutine it started, os.Exit, or memory without end hurt the console.
//
// A function that does not return when its context has ended cannot be
// stopped. After the grace its run is closed and says so; until the function
// returns, further runs of the job fail, so that no two ever work side by side.
func (e *Executor) runInline(ctx context.Context, x cronsole.Execution, code *cronsole.Code, stateDir string, rec *recorder) ending {
	if code.Func == nil {
		return failed("code %s has no function in this binary; build it again", code.Name)
	}
	if n := e.stuckCalls(x.JobID, 0); n > 0 {
		return failed("an earlier run of this job was told to stop, but its function has not returned yet")
	}
	stdout, stderr := rec.stream(cronsole.Stdout), rec.stream(cronsole.Stderr)
	call := cronsole.Call{
		JobID: x.JobID, RunID: x.RunID, Due: x.Due, Attempt: x.Attempt, Args: x.Args,
		Log: callLogger(stdout), Output: stdout, StateDir: stateDir,
	}
	if call.Args == nil {
		call.Args = []any{}
	}
	r, returned := begin(ctx, code.Func, call, stderr)
	select {
	case <-returned:
		if r.err != nil && ctx.Err() != nil {
			return stopped(ctx) // it gave up because it was told to
		}
		return r.ending()
	case <-ctx.Done():
	}
	end := stopped(ctx)
	if within(e.cfg.KillGrace, returned) {
		return end
	}
	e.cfg.Log.ErrorContext(ctx, "an inline function does not return", "job", x.JobID, "run", x.RunID)
	e.stuckCalls(x.JobID, 1)
	go func() {
		<-returned
		e.stuckCalls(x.JobID, -1)
	}()
	end.err += "; its function did not return and may still be working (isolation=process would have ended it)"
	return end
}

// stuckCalls changes and returns how many functions of a job do not return.
func (e *Executor) stuckCalls(jobID string, change int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.stuck[jobID] + change
	if n == 0 {
		delete(e.stuck, jobID)
	} else {
		e.stuck[jobID] = n
	}
	return n
}

// begin calls fn in a goroutine of its own and survives its panic, and even
// runtime.Goexit. The result may be read once returned is closed. What went
// wrong is written to stderr.
func begin(ctx context.Context, fn cronsole.Func, call cronsole.Call, stderr io.Writer) (r *result, returned <-chan struct{}) {
	r = &result{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		came := false
		defer func() {
			v := recover()
			switch {
			case came && r.err == nil:
				return
			case came:
				fmt.Fprintf(stderr, "%v\n", r.err)
				return
			case v == nil:
				r.crash = goexitCrash
			default:
				r.crash = fmt.Sprintf("panic: %v", v)
			}
			fmt.Fprintf(stderr, "%s\n\n%s", r.crash, debug.Stack())
		}()
		r.err = fn(ctx, call)
		came = true
	}()
	return r, done
}

// ending says how a call of a function counts.
func (r result) ending() ending {
	switch {
	case r.crash != "":
		return failed("%s", oneLine(r.crash))
	case r.err != nil:
		return failed("%s", lastLine(r.err.Error()))
	default:
		return ending{state: cronsole.Succeeded}
	}
}

// callLogger is the logger of a function. Its records carry no time: every
// piece of output has its own.
func callLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}
