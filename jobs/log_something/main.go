// Package log_something is the smallest job there is: a function called Call
// in a folder named after the package. Copy the folder, rename both, and run
// go generate ./jobs.
package log_something //nolint:revive // a code is named after its folder

import (
	"context"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Call is run once per due instant. Returning nil is success; an error fails
// the run and is shown beside it.
func Call(_ context.Context, call cronsole.Call) error {
	// Log adds lines with a time and a level to the run's output; Output takes
	// any text. Both can be read in the console while the job runs.
	call.Log.Info("logging something", "job", call.JobID, "run", call.RunID)
	why := "started by hand"
	if !call.Due.IsZero() {
		why = "due at " + call.Due.Format(time.RFC3339)
	}
	_, err := fmt.Fprintf(call.Output, "Something, %s.\n", why)
	return err
}
