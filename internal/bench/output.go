package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
)

// printWait is how long the printing job may take.
const printWait = 10 * time.Minute

// Output measures what a job that prints without end does to the console and to
// other jobs.
type Output struct {
	MiB  int               `json:"mib" name:"mib" help:"How much the job prints, in MiB." default:"1024" env:"-"`
	Jobs int               `json:"jobs" help:"Other jobs, which fire once a second." default:"100" env:"-"`
	For  cronsole.Duration `json:"for" help:"How long they are measured before it prints." default:"3s" env:"-"`
}

// Name is the name of the mode.
func (Output) Name() string { return "output" }

// Validate returns what is wrong with the settings.
func (o *Output) Validate() error {
	switch {
	case o.MiB < 1 || o.Jobs < 1:
		return fmt.Errorf("--mib %d and --jobs %d measure nothing; write 1 or more", o.MiB, o.Jobs)
	case time.Duration(o.For) < time.Second:
		return fmt.Errorf("--for %s is too short to be measured; write 1s or more", o.For)
	}
	return nil
}

// OutputResult is what Output has measured.
type OutputResult struct {
	Took   float64 `json:"took_ms"`    // the run that printed
	Kept   int64   `json:"kept_bytes"` // of its output
	Before Delays  `json:"start_delay_before"`
	During Delays  `json:"start_delay_during"`
	Load   Load    `json:"load"` // while it printed
}

const printScript = `#!/bin/sh
# Prints as many MiB as the argument says.
yes "one line of the output of a job that prints and prints and prints on and on" | head -c "$1"M
`

func (o *Output) measure(ctx context.Context, s *session) (Result, error) {
	if err := s.deploy(printing, "main.sh", printScript, "interval\nhours=1\n"); err != nil {
		return nil, err
	}
	if err := s.seedSpread(ctx, o.Jobs); err != nil {
		return nil, err
	}
	err := s.seed(ctx, func(store *sqlite.Store) error {
		job := quiet(0, 1, time.Hour)
		job.ID, job.Definition.Code, job.Definition.Args = printing, printing, []any{strconv.Itoa(o.MiB)}
		return store.CreateJob(ctx, job)
	})
	if err != nil {
		return nil, err
	}
	c, err := s.start(ctx, "--slots", strconv.Itoa(o.Jobs+1))
	if err != nil {
		return nil, err
	}
	defer c.kill()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	res := &OutputResult{}
	s.stage("%s other jobs for %s", count(o.Jobs), o.For)
	if res.Before, err = s.delays(ctx, c, time.Now().Add(time.Duration(o.For)), func() bool { return false }, nil); err != nil {
		return nil, err
	}
	return res, o.print(ctx, s, c, res)
}

// delays watches how late jobs start until done or the given time.
func (s *session) delays(ctx context.Context, c *console, until time.Time, done func() bool, meter *sampler) (_ Delays, err error) {
	w, err := s.watchLedger(ctx, time.Now(), until)
	if err != nil {
		return Delays{}, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	err = w.pollUntil(ctx, until, done, func() error {
		if err := c.alive(); err != nil || meter == nil {
			return err
		}
		return meter.look()
	})
	return sumUp(w.start), err
}

// print lets the job print and watches.
func (o *Output) print(ctx context.Context, s *session, c *console, res *OutputResult) error {
	s.stage("printing %s MiB", count(o.MiB))
	meter, err := s.beginWindow(ctx, c)
	if err != nil {
		return err
	}
	body, err := c.once(ctx, call{method: "POST", path: "/api/v1/jobs/" + printing + "/run", body: "{}"})
	if err != nil {
		return err
	}
	run, err := readPrinted(body)
	if err != nil {
		return err
	}
	look := call{method: "GET", path: "/api/v1/runs/" + strconv.FormatInt(run.ID, 10)}
	var failed error
	done := func() bool {
		if body, failed = c.once(ctx, look); failed == nil {
			run, failed = readPrinted(body)
		}
		return failed != nil || run.FinishedAt != nil
	}
	if res.During, err = s.delays(ctx, c, time.Now().Add(printWait), done, meter); err != nil {
		return err
	}
	if err := errors.Join(failed, run.check()); err != nil {
		return err
	}
	res.Took, res.Kept = milliseconds(run.FinishedAt.Sub(*run.StartedAt)), run.OutputBytes-run.OutputFrom
	res.Load, err = s.endWindow(ctx, c, meter)
	return err
}

// printed is the run of the job that prints, as the console shows it.
type printed struct {
	ID          int64      `json:"id"`
	State       string     `json:"state"`
	StartedAt   *time.Time `json:"started_at"`
	FinishedAt  *time.Time `json:"finished_at"`
	OutputBytes int64      `json:"output_bytes"`
	OutputFrom  int64      `json:"output_from"`
}

func readPrinted(body []byte) (p printed, err error) {
	if err = json.Unmarshal(body, &p); err != nil {
		err = fmt.Errorf("the run that prints: %w", err)
	}
	return p, err
}

// check returns why the run tells nothing.
func (p printed) check() error {
	switch {
	case p.FinishedAt == nil || p.StartedAt == nil:
		return fmt.Errorf("the run that prints is %s after %s", p.State, printWait)
	case p.State != "succeeded":
		return fmt.Errorf("the run that prints is %s", p.State)
	}
	return nil
}

// Rows is the result for people.
func (r *OutputResult) Rows() [][]string {
	rows := [][]string{
		{"", "p50", "p99", "max"},
		append([]string{"start delay of other jobs, before"}, r.Before.each()...),
		append([]string{"start delay of other jobs, meanwhile"}, r.During.each()...),
		{},
		{"the run took", ms(r.Took)},
		{"kept of its output", mib(r.Kept)},
		{"memory grew by", mib(r.Load.RSSMax - r.Load.RSSStart)},
	}
	return append(rows, r.Load.rows()...)
}
