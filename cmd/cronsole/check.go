package main

import (
	"io"

	"cronsole/internal/catalog"
)

type checkCmd struct {
	JSON  bool     `help:"One JSON object per file." name:"json"`
	Paths []string `arg:"" name:"path" help:"Job folders, a folder of job folders, or .schedule files."`
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
