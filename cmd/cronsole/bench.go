package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"cronsole/internal/bench"
)

// benchCmd measures this program. Its flags do not come from the environment,
// which is that of a console in use.
type benchCmd struct {
	Data    string `help:"Folder in which the temporary folder is made; put it on the disk that you want to know about." type:"existingdir" env:"-" placeholder:"FOLDER"`
	JSON    bool   `help:"Print JSON." name:"json" env:"-"`
	Profile string `help:"Write a CPU profile of the measured window." type:"path" hidden:"" env:"-"`

	Fires benchFiresCmd `cmd:"" help:"Jobs of one period: fires per second, start delay, durable delay."`
}

// Help is what bench --help says above the flags.
func (benchCmd) Help() string {
	return `Starts this very program on a temporary folder and measures it from outside. Each takes less than 30 s by default;
docs/benchmarks.md says how it is measured. Nothing but the temporary folder is written, and it is removed at the end.

Examples:
  cronsole bench fires
  cronsole bench fires --jobs 10000 --for 60s --old-jobs 100000 --old-runs 1000000
  cronsole bench fires --json | jq .result.start_delay`
}

// measure carries out a mode and prints what it found.
func (b *benchCmd) measure(m bench.Mode, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's own file: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := bench.Bench{Self: self, Version: version, In: b.Data, Profile: b.Profile, Progress: os.Stderr}
	report, err := run.Measure(ctx, m)
	if err != nil {
		return err
	}
	if b.JSON {
		return report.WriteJSON(out)
	}
	return report.WriteTable(out)
}

type benchFiresCmd struct {
	bench.Fires `embed:""`
}

// Help is what bench fires --help says above the flags.
func (benchFiresCmd) Help() string {
	return `Start delay: from the due instant to the start that the ledger has. Durable delay: from the due instant until the finished
run was seen in the ledger, which is looked at every 50 ms, so up to that much too long.

Examples:
  cronsole bench fires --jobs 10000 --for 60s --old-jobs 100000 --old-runs 1000000
  cronsole bench fires --herd --jobs 10000 --period 1h --for 10s    all at one instant
  cronsole bench fires --command --jobs 1000 --slots 64             child processes, beside what bare os/exec reaches
  cronsole bench fires --keep-runs 20 --for 5m                      retention removes as fast as runs arrive`
}

// Run measures and prints.
func (c *benchFiresCmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.Fires, out) }
