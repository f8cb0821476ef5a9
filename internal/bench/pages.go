package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
)

// Pages measures what people and scripts look at.
type Pages struct {
	Fires       int               `json:"fires" help:"Jobs that fire once a second meanwhile." default:"0" env:"-"`
	For         cronsole.Duration `json:"for" help:"How long each page is asked for, once alone and once over several connections." default:"1s" env:"-"`
	Connections int               `json:"connections" help:"Connections at once." default:"8" env:"-"`
	Filled      `embed:""`
}

// Name is the name of the mode.
func (Pages) Name() string { return "pages" }

// Validate returns what is wrong with the settings.
func (p *Pages) Validate() error {
	switch {
	case p.Fires < 0:
		return errors.New("--fires cannot be negative; write 0 or more")
	case p.For <= 0:
		return fmt.Errorf("--for %s is too short to be measured; write 1s or more", p.For)
	case p.Connections < 1:
		return fmt.Errorf("--connections %d asks for nothing; write 1 or more", p.Connections)
	}
	return p.Filled.Validate()
}

// looks are what is asked for.
func looks() []struct {
	name string
	call call
} {
	page := func(path string) call { return call{method: "GET", path: path, browser: true} }
	unchanged := page("/jobs?part=rows")
	unchanged.revalidate = true
	return []struct {
		name string
		call call
	}{
		{"Jobs page", page("/jobs")},
		{"Jobs page, its rows", page("/jobs?part=rows")},
		{"the same, unchanged (304)", unchanged},
		{"Jobs page, filtered", page("/jobs?q=0042")},
		{"job page", page("/jobs/" + quietID(0))},
		{"Runs page", page("/runs")},
		{"preview", page("/jobs/preview?type=cron&args.minute=*%2F5&args.second=0")},
		{"JSON, 200 jobs", call{method: "GET", path: "/api/v1/jobs?limit=200"}},
	}
}

// PageResult is what was measured of one page.
type PageResult struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Alone Served `json:"alone"`   // over one connection
	Many  Served `json:"at_once"` // over several
}

// PagesResult is what Pages has measured.
type PagesResult struct {
	Pages []PageResult `json:"pages"`
	Start *Delays      `json:"start_delay,omitempty"` // of the jobs that fired meanwhile
	Load  Load         `json:"load"`
}

func (p *Pages) measure(ctx context.Context, s *session) (Result, error) {
	measured := 2 * time.Duration(p.For) * time.Duration(len(looks()))
	if err := s.seedHistory(ctx, p.Jobs, p.Runs, measured); err != nil {
		return nil, err
	}
	if p.Fires > 0 {
		if err := s.seedSpread(ctx, p.Fires); err != nil {
			return nil, err
		}
	}
	c, err := s.start(ctx, "--slots", strconv.Itoa(max(childSlot, p.Fires)))
	if err != nil {
		return nil, err
	}
	defer c.kill()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	return p.look(ctx, s, c)
}

// look measures all pages, and how late the jobs started that fired meanwhile.
func (p *Pages) look(ctx context.Context, s *session, c *console) (_ *PagesResult, err error) {
	w, err := s.watchLedger(ctx, time.Now(), time.Now().Add(24*time.Hour))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	meter, err := s.beginWindow(ctx, c)
	if err != nil {
		return nil, err
	}
	res := &PagesResult{}
	for _, l := range looks() {
		s.stage("%s for 2 × %s", l.name, p.For)
		r := PageResult{Name: l.name, Path: l.call.path}
		if r.Alone, err = c.driveFor(ctx, 1, time.Duration(p.For), l.call); err != nil {
			return nil, err
		}
		if r.Many, err = c.driveFor(ctx, p.Connections, time.Duration(p.For), l.call); err != nil {
			return nil, err
		}
		if err := meter.look(); err != nil {
			return nil, err
		}
		res.Pages = append(res.Pages, r)
	}
	if res.Load, err = s.endWindow(ctx, c, meter); err != nil || p.Fires == 0 {
		return res, err
	}
	if err := w.poll(ctx); err != nil {
		return nil, err
	}
	start := sumUp(w.start)
	res.Start = &start
	return res, nil
}

// seedSpread makes jobs of a second that do nothing, spread over it.
func (s *session) seedSpread(ctx context.Context, n int) error {
	f := Fires{Jobs: n, Period: cronsole.Duration(time.Second)}
	return s.seed(ctx, func(store *sqlite.Store) error {
		first := time.Now()
		return s.createJobs(ctx, store, n, func(i int) *cronsole.Job { return f.job(i, first) })
	})
}

// Rows is the result for people.
func (r *PagesResult) Rows() [][]string {
	rows := [][]string{{"", "one connection: p50", "p99", "max", "at once: req/s", "p99", "bytes", "304"}}
	for _, p := range r.Pages {
		row := append([]string{p.Name}, p.Alone.each()...)
		rows = append(rows, append(row, count(int64(p.Many.PerSecond)), ms(p.Many.P99), count(p.Many.Bytes), fmt.Sprintf("%.0f %%", 100*p.Many.NotModified)))
	}
	rows = append(rows, []string{})
	if r.Start != nil {
		rows = append(rows, append([]string{"start delay meanwhile"}, r.Start.each()...))
	}
	return append(rows, r.Load.rows()...)
}
