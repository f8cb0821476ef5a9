package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Edit gives a job a new definition; what the request does not mention stays.
// When the schedule changes it counts from now on, and what was due under the
// old one is accounted for first. Stale when the job is not at the request's
// version any more, Conflict when it is finished.
func (s *Scheduler) Edit(ctx context.Context, id string, req cronsole.Request) (*cronsole.Job, error) {
	if err := s.begin(ctx, id); err != nil {
		return nil, err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	return s.edit(ctx, id, req)
}

// UseFile gives a job the definition that its code's .schedule has now.
func (s *Scheduler) UseFile(ctx context.Context, id string) error {
	if err := s.begin(ctx, id); err != nil {
		return err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	_, err := s.edit(ctx, id, cronsole.Request{FromFile: true})
	return err
}

func (s *Scheduler) edit(ctx context.Context, id string, req cronsole.Request) (*cronsole.Job, error) {
	e, job, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := editable(e, job, req); err != nil {
		return nil, err
	}
	if req.Code == "" {
		req.Code = job.Definition.Code
	} else if _, ok := s.Codes.Code(req.Code); !ok && req.Code != job.Definition.Code {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job folder not found."}
	}
	d, err := s.draft(req, &job.Definition)
	if err != nil {
		return nil, err
	}
	return s.redefine(ctx, e, d.def)
}

func editable(e *entry, job *cronsole.Job, req cronsole.Request) error {
	switch {
	case e == nil:
		return &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s is finished; schedule it again under the same name", job.ID)}
	case req.Version != 0 && req.Version != job.Version:
		return &cronsole.Error{Kind: cronsole.Stale, Message: fmt.Sprintf("Job %s was changed meanwhile: it is at version %d, you read %d", job.ID, job.Version, req.Version)}
	case req.JobID != "" && req.JobID != job.ID:
		return invalid("job_id", "cannot be changed; make a new job and delete this one")
	}
	return nil
}

// redefine writes a new definition of a job. The caller has begun its id.
func (s *Scheduler) redefine(ctx context.Context, e *entry, def cronsole.Definition) (*cronsole.Job, error) {
	now := s.now()
	s.mu.Lock()
	job, trigger := clone(e.job), e.trigger
	s.mu.Unlock()
	if err := recount(job, def); err != nil {
		return nil, err
	}
	if !same(def.Schedule, job.Definition.Schedule) {
		// Before anything is written, so that a schedule that is refused
		// changes nothing.
		if _, err := count(def, now, job.Cursor); err != nil {
			return nil, err
		}
		var err error
		if job, err = s.closeBooks(ctx, e, now); err != nil {
			return nil, err
		}
		if err := recount(job, def); err != nil {
			return nil, err
		}
		b, err := count(def, now, job.Cursor)
		if err != nil {
			return nil, err
		}
		trigger = b.trigger
		job.Anchor, job.Cursor, job.Next = b.anchor, b.cursor, b.next
		if job.State == cronsole.JobPaused {
			job.Next = time.Time{}
		}
	}
	job.Definition = def
	job.Version++
	job.UpdatedAt = now
	if err := s.Store.UpdateJob(ctx, job); err != nil {
		return nil, fmt.Errorf("update job %s: %w", job.ID, err)
	}
	s.take(e, job, trigger)
	s.Log.InfoContext(ctx, "job changed", "job", job.ID, "version", job.Version, "schedule", def.Schedule.Frequency())
	return clone(job), nil
}

// recount keeps the count of a job for a new max_runs; without a limit there is
// nothing to count. Invalid when as many have run already.
func recount(job *cronsole.Job, def cronsole.Definition) error {
	most := def.Rules.MaxRuns
	switch {
	case most == 0:
		job.Ran = 0
	case most <= job.Ran:
		return invalid("max_runs", fmt.Sprintf("is too small: %d have run already; write %d or more, or 0 for no limit", job.Ran, job.Ran+1))
	}
	return nil
}

// closeBooks accounts for everything that was due up to now under the schedule
// in force, and returns the job as it is then. What was due while the job was
// active runs as usual.
func (s *Scheduler) closeBooks(ctx context.Context, e *entry, now time.Time) (*cronsole.Job, error) {
	s.mu.Lock()
	job := e.job
	if job.State != cronsole.JobActive {
		s.mu.Unlock()
		return s.writeOff(ctx, e, now)
	}
	p, err := s.planEntry(e, now, true)
	s.mu.Unlock()
	if err != nil {
		// The schedule in force cannot say what was due. It must not keep a
		// working one from taking its place.
		s.Log.ErrorContext(ctx, "job cannot be fired", "job", job.ID, "error", err)
		return clone(job), nil
	}
	if p == nil {
		return clone(job), nil
	}
	if err := s.commit(ctx, []*planned{p}); err != nil {
		return nil, fmt.Errorf("fire job %s before it changes: %w", job.ID, err)
	}
	if !p.advance.Applied {
		s.reload(e)
		return nil, &cronsole.Error{Kind: cronsole.Stale, Message: fmt.Sprintf("Job %s was changed meanwhile", job.ID)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	after := clone(e.job)
	if after.State == cronsole.JobFinished {
		return nil, &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s has just run for the last time and is finished", job.ID)}
	}
	return after, nil
}

// writeOff records what was due up to now as skipped(paused), and returns the
// job as it is then.
func (s *Scheduler) writeOff(ctx context.Context, e *entry, now time.Time) (*cronsole.Job, error) {
	s.mu.Lock()
	job, trigger := clone(e.job), e.trigger
	s.mu.Unlock()
	rows := s.skipDue(job, trigger, now)
	if len(rows) == 0 {
		return job, nil
	}
	if job.State == cronsole.JobActive {
		next, err := firstAfter(trigger, job.Cursor)
		if err != nil {
			return nil, fmt.Errorf("account for job %s: %w", job.ID, err)
		}
		if job.Next = next; next.IsZero() {
			job.State = cronsole.JobFinished
		}
	}
	if err := s.Store.SetJobState(ctx, job, rows); err != nil {
		return nil, fmt.Errorf("account for job %s: %w", job.ID, err)
	}
	s.take(e, job, trigger)
	return clone(job), nil
}

// take takes a written job over into memory.
func (s *Scheduler) take(e *entry, job *cronsole.Job, trigger cronsole.Trigger) {
	s.mu.Lock()
	s.replace(e, job, trigger)
	s.mu.Unlock()
	s.changed()
}

// same reports whether two values mean the same when they are written down.
func same[T any](a, b T) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && string(x) == string(y)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
