package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// API measures writes by script.
type API struct {
	Count  int `json:"count" help:"Jobs that are created, and deleted, in each of the two ways." default:"500" env:"-"`
	AtOnce int `json:"at_once" help:"Connections of the second way." default:"8" env:"-"`
	Filled `embed:""`
}

// Name is the name of the mode.
func (API) Name() string { return "api" }

// Validate returns what is wrong with the settings.
func (a *API) Validate() error {
	if a.Count < 1 || a.AtOnce < 1 {
		return fmt.Errorf("--count %d and --at-once %d ask for nothing; write 1 or more", a.Count, a.AtOnce)
	}
	return a.Filled.Validate()
}

// Write is what was measured of one kind of write.
type Write struct {
	Name   string `json:"name"`
	AtOnce int    `json:"at_once"`
	Served
}

// APIResult is what API has measured.
type APIResult struct {
	Writes []Write `json:"writes"`
	Load   Load    `json:"load"`
}

func (a *API) measure(ctx context.Context, s *session) (Result, error) {
	if err := s.seedHistory(ctx, a.Jobs, a.Runs, time.Minute); err != nil {
		return nil, err
	}
	c, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	meter, err := s.beginWindow(ctx, c)
	if err != nil {
		return nil, err
	}
	res := &APIResult{}
	for _, name := range []string{"create", "delete"} {
		for _, connections := range []int{1, a.AtOnce} {
			s.stage("%s %s jobs over %d connections", name, count(a.Count), connections)
			answers, err := c.writeJobs(ctx, name, connections, a.Count)
			if err != nil {
				return nil, err
			}
			res.Writes = append(res.Writes, Write{Name: name, AtOnce: connections, Served: answers})
		}
	}
	res.Load, err = s.endWindow(ctx, c, meter)
	return res, err
}

// writeJobs creates or deletes as many jobs.
func (c *console) writeJobs(ctx context.Context, name string, connections, jobs int) (Served, error) {
	var made atomic.Int64
	return c.drive(ctx, connections, func(int) (call, bool) {
		i := made.Add(1)
		id := fmt.Sprintf("made-%d-%06d", connections, i)
		k := call{method: "DELETE", path: "/api/v1/jobs/" + id}
		if name == "create" {
			k = call{method: "POST", path: "/api/v1/jobs", body: fmt.Sprintf(
				`{"job_id": %q, "code": %q, "from_file": false, "type": "interval", "args": {"hours": 1}}`, id, Noop)}
		}
		return k, i <= int64(jobs)
	})
}

// Rows is the result for people.
func (r *APIResult) Rows() [][]string {
	rows := [][]string{{"", "per second", "p50", "p99", "max"}}
	for _, w := range r.Writes {
		row := []string{fmt.Sprintf("%s, %d at once", w.Name, w.AtOnce), count(int64(w.PerSecond))}
		rows = append(rows, append(row, w.each()...))
	}
	return append(append(rows, []string{}), r.Load.rows()...)
}
