package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"cronsole/internal/cronsole"
)

// The exit statuses of RunChild.
const (
	exitOK    = 0
	exitError = 1 // the function returned an error, or there is none to call
	exitPanic = 2 // as Go itself does
)

// RunChild is the other side of isolation=process: our binary, started again
// for one run, calls the function of the given code with what its environment
// says about the run, and exits with the status that RunChild returns. TERM
// ends the function's context. Errors and stacks go to standard error.
func RunChild(ctx context.Context, funcs map[string]cronsole.Func, code string) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	fn := funcs[code]
	if fn == nil {
		fmt.Fprintf(os.Stderr, "no Go function of the name %q is in this binary\n", code)
		return exitError
	}
	call, err := callFromEnv()
	if err != nil {
		fmt.Fprintf(os.Stderr, "exec-job is for the console's own use: %v\n", err)
		return exitError
	}
	r, returned := begin(ctx, fn, call, os.Stderr)
	<-returned
	switch {
	case r.crash != "":
		return exitPanic
	case r.err != nil:
		return exitError
	default:
		return exitOK
	}
}

// callFromEnv reads what Executor wrote into the environment of a child.
func callFromEnv() (cronsole.Call, error) {
	call := cronsole.Call{
		JobID:    os.Getenv(envJobID),
		StateDir: os.Getenv(envStateDir),
		Output:   os.Stdout,
		Log:      callLogger(os.Stdout),
	}
	var err error
	if call.RunID, err = strconv.ParseInt(os.Getenv(envRunID), 10, 64); err != nil {
		return call, fmt.Errorf("%s: %w", envRunID, err)
	}
	if call.Attempt, err = strconv.Atoi(os.Getenv(envAttempt)); err != nil {
		return call, fmt.Errorf("%s: %w", envAttempt, err)
	}
	if due := os.Getenv(envDue); due != "" {
		if call.Due, err = time.Parse(time.RFC3339Nano, due); err != nil {
			return call, fmt.Errorf("%s: %w", envDue, err)
		}
	}
	if err = json.Unmarshal([]byte(os.Getenv(envArgs)), &call.Args); err != nil {
		return call, fmt.Errorf("%s: %w", envArgs, err)
	}
	return call, nil
}
