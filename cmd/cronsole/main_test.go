package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain makes the test binary the program itself when it is started as
// "cronsole", so that tests run the real command line and real child processes.
// A console started so starts itself again for its Go jobs, and bench for the
// console that it measures; neither gets anything of the environment.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || len(os.Args) > 2 && (os.Args[1] == "exec-job" || os.Args[1] == "bench-serve") {
		if err := setFailpoint(); err != nil {
			println(err.Error())
			os.Exit(exitUsage)
		}
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	testscript.Main(goleakMain{m}, map[string]func(){
		"cronsole": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// asProgram in the environment turns the test binary into cronsole.
const asProgram = "CRONSOLE_TEST_AS_PROGRAM"

// goleakMain runs the tests and then looks for goroutines that were left behind.
type goleakMain struct{ m *testing.M }

func (g goleakMain) Run() int {
	status := g.m.Run()
	if status != 0 {
		return status
	}
	if err := goleak.Find(); err != nil {
		println(err.Error())
		return 1
	}
	return 0
}

func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
