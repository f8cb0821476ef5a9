// Package bench measures the real program from outside: it starts the program
// as a child process on a temporary data folder, and looks at it over HTTP,
// through /proc and by reading the ledger.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Bench is what every measurement needs.
type Bench struct {
	Self     string // the program to measure
	Version  string
	In       string        // where the temporary folder is made; empty: the system's
	Profile  string        // where the console writes a CPU profile of the measured window; empty: nowhere
	Settle   time.Duration // how long the console is left alone before it is measured
	Progress io.Writer
}

// Mode is one thing that can be measured. Its fields are its settings.
type Mode interface {
	// Name is how the mode is called on the command line.
	Name() string
	// Validate returns what is wrong with the settings, and what to write.
	Validate() error
	measure(ctx context.Context, s *session) (Result, error)
}

// Result is what a mode has measured.
type Result interface {
	// Rows is the result as a table for people; the first row is its head.
	Rows() [][]string
}

// session is one measurement: its settings, its folder, and the person who
// waits.
type session struct {
	*Bench
	*site
	*progress
}

// Measure carries out a mode. The temporary folder and the console are gone
// when it returns, also when ctx ends first.
func (b *Bench) Measure(ctx context.Context, m Mode) (_ *Report, err error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	site, err := newSite(b.In)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.remove()) }()
	p := newProgress(b.Progress, m.Name())
	defer p.end()
	report := &Report{Mode: m.Name(), Settings: m, Machine: thisMachine(b.Version, site.dir)}
	if report.Result, err = m.measure(ctx, &session{Bench: b, site: site, progress: p}); err != nil {
		if ctx.Err() != nil {
			return nil, errors.New("stopped before the end, nothing was measured")
		}
		return nil, fmt.Errorf("measure %s: %w", m.Name(), err)
	}
	return report, nil
}
