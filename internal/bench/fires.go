package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
)

const (
	shortPeriod = time.Minute      // that can be waited for
	drain       = 30 * time.Second // for what was due in the window to end after it
	childSlot   = 32               // slots for child processes, as the console has by default
)

// Fires measures jobs of one period: how many fire, and how late.
type Fires struct {
	Jobs    int               `json:"jobs" help:"Jobs that fire." default:"1000" env:"-"`
	Period  cronsole.Duration `json:"period" help:"Each job's interval, in whole seconds." default:"1s" env:"-"`
	For     cronsole.Duration `json:"for" help:"How long it is measured." default:"10s" env:"-"`
	Herd    bool              `json:"herd" help:"All jobs are due at the same instants, not spread over the period." env:"-"`
	Command bool              `json:"command" help:"Each run starts /bin/true as a child process; otherwise it calls a Go function that does nothing. What bare os/exec reaches is measured first." env:"-"`
	Slots   int               `json:"slots" help:"How many runs may go on at once; 0: 32 with --command, otherwise one for each job." default:"0" env:"-"`
	Keep    int               `json:"keep_runs" name:"keep-runs" help:"Runs that retention keeps of each job, once a minute; 0: the default." default:"0" env:"-"`
	OldJobs int               `json:"old_jobs" help:"Further jobs in the ledger, of an hour, none of them due meanwhile." default:"0" env:"-"`
	OldRuns int               `json:"old_runs" help:"Runs in the ledger from before, spread over the further jobs." default:"0" env:"-"`
}

// Name is the name of the mode.
func (Fires) Name() string { return "fires" }

// Validate returns what is wrong with the settings.
func (f *Fires) Validate() error {
	switch {
	case f.Jobs < 1:
		return fmt.Errorf("--jobs %d would fire nothing; write 1 or more", f.Jobs)
	case f.period() < time.Second || f.period()%time.Second != 0:
		return fmt.Errorf("--period %s is no interval; write whole seconds such as 1s", f.Period)
	case f.window() < time.Second:
		return fmt.Errorf("--for %s is too short to be measured; write 1s or more", f.For)
	case f.Slots < 0 || f.Keep < 0:
		return errors.New("--slots and --keep-runs cannot be negative; write 0 or more")
	}
	if f.expected() == 0 {
		return fmt.Errorf("no job is due within --for %s; write a shorter --period", f.For)
	}
	return checkHistory(f.OldJobs, f.OldRuns, "--old-jobs", "--old-runs")
}

func (f *Fires) period() time.Duration { return time.Duration(f.Period) }
func (f *Fires) window() time.Duration { return time.Duration(f.For) }

func (f *Fires) slots() int {
	switch {
	case f.Slots > 0:
		return f.Slots
	case f.Command:
		return childSlot
	default:
		return max(childSlot, f.Jobs)
	}
}

// offset is when within the period the i-th job is due.
func (f *Fires) offset(i int) time.Duration {
	if f.Herd {
		return 0
	}
	return (f.period() * time.Duration(i) / time.Duration(f.Jobs)).Truncate(time.Millisecond)
}

// expected is how many instants are due in the window.
func (f *Fires) expected() int64 {
	var n int64
	for i := range f.Jobs {
		if o := f.offset(i); o < f.window() {
			n += int64((f.window() - o + f.period() - 1) / f.period())
		}
	}
	return n
}

// FiresResult is what Fires has measured.
type FiresResult struct {
	Due       int64            `json:"due"`
	Outcomes  map[string]int64 `json:"outcomes"`
	Missed    int64            `json:"missed"`           // due, but did not run
	Unknown   int64            `json:"unrecorded"`       // due, but without a final row when the wait was over
	PerSecond float64          `json:"fires_per_second"` // that were due and finished in the window
	Start     Delays           `json:"start_delay"`
	Durable   Delays           `json:"durable_delay"`
	Load      Load             `json:"load"`
	Bare      *Bare            `json:"bare,omitempty"`

	herd bool
}

func (f *Fires) measure(ctx context.Context, s *session) (Result, error) {
	res := &FiresResult{Due: f.expected(), herd: f.Herd}
	if f.Command {
		program, err := s.deployTrue()
		if err != nil {
			return nil, err
		}
		if res.Bare, err = s.measureBare(ctx, program, f.slots(), min(f.window(), 5*time.Second)); err != nil {
			return nil, err
		}
	}
	if err := s.seedHistory(ctx, f.OldJobs, f.OldRuns, f.window()); err != nil {
		return nil, err
	}
	base, err := f.seed(ctx, s)
	if err != nil {
		return nil, err
	}
	c, err := s.start(ctx, "--slots", strconv.Itoa(f.slots()))
	if err != nil {
		return nil, err
	}
	defer c.kill()
	if base, err = f.begin(base, time.Now().Add(s.Settle)); err != nil {
		return nil, err
	}
	return res, f.observe(ctx, s, c, base, res)
}

