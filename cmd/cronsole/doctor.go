package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"cronsole/internal/sqlite"
)

type doctorCmd struct {
	Data string `help:"Data folder of the console." default:"./data" type:"path"`
}

// Help is what doctor --help says above the flags.
func (doctorCmd) Help() string {
	return `Looks at a data folder, which a console may be using, and changes nothing: permissions, disk, integrity, write-ahead
log, clock. Each line says what was found; what is wrong says what to do. Exit status: 0 all is well, 1 something is wrong.

Example:
  cronsole doctor --data /var/lib/cronsole`
}

// Run prints the findings.
func (c doctorCmd) Run(out io.Writer) error {
	found, err := sqlite.Examine(context.Background(), c.Data, time.Now())
	if err != nil {
		return err
	}
	sick := false
	for _, f := range found {
		mark := "ok   "
		if !f.OK {
			mark, sick = "WRONG", true
		}
		if _, err := fmt.Fprintf(out, "%s  %-16s %s\n", mark, f.What, f.Detail); err != nil {
			return err
		}
		if f.Do != "" {
			fmt.Fprintf(out, "%25s%s\n", "→ ", f.Do)
		}
	}
	if sick {
		return exitStatus(exitFailed)
	}
	return nil
}
