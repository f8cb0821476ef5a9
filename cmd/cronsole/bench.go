package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"cronsole/internal/bench"
)

// benchCmd measures this program. Its flags do not come from the environment,
// which is that of a console in use.
type benchCmd struct {
	Data    string        `help:"Folder in which the temporary folder is made; put it on the disk that you want to know about." type:"existingdir" env:"-" placeholder:"FOLDER"`
	JSON    bool          `help:"Print JSON." name:"json" env:"-"`
	Settle  time.Duration `help:"How long the console is left alone before it is measured." default:"3s" env:"-"`
	Profile string        `help:"Write a CPU profile of the measured window." type:"path" hidden:"" env:"-"`

	progress io.Writer

	Fires   benchFiresCmd   `cmd:"" help:"Jobs of one period: fires per second, start delay, durable delay."`
	Pages   benchPagesCmd   `cmd:"" help:"The Jobs page and others, as a page, a part, unchanged and JSON."`
	API     benchAPICmd     `cmd:"" name:"api" help:"Creating and deleting jobs by script."`
	Restart benchRestartCmd `cmd:"" help:"From the start of the process to the first page."`
	Idle    benchIdleCmd    `cmd:"" help:"CPU and memory while nothing is due."`
	Output  benchOutputCmd  `cmd:"" help:"Memory, and other jobs, while a job prints a lot."`
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

// progressWriter is where it is told how far a measurement is.
type progressWriter interface{ io.Writer }

// AfterApply is called by the parser.
func (b *benchCmd) AfterApply(w progressWriter) error { //nolint:unparam // the parser wants it so
	b.progress = w
	return nil
}

// measure carries out a mode and prints what it found.
func (b *benchCmd) measure(m bench.Mode, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's own file: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := bench.Bench{Self: self, Version: version, In: b.Data, Profile: b.Profile, Settle: b.Settle, Progress: b.progress}
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

type benchPagesCmd struct {
	bench.Pages `embed:""`
}

// Help is what bench pages --help says above the flags.
func (benchPagesCmd) Help() string {
	return `Each page is asked for over one connection, which shows how long an answer takes, and then over several at once, which
shows how many there can be. Pages are asked for as browsers do, compressed.

Examples:
  cronsole bench pages --jobs 100000 --runs 1000000
  cronsole bench pages --jobs 100000 --fires 1000     while 1,000 jobs fire each second`
}

// Run measures and prints.
func (c *benchPagesCmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.Pages, out) }

type benchAPICmd struct {
	bench.API `embed:""`
}

// Help is what bench api --help says above the flags.
func (benchAPICmd) Help() string {
	return `An answer means that the change is on the disk. Jobs are created one after another and several at once, and then
deleted in the same ways.

Example:
  cronsole bench api --count 2000 --jobs 100000`
}

// Run measures and prints.
func (c *benchAPICmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.API, out) }

type benchRestartCmd struct {
	bench.Restart `embed:""`
}

// Help is what bench restart --help says above the flags.
func (benchRestartCmd) Help() string {
	return `Examples:
  cronsole bench restart --jobs 100000 --runs 1000000
  cronsole bench restart --kill`
}

// Run measures and prints.
func (c *benchRestartCmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.Restart, out) }

type benchIdleCmd struct {
	bench.Idle `embed:""`
}

// Help is what bench idle --help says above the flags.
func (benchIdleCmd) Help() string {
	return `Example:
  cronsole bench idle --jobs 100000 --for 30s`
}

// Run measures and prints.
func (c *benchIdleCmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.Idle, out) }

type benchOutputCmd struct {
	bench.Output `embed:""`
}

// Help is what bench output --help says above the flags.
func (benchOutputCmd) Help() string {
	return `Example:
  cronsole bench output --mib 1024 --jobs 100`
}

// Run measures and prints.
func (c *benchOutputCmd) Run(b *benchCmd, out io.Writer) error { return b.measure(&c.Output, out) }
