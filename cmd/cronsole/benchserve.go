package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/pprof"
	"syscall"

	"cronsole/internal/bench"
	"cronsole/internal/cronsole"
	"cronsole/jobs"
)

// benchServeCmd is serve with one more Go function, which does nothing, and
// under the control of bench: it ends with its standard input.
type benchServeCmd struct {
	serveCmd   `embed:""`
	CPUProfile string `name:"cpu-profile" type:"path"`
}

// Run serves until standard input ends.
func (c benchServeCmd) Run(out io.Writer) error {
	funcs := maps.Clone(jobs.Funcs)
	funcs[bench.Noop] = func(context.Context, cronsole.Call) error { return nil }
	obeyed := make(chan error, 1)
	go func() {
		err := c.obey(os.Stdin)
		obeyed <- errors.Join(err, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	}()
	if err := c.serve(out, funcs); err != nil {
		return err
	}
	return <-obeyed
}

// obey carries out the lines that bench writes: "profile" begins a profile and
// "end" ends it.
func (c benchServeCmd) obey(lines io.Reader) error {
	var file *os.File
	in := bufio.NewScanner(lines)
	for in.Scan() {
		var err error
		switch in.Text() {
		case "profile":
			if file, err = os.Create(c.CPUProfile); err == nil {
				err = pprof.StartCPUProfile(file)
			}
		case "end":
			pprof.StopCPUProfile()
			err = file.Close()
		default:
			err = fmt.Errorf("bench-serve does not know %q", in.Text())
		}
		if err != nil {
			return err
		}
	}
	return in.Err()
}