// lead is how long before the first instant the jobs are made: the console is
// started in between. When a period is short, a later one will do as well.
func (f *Fires) lead(settle time.Duration) time.Duration {
	jobs := time.Duration(2*f.Jobs + f.OldJobs)
	if f.period() <= shortPeriod {
		return settle + jobs*50*time.Microsecond
	}
	return settle + 5*time.Second + jobs*250*time.Microsecond
}

// seed makes the jobs and returns when the first of them is due for the first
// time.
func (f *Fires) seed(ctx context.Context, s *session) (base time.Time, err error) {
	err = s.seed(ctx, func(store *sqlite.Store) error {
		base = time.Now().Add(f.lead(s.Settle)).Truncate(time.Millisecond)
		return s.createJobs(ctx, store, f.Jobs, func(i int) *cronsole.Job { return f.job(i, base) })
	})
	return base, err
}

// job is the i-th of those that fire.
func (f *Fires) job(i int, base time.Time) *cronsole.Job {
	code := Noop
	if f.Command {
		code = trueCode
	}
	job := interval(benchID(i), code, f.period(), base.Add(f.offset(i)))
	if f.Keep > 0 {
		job.Definition.Rules.KeepRuns = f.Keep
	}
	return job
}

// begin returns when the measured window begins: with the first period that
// leaves the console time to settle.
func (f *Fires) begin(base, ready time.Time) (time.Time, error) {
	late := ready.Sub(base)
	if late <= 0 {
		return base, nil
	}
	if f.period() > shortPeriod {
		return base, fmt.Errorf("the console was ready %s after the first instant; write a --period of %s or less", late.Round(time.Millisecond), shortPeriod)
	}
	return base.Add((late + f.period() - 1) / f.period() * f.period()), nil
}

// observe measures from the given instant on.
func (f *Fires) observe(ctx context.Context, s *session, c *console, from time.Time, res *FiresResult) (err error) {
	until := from.Add(f.window())
	s.stage("waiting for the first instant")
	if err := sleepUntil(ctx, from.Add(-100*time.Millisecond)); err != nil {
		return err
	}
	w, err := s.watchLedger(ctx, from, until)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	s.stage("%s jobs every %s for %s", count(f.Jobs), f.Period, f.For)
	meter, err := s.beginWindow(ctx, c)
	if err != nil {
		return err
	}
	each := func() error {
		s.step("%s of %s", count(w.accounted), count(res.Due))
		return errors.Join(c.alive(), meter.look())
	}
	done := func() bool { return w.accounted >= res.Due }
	if err := w.pollUntil(ctx, until, func() bool { return false }, each); err != nil {
		return err
	}
	if res.Load, err = s.endWindow(ctx, c, meter); err != nil {
		return err
	}
	s.stage("waiting for the last runs")
	if err := w.pollUntil(ctx, time.Now().Add(drain), done, func() error { return c.alive() }); err != nil {
		return err
	}
	res.take(w, f.window())
	return nil
}

// take sums up what was seen in the ledger.
func (r *FiresResult) take(w *watch, window time.Duration) {
	r.Outcomes = w.outcomes
	r.Unknown = r.Due - w.accounted
	r.Missed = r.Due - int64(len(w.start))
	r.PerSecond = float64(w.within) / window.Seconds()
	r.Start, r.Durable = sumUp(w.start), sumUp(w.durable)
}

// rate is how many ran each second; a herd of one instant has none.
func (r *FiresResult) rate() string {
	if r.herd {
		return ""
	}
	return count(int64(r.PerSecond+0.5)) + "/s"
}

// Rows is the result for people.
func (r *FiresResult) Rows() [][]string {
	ran := r.Due - r.Missed
	rows := [][]string{
		{"", "p50", "p99", "max"},
		append([]string{"start delay"}, r.Start.each()...),
		append([]string{"durable delay"}, r.Durable.each()...),
		{},
		{"due", count(r.Due)},
		{"ran", count(ran), r.rate()},
		{"missed", count(r.Missed)},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Outcomes)) {
		rows = append(rows, []string{"  " + name, count(r.Outcomes[name])})
	}
	if r.Unknown > 0 {
		rows = append(rows, []string{"  not recorded in time", count(r.Unknown)})
	}
	if r.herd {
		rows = append(rows, []string{"all started after", ms(r.Start.Max)}, []string{"all finished and durable after", ms(r.Durable.Max)})
	}
	rows = append(rows, r.Load.rows()...)
	return append(rows, r.Bare.rows(r.PerSecond, r.Load)...)
}
