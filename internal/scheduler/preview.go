package scheduler

import (
	"context"
	"time"

	"cronsole/internal/cronsole"
)

// maxPreview is how many instants a preview gives at most.
const maxPreview = 100

// anchorOf is the instant from which an interval without start_date counts: when
// it is made, which for a preview is the instant that was asked about. An edit
// that leaves the schedule alone keeps the grid of the job.
func (s *Scheduler) anchorOf(req cronsole.Request, schedule cronsole.Schedule, after time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ids[req.JobID]; req.Version != 0 && e != nil && same(e.job.Definition.Schedule, schedule) {
		return e.job.Anchor
	}
	return after
}

// Preview says what the schedule of a request would do, without making
// anything: in words, as run_frequency, and the first count due instants after
// the given one, or after now when that is zero. Errors as Create's.
func (s *Scheduler) Preview(_ context.Context, req cronsole.Request, after time.Time, count int) (cronsole.Preview, error) {
	if req.Code == "" {
		req.Code = req.JobID
	}
	d, err := s.draft(req, nil)
	if err != nil {
		return cronsole.Preview{}, err
	}
	if after.IsZero() {
		after = s.now()
	}
	trigger, err := cronsole.NewTrigger(d.def.Schedule, s.anchorOf(req, d.def.Schedule, after))
	if err != nil {
		return cronsole.Preview{}, err
	}
	p := cronsole.Preview{
		Schedule:  d.def.Schedule,
		Words:     d.def.Schedule.Words(),
		Frequency: d.def.Schedule.Frequency(),
		Next:      cronsole.NextN(trigger, after, s.left(req, d.def.Rules, min(max(count, 0), maxPreview))),
		Warnings:  append(d.warnings, d.def.Schedule.Warnings(s.now())...),
	}
	return p, nil
}

// left is how many of n due instants may run under the rules of a request: an
// edit goes on with the count of its job.
func (s *Scheduler) left(req cronsole.Request, rules cronsole.Rules, n int) int {
	job := cronsole.Job{Definition: cronsole.Definition{Rules: rules}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ids[req.JobID]; req.Version != 0 && e != nil {
		job.Ran = e.job.Ran
	}
	return job.Left(n)
}
