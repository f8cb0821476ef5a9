// Command jobsgen writes jobs_gen.go: the list of the jobs written in Go that
// are compiled into the program. Run it by go generate ./jobs.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes jobs_gen.go of the jobs folder dir. When a job is refused, the
// file stays as it was.
func run(dir string) error {
	path, err := importPath(dir)
	if err != nil {
		return err
	}
	names, err := find(dir)
	if err != nil {
		return err
	}
	text, err := render(path, names)
	if err != nil {
		return err
	}
	return replace(dir, text)
}
