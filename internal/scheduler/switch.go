package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Pause stops a job from firing until it is resumed; a run that is going on
// goes on. The reason is shown to people and may be empty. Until is when it
// resumes by itself, as [cronsole.ParseInstant] reads it; empty: it does not.
// Pausing a paused job gives it the new reason and end.
func (s *Scheduler) Pause(ctx context.Context, id, reason, until string) error {
	if err := s.begin(ctx, id); err != nil {
		return err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	return s.pause(ctx, id, reason, until)
}

func (s *Scheduler) pause(ctx context.Context, id, reason, until string) error {
	e, job, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	if e == nil {
		return &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s is finished", job.ID)}
	}
	now := s.now()
	end, err := pauseEnd(job, until, now)
	if err != nil {
		return err
	}
	job, trigger := clone(job), e.trigger
	var rows []*cronsole.Run
	if job.State == cronsole.JobActive { // what is due while paused is written on resume
		rows = s.skipDue(job, trigger, now)
	}
	job.State, job.Reason, job.PausedUntil, job.Next, job.UpdatedAt = cronsole.JobPaused, reason, end, time.Time{}, now
	if err := s.Store.SetJobState(ctx, job, rows); err != nil {
		return fmt.Errorf("pause job %s: %w", id, err)
	}
	s.take(e, job, trigger)
	s.Log.InfoContext(ctx, "job paused", "job", id, "reason", reason, "until", end)
	return nil
}

// skipDue moves a job's cursor to an instant that is not after now and returns
// the rows of what was due up to there.
func (s *Scheduler) skipDue(job *cronsole.Job, trigger cronsole.Trigger, to time.Time) []*cronsole.Run {
	due, err := outstanding(trigger, job.Cursor, to)
	if err != nil {
		// A broken trigger must not keep anybody from switching its job.
		s.Log.Error("job cannot be accounted for", "job", job.ID, "error", err)
		return nil
	}
	rows := skipped(job, due, cronsole.ReasonPaused, s.now())
	job.Cursor = later(job.Cursor, to)
	return rows
}

// Resume lets a paused job fire again, from the next due instant on. What was
// due meanwhile is recorded as skipped(paused). Resuming an active job changes
// nothing.
func (s *Scheduler) Resume(ctx context.Context, id string) error {
	if err := s.begin(ctx, id); err != nil {
		return err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	return s.resume(ctx, id)
}

func (s *Scheduler) resume(ctx context.Context, id string) error {
	e, job, err := s.find(ctx, id)
	switch {
	case err != nil:
		return err
	case e == nil:
		return &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s is finished", job.ID)}
	case job.State != cronsole.JobPaused:
		return nil
	}
	return s.endPause(ctx, e, job)
}

// endPause makes a paused job active from when its pause was to end, or from
// now on. The caller has begun its id.
func (s *Scheduler) endPause(ctx context.Context, e *entry, job *cronsole.Job) error {
	now, id := s.now(), job.ID
	end := now
	if job.PauseOver(now) {
		end = job.PausedUntil
	}
	job, trigger := clone(job), e.trigger
	rows := s.skipDue(job, trigger, end)
	next, err := firstAfter(trigger, job.Cursor)
	if err != nil {
		return fmt.Errorf("resume job %s: %w", id, err)
	}
	job.State, job.Reason, job.PausedUntil, job.Next, job.UpdatedAt = cronsole.JobActive, "", time.Time{}, next, now
	if next.IsZero() {
		job.State = cronsole.JobFinished
	}
	if err := s.Store.SetJobState(ctx, job, rows); err != nil {
		return fmt.Errorf("resume job %s: %w", id, err)
	}
	s.take(e, job, trigger)
	s.Log.InfoContext(ctx, "job resumed", "job", id, "state", job.State, "next", next)
	return nil
}

// Delete takes a job away; its runs stay. A run that is going on goes on, those
// that wait are cancelled. The answer says what brings it back.
func (s *Scheduler) Delete(ctx context.Context, id string) (*cronsole.Deleted, error) {
	if err := s.begin(ctx, id); err != nil {
		return nil, err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	e, job, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if e != nil {
		// A deleted job's history has no hole before its end.
		if job, err = s.writeOff(ctx, e, now); err != nil {
			return nil, err
		}
	}
	d := &cronsole.Deleted{Job: job, At: now, Undo: rand.Text()}
	if err := s.Store.DeleteJob(ctx, job.Key, now, d.Undo); err != nil {
		return nil, fmt.Errorf("delete job %s: %w", id, err)
	}
	if e != nil {
		s.mu.Lock()
		s.forget(e)
		s.mu.Unlock()
	}
	s.changed()
	s.Log.InfoContext(ctx, "job deleted", "job", id)
	return d, s.cancelWaiting(ctx, job.Key)
}

// cancelWaiting cancels the queued runs of a job that was deleted; those that go
// on are not tried again.
func (s *Scheduler) cancelWaiting(ctx context.Context, key int64) error {
	s.mu.Lock()
	var waiting []*run
	for _, r := range s.live {
		if r.key != key {
			continue
		}
		r.orphan = true
		if r.queued {
			s.unqueue(r)
			waiting = append(waiting, r)
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, r := range waiting {
		errs = append(errs, s.cancelQueued(ctx, r, errDeleted))
	}
	return errors.Join(errs...)
}

var errDeleted = errors.New("the job was deleted before the run could start")
