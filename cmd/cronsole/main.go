// Command cronsole schedules deployed job code, runs it, and shows every run.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

// Exit statuses, as --help documents them.
const (
	exitOK      = 0
	exitFailed  = 1 // what was asked for could not be done, or check found an error
	exitUsage   = 2 // the command line was wrong
	description = `Schedules the code deployed in jobs/, runs it, records every due instant and shows it live.

Examples:
  cronsole serve                                  the console on http://127.0.0.1:8000
  cronsole serve --apply --timezone Europe/Berlin every folder with a .schedule becomes a job
  cronsole check jobs/                            are all .schedule files right?

Every flag can be given by the environment: --addr is CRONSOLE_ADDR, --log-format is CRONSOLE_LOG_FORMAT.
Exit status: 0 done, 1 failed (or check found an error), 2 wrong command line.`
)

// cli is the command line.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Start the console and run the jobs."`
	Check      checkCmd      `cmd:"" help:"Check .schedule files, for people and for CI."`
	Backup     backupCmd     `cmd:"" help:"Copy the ledger to a file, while the console runs."`
	Restore    restoreCmd    `cmd:"" help:"Make a backup the ledger of a data folder."`
	Verify     verifyCmd     `cmd:"" help:"Compare the ledger with every instant that was due."`
	Doctor     doctorCmd     `cmd:"" help:"Look at a data folder: what is wrong, and what to do."`
	Bench      benchCmd      `cmd:"" help:"Measure this program on this machine."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	ExecJob    execJobCmd    `cmd:"" name:"exec-job" hidden:"" help:"Run one Go job in this process (used by serve)."`
	BenchServe benchServeCmd `cmd:"" name:"bench-serve" hidden:"" help:"Start a console to be measured (used by bench)."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("cronsole"),
		kong.Description(description),
		kong.DefaultEnvars("CRONSOLE"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.BindTo(stderr, (*progressWriter)(nil)),
	)
	if err != nil {
		fmt.Fprintln(stderr, "cronsole:", err)
		return exitUsage
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 { // --help has printed itself
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "cronsole: %v\nSee cronsole --help.\n", err)
		return exitUsage
	}
	if err := ctx.Run(); err != nil {
		var status exitStatus
		if errors.As(err, &status) {
			return int(status)
		}
		fmt.Fprintln(stderr, "cronsole:", err)
		return exitFailed
	}
	return exitOK
}

// exitStatus ends the program with this status and prints nothing more.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "cronsole", version)
	return err
}
