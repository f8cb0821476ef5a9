package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/pprof"

	"cronsole/internal/bench"
	"cronsole/internal/cronsole"
	"cronsole/jobs"
)

// benchServeCmd is serve with one more Go function, which does nothing, and
// under the control of bench.
type benchServeCmd struct {
	serveCmd   `embed:""`
	CPUProfile string `name:"cpu-profile" type:"path"`
}

// Run serves until it is stopped. When standard input ends, so does the process:
// whoever measured it is gone.
func (c benchServeCmd) Run(out io.Writer) error {
	funcs := maps.Clone(jobs.Funcs)
	funcs[bench.Noop] = func(context.Context, cronsole.Call) error { return nil }
	go func() {
		err := c.obey(os.Stdin, out)
		fmt.Fprintln(os.Stderr, "bench-serve: standard input ended:", err)
		os.Exit(exitFailed)
	}()
	return c.serve(out, funcs)
}

// obey does what the lines say that bench writes, and answers each with itself:
// "profile" begins a profile and "end" ends it.
func (c benchServeCmd) obey(lines io.Reader, out io.Writer) error {
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
		fmt.Fprintln(out, in.Text())
	}
	return in.Err()
}
