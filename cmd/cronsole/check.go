package main

import (
	"io"

	"cronsole/internal/catalog"
)

type checkCmd struct {
	JSON  bool     `help:"One JSON object per file." name:"json"`
	Paths []string `arg:"" name:"path" help:"Job folders, a folder of job folders, or .schedule files."`
}

// Help is what check --help says above the flags.
func (checkCmd) Help() string {
	return `Examples:
  cronsole check jobs/                     every folder that has a .schedule
  cronsole check jobs/backup/.schedule     one file
  cronsole check --json jobs/ > report     one JSON object per line

A mistake is printed as FILE:LINE: key: what is wrong, what to write. Exit status: 0 all are right, 1 an error was found.`
}

// Run checks every path; status 1 when any file has an error.
func (c checkCmd) Run(out io.Writer) error {
	ok, err := catalog.Check(c.Paths, c.JSON, out)
	if err != nil {
		return err
	}
	if !ok {
		return exitStatus(exitFailed)
	}
	return nil
}
