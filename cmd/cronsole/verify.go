package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
	"cronsole/internal/verify"
)

type verifyCmd struct {
	Data string    `help:"Data folder to look at, live or copied." default:"./data" type:"path"`
	From time.Time `help:"Only instants from here on (RFC 3339)." placeholder:"TIME"`
	To   time.Time `help:"Only instants up to here (RFC 3339)." placeholder:"TIME"`
	JSON bool      `help:"One JSON object per finding." name:"json"`
}

// Help is what verify --help says above the flags.
func (verifyCmd) Help() string {
	return `Recomputes every due instant of every job from what its definition was over time, and compares that with the ledger:
each must be in exactly one row. Prints what is missing, doubled or was never due. What retention has removed is not
looked at. Exit status: 0 all is accounted for, 1 something is not.

Examples:
  cronsole verify --data /var/lib/cronsole
  cronsole verify --from 2026-11-01T00:00:00Z --json`
}

// Run prints the findings, and at the end what was looked at.
func (c verifyCmd) Run(out io.Writer) error {
	var jobs, otherZones int
	var instants int64
	var found []verify.Finding
	err := sqlite.Histories(context.Background(), c.Data, time.Now(), func(h verify.History) error {
		list, err := verify.Check(h, c.From, c.To)
		if err != nil {
			return err
		}
		jobs++
		found = append(found, list...)
		for _, r := range h.Rows {
			instants += r.Count
		}
		if newest := h.Revisions[len(h.Revisions)-1]; newest.TZVersion != cronsole.TZVersion() {
			otherZones++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		if err := c.print(out, f); err != nil {
			return err
		}
	}
	if !c.JSON {
		if otherZones > 0 {
			fmt.Fprintf(out, "%d jobs were written under other time zone data than this program has (%s); around clock changes that may explain what is found\n", otherZones, cronsole.TZVersion())
		}
		fmt.Fprintf(out, "%d jobs, %d due instants in the ledger, %d findings\n", jobs, instants, len(found))
	}
	if len(found) > 0 {
		return exitStatus(exitFailed)
	}
	return nil
}

func (c verifyCmd) print(out io.Writer, f verify.Finding) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(f)
	}
	_, err := fmt.Fprintln(out, f)
	return err
}
