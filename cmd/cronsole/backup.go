package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"cronsole/internal/sqlite"
)

type backupCmd struct {
	Data string `help:"Data folder of the console." default:"./data" type:"path"`
	File string `arg:"" help:"File to write; it must not be there yet." type:"path"`
}

// Help is what backup --help says above the flags.
func (backupCmd) Help() string {
	return `Writes a checked copy of the ledger (jobs, runs and their output), of one moment, while the console goes on.
The folders in which jobs keep their own files (data/state) are not in it.

Examples:
  cronsole backup /mnt/backup/cronsole-$(date +%F).db
  cronsole backup --data /var/lib/cronsole ledger.db`
}

// Run writes the backup; a signal ends it and leaves no file behind.
func (c backupCmd) Run(out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := sqlite.Backup(ctx, c.Data, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "wrote %s (%d bytes), checked\n", c.File, info.Size())
	return err
}

type restoreCmd struct {
	Data string `help:"Data folder to restore into; no console may be using it." default:"./data" type:"path"`
	File string `arg:"" help:"File that cronsole backup wrote." type:"path"`
}

// Help is what restore --help says above the flags.
func (restoreCmd) Help() string {
	return `Makes a backup the ledger of a data folder. A ledger that is there is kept beside it under another name.
When the console is started on it, what was due since the backup counts as missed.

Example:
  cronsole restore --data /var/lib/cronsole ledger.db`
}

// Run restores; nothing is changed when it fails.
func (c restoreCmd) Run(out io.Writer) error {
	kept, err := sqlite.Restore(context.Background(), c.File, c.Data)
	if err != nil {
		return err
	}
	if kept != "" {
		fmt.Fprintf(out, "kept the ledger that was there as %s\n", kept)
	}
	_, err = fmt.Fprintf(out, "restored %s into %s\n", c.File, c.Data)
	return err
}
