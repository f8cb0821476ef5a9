package bench

import (
	"context"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Idle measures what the console costs while nothing is due.
type Idle struct {
	For    cronsole.Duration `json:"for" help:"How long it is measured." default:"10s" env:"-"`
	Filled `embed:""`
}

// Name is the name of the mode.
func (Idle) Name() string { return "idle" }

// Validate returns what is wrong with the settings.
func (i *Idle) Validate() error {
	if time.Duration(i.For) < time.Second {
		return fmt.Errorf("--for %s is too short to be measured; write 1s or more", i.For)
	}
	return i.Filled.Validate()
}

// IdleResult is what Idle has measured.
type IdleResult struct {
	Load Load `json:"load"`
}

func (i *Idle) measure(ctx context.Context, s *session) (Result, error) {
	if err := s.seedHistory(ctx, i.Jobs, i.Runs, time.Duration(i.For)); err != nil {
		return nil, err
	}
	c, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	s.stage("idle for %s", i.For)
	meter, err := s.beginWindow(ctx, c)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Duration(i.For)); time.Now().Before(end); {
		if err := meter.look(); err != nil {
			return nil, err
		}
		if err := sleepUntil(ctx, earlier(end, time.Now().Add(sampleEvery))); err != nil {
			return nil, err
		}
	}
	load, err := s.endWindow(ctx, c, meter)
	return &IdleResult{Load: load}, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Rows is the result for people.
func (r *IdleResult) Rows() [][]string {
	rows := r.Load.rows()
	rows[0] = []string{"CPU of the console", fmt.Sprintf("%.2f %% of a core", 100*r.Load.CPU)}
	return rows
}
