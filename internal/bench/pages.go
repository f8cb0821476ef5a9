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

// Check returns what is wrong with the settings.
func (p *Pages) Check() error {
	switch {
	case p.Fires < 0:
		return errors.New("--fires cannot be negative; write 0 or more")
	case p.For <= 0:
		return fmt.Errorf("--for %s is too short to be measured; write 1s or more", p.For)
	case p.Connections < 1:
		return fmt.Errorf("--connections %d asks for nothing; write 1 or more", p.Connections)
	}
	return p.Filled.Check()
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
	Load  Load         `json:"load"`
}

func (p *Pages) measure(ctx context.Context, s *session) (Result, error) {
	measured := 2 * time.Duration(p.For) * time.Duration(len(looks()))
	if err := s.seedHistory(ctx, p.Jobs, p.Runs, measured); err != nil {
		return nil, err
	}
	if p.Fires > 0 {
		if err := s.seedSpread(ctx, p.Fires, time.Now().Add(2*settle)); err != nil {
			return nil, err
		}
	}
	c, err := s.start(ctx, "--slots", strconv.Itoa(max(childSlot, p.Fires)))
	if err != nil {
		return nil, err
	}
	defer c.kill()
	s.stage("letting the console settle")
	if err := sleepUntil(ctx, time.Now().Add(2*settle)); err != nil {
		return nil, err
	}
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
	res.Load, err = s.endWindow(ctx, c, meter)
	return res, err
}

// seedSpread makes jobs of a second that do nothing, spread over it.
func (s *session) seedSpread(ctx context.Context, n int, first time.Time) error {
	f := Fires{Jobs: n, Period: cronsole.Duration(time.Second)}
	return s.seed(ctx, func(store *sqlite.Store) error {
		return s.createJobs(ctx, store, n, func(i int) *cronsole.Job {
			return interval(benchID(i), Noop, time.Second, first.Add(f.offset(i)))
		})
	})
}

// Rows is the result for people.
func (r *PagesResult) Rows() [][]string {
	rows := [][]string{{"", "one connection: p50", "p99", "max", "at once: req/s", "p99", "bytes", "304"}}
	for _, p := range r.Pages {
		row := append([]string{p.Name}, p.Alone.each()...)
		rows = append(rows, append(row, count(int64(p.Many.PerSecond)), ms(p.Many.P99), count(p.Many.Bytes), fmt.Sprintf("%.0f %%", 100*p.Many.NotModified)))
	}
	return append(append(rows, []string{}), r.Load.rows()...)
}
