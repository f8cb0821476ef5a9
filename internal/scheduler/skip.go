package scheduler

import (
	"context"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// SkipNext lets the next due instant of a job pass without a run; it is recorded
// as skipped when it comes. Asking again changes nothing. It is forgotten when
// the schedule changes.
func (s *Scheduler) SkipNext(ctx context.Context, id string) error {
	return s.setSkip(ctx, id, func(job *cronsole.Job, now time.Time) error {
		switch {
		case job.State == cronsole.JobPaused:
			return &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s is paused, so it has no next run to skip", id)}
		case !job.SkipsNext():
			job.SkipDue, job.SkipAsked = job.Next, now
		}
		return nil
	})
}

// RunNext takes SkipNext back.
func (s *Scheduler) RunNext(ctx context.Context, id string) error {
	return s.setSkip(ctx, id, func(job *cronsole.Job, _ time.Time) error {
		job.SkipDue, job.SkipAsked = time.Time{}, time.Time{}
		return nil
	})
}

func (s *Scheduler) setSkip(ctx context.Context, id string, set func(job *cronsole.Job, now time.Time) error) error {
	if err := s.begin(ctx, id); err != nil {
		return err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	e, job, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	if e == nil {
		return &cronsole.Error{Kind: cronsole.Conflict, Message: fmt.Sprintf("Job %s is finished", job.ID)}
	}
	was, now := job, s.now()
	job = clone(job)
	if err := set(job, now); err != nil || job.SkipDue.Equal(was.SkipDue) {
		return err
	}
	job.UpdatedAt = now
	if err := s.Store.SetJobState(ctx, job, nil); err != nil {
		return fmt.Errorf("skip the next run of job %s: %w", id, err)
	}
	s.take(e, job, e.trigger)
	s.Log.InfoContext(ctx, "next run to be skipped", "job", id, "due", job.SkipDue)
	return nil
}

// passOver accounts for the instant that somebody asked to skip, when it is due:
// it returns its row and the job as it is then. Otherwise the row is nil and the
// job is as it was.
func passOver(job *cronsole.Job, t cronsole.Trigger, now time.Time, hurry bool) (*cronsole.Job, *cronsole.Run, error) {
	if !job.SkipsNext() {
		return job, nil, nil
	}
	at := job.SkipDue
	if !hurry {
		at = wake(job, at)
	}
	first, err := firstAfter(t, job.Cursor)
	if err != nil || at.After(now) || !first.Equal(job.SkipDue) {
		return job, nil, err
	}
	r := row(job, job.SkipDue, now)
	skip(r, cronsole.ReasonPaused, now)
	r.Error = "Skipped on request, asked at " + job.SkipAsked.Format(time.RFC3339) + "."
	after := clone(job)
	after.Cursor = job.SkipDue
	return after, r, nil
}
