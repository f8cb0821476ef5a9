// Package log_with_args shows what becomes of the arguments of a job. They are
// a JSON list, set per job in the console, by the API or by args=[…] in a
// .schedule, so that one code can serve several jobs.
package log_with_args //nolint:revive // a code is named after its folder

import (
	"context"
	"errors"
	"fmt"

	"cronsole/internal/cronsole"
)

// Call writes one line per argument. A value arrives as JSON has it: string,
// float64, bool, nil, []any or map[string]any. Check what you are given: the
// person who schedules the job sees the error beside the run.
func Call(_ context.Context, call cronsole.Call) error {
	if len(call.Args) == 0 {
		return errors.New(`no arguments; give the job a list such as ["hello", 3]`)
	}
	for i, arg := range call.Args {
		if _, err := fmt.Fprintf(call.Output, "argument %d: %v (%T)\n", i+1, arg, arg); err != nil {
			return fmt.Errorf("write argument %d: %w", i+1, err)
		}
	}
	return nil
}
