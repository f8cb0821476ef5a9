package main

import (
	"context"
	"os/signal"
	"syscall"

	"cronsole/internal/executor"
	"cronsole/jobs"
)

type execJobCmd struct {
	Code string `arg:"" help:"Folder of the job."`
}

// Run calls the Go function of one code in this process. TERM, which the
// console sends at a time limit, ends the function's context.
func (c execJobCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if code := executor.RunChild(ctx, jobs.Funcs, c.Code); code != exitOK {
		return exitStatus(code)
	}
	return nil
}
