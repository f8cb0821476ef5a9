// Package executor carries out runs: it holds the bounded slots, calls Go
// functions, starts child processes without a shell and in their own process
// group, captures their output in bounded memory, and ends what must end.
package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cronsole/internal/cronsole"
)

// Codes finds deployed code by its name.
type Codes interface {
	Code(name string) (*cronsole.Code, bool)
}

// Sink keeps what a run leaves behind while it is going on.
type Sink interface {
	// AppendOutput stores chunks of a run's output, all or none. Bytes before
	// the offset keepFrom need not be kept any longer. The chunks belong to
	// the sink afterwards.
	AppendOutput(ctx context.Context, runID int64, chunks []cronsole.Chunk, keepFrom int64) error
	// SaveProcess stores which process carries out an attempt.
	SaveProcess(ctx context.Context, p cronsole.Process) error
}

// What holds when a Config leaves a field empty.
const (
	DefaultSlots       = 32
	DefaultOutputLimit = 1 << 20
	DefaultKillGrace   = 10 * time.Second
)

// Config says what an Executor works with. Codes, Sink and DataDir are needed;
// Self too, once a Go function runs as a process.
type Config struct {
	Codes Codes
	Sink  Sink

	Slots   int    // how many runs may go on at once; 0: DefaultSlots
	DataDir string // the state folder of a code is DataDir/state/<code>
	Self    string // our own binary; "Self exec-job CODE" must call RunChild

	OutputLimit int64         // bytes of output kept per run; 0: DefaultOutputLimit
	KillGrace   time.Duration // between TERM and KILL; 0: DefaultKillGrace

	Now func() time.Time // nil: the machine's clock
	Log *slog.Logger     // nil: nothing is logged
}

// Executor carries out runs. It is safe for concurrent use.
type Executor struct {
	cfg     Config
	pathErr error // DataDir or Self could not be made absolute

	mu    sync.Mutex
	used  int
	stuck map[string]int // job id → inline functions that did not return when told to
}

// New returns an executor with all its slots free. It starts nothing.
func New(cfg Config) *Executor {
	if cfg.Slots <= 0 {
		cfg.Slots = DefaultSlots
	}
	if cfg.OutputLimit <= 0 {
		cfg.OutputLimit = DefaultOutputLimit
	}
	if cfg.KillGrace <= 0 {
		cfg.KillGrace = DefaultKillGrace
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Executor{stuck: map[string]int{}}
	// Children start in another folder than ours.
	for _, path := range []*string{&cfg.DataDir, &cfg.Self} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			e.pathErr = errors.Join(e.pathErr, err)
			continue
		}
		*path = abs
	}
	e.cfg = cfg
	return e
}

// Acquire takes a slot for a run of the given code and reports whether one was
// free. It never waits.
func (e *Executor) Acquire(code string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.used >= e.cfg.Slots {
		return false
	}
	e.used++
	return true
}

// Release gives back a slot taken by Acquire.
func (e *Executor) Release(code string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.used == 0 {
		e.cfg.Log.Error("a slot was released that nobody holds", "code", code)
		return
	}
	e.used--
}

// Slots returns how many slots are taken, and how many there are.
func (e *Executor) Slots() (used, total int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.used, e.cfg.Slots
}

// Execute carries out one attempt, to its end, in the caller's goroutine. It
// does not touch slots, does not panic, and always gives an outcome.
//
// When ctx ends first, everything that the attempt started is ended too, and
// the cause decides the state: cronsole.ErrCancelled gives cancelled, any
// other cause interrupted. The attempt's own time limit gives timed_out.
func (e *Executor) Execute(ctx context.Context, x cronsole.Execution) (out cronsole.Outcome) {
	out = cronsole.Outcome{
		RunID:     x.RunID,
		Attempt:   x.Attempt,
		StartedAt: e.cfg.Now().UTC(),
	}
	rec := e.newRecorder(ctx, x.RunID, x.Offset)
	end := e.attempt(ctx, x, rec)
	out.State, out.ExitCode, out.Signal, out.Error = end.state, end.exitCode, end.signal, end.err

	// The wall clock may have been set back meanwhile.
	if out.FinishedAt = e.cfg.Now().UTC(); out.FinishedAt.Before(out.StartedAt) {
		out.FinishedAt = out.StartedAt
	}
	lost := rec.close()
	out.OutputBytes, out.OutputFrom = rec.extent()
	if lost > 0 {
		note := fmt.Sprintf("the last %d bytes of its output could not be stored", lost)
		if out.Error != "" {
			note = out.Error + "; " + note
		}
		out.Error = note
		out.OutputFrom = max(out.OutputFrom, out.OutputBytes-lost)
	}
	return out
}

// ending is how an attempt ended, without times and output.
type ending struct {
	state    cronsole.State
	exitCode *int
	signal   string
	err      string
}

// failed is the ending of an attempt that never got going.
func failed(format string, args ...any) ending {
	return ending{state: cronsole.Failed, err: fmt.Sprintf(format, args...)}
}

// attempt finds the code and runs it the way it wants to be run.
func (e *Executor) attempt(ctx context.Context, x cronsole.Execution, rec *recorder) (end ending) {
	defer func() {
		if v := recover(); v != nil {
			e.cfg.Log.ErrorContext(ctx, "the executor panicked", "job", x.JobID, "run", x.RunID, "panic", v)
			end = failed("the console made a mistake while it ran this: %v", v)
		}
	}()
	if x.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, x.Timeout, timeLimit(x.Timeout))
		defer cancel()
	}
	code, ok := e.cfg.Codes.Code(x.Code)
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case !ok:
		return failed("code %s is not deployed", x.Code)
	case code.Problem != "":
		return failed("code %s cannot run: %s", x.Code, code.Problem)
	}
	if err := checkArgs(x.Args); err != nil {
		return failed("%v", err)
	}
	state, err := e.stateDir(x.Code)
	if err != nil {
		e.cfg.Log.ErrorContext(ctx, "no state folder for a run", "code", x.Code, "run", x.RunID, "error", err)
		return failed("the state folder of code %s cannot be made: %v", x.Code, reason(err))
	}
	if code.Kind == cronsole.CodeGo && code.Isolation == cronsole.IsolationInline {
		return e.runInline(ctx, x, code, state, rec)
	}
	cmd, err := e.command(x, code, state)
	if err != nil {
		return failed("%v", err)
	}
	return e.runProcess(ctx, x, code, cmd, rec)
}

// timeLimit is the cause of a run that took too long.
type timeLimit time.Duration

// Error implements error.
func (t timeLimit) Error() string {
	return "ran longer than its time limit of " + cronsole.Duration(t).String()
}

// stopped is the ending of an attempt whose context ended.
func stopped(ctx context.Context) ending {
	cause := context.Cause(ctx)
	end := ending{state: cronsole.Interrupted, err: cause.Error()}
	var limit timeLimit
	switch {
	case errors.As(cause, &limit):
		end.state = cronsole.TimedOut
	case errors.Is(cause, cronsole.ErrCancelled):
		end.state = cronsole.Cancelled
	}
	return end
}

// stateDir makes the folder that a code keeps between its runs.
func (e *Executor) stateDir(code string) (string, error) {
	if e.pathErr != nil {
		return "", e.pathErr
	}
	dir := filepath.Join(e.cfg.DataDir, "state", code)
	return dir, os.MkdirAll(dir, 0o700)
}

// reason is the innermost part of an error of the operating system: what went
// wrong, without the paths around it.
func reason(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
