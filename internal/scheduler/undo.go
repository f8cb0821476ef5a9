package scheduler

import (
	"context"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Undo brings a deleted job back as it was; a paused one stays paused. What was
// due meanwhile is recorded as skipped(paused). NotFound when there is nothing
// to take back, Gone when it is too late, Conflict when another job has the id.
func (s *Scheduler) Undo(ctx context.Context, undo string) (*cronsole.Job, error) {
	d, err := s.Store.DeletedBy(ctx, undo)
	if kind(err) == cronsole.NotFound {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "There is nothing to take back: the job was brought back already, or is not kept any more."}
	}
	if err != nil {
		return nil, fmt.Errorf("read the deleted job: %w", err)
	}
	id := d.Job.ID
	if err := s.begin(ctx, id); err != nil {
		return nil, err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	now := s.now()
	s.mu.Lock()
	taken := s.ids[id] != nil
	s.mu.Unlock()
	switch {
	case !now.Before(d.Until()):
		return nil, &cronsole.Error{Kind: cronsole.Gone, Message: fmt.Sprintf(
			"Job %s was deleted more than 24 hours ago and cannot be brought back. Its runs are kept; make the job anew.", id)}
	case taken:
		return nil, errInUse(id, nil)
	}
	return s.restore(ctx, d, now)
}

func errInUse(id string, cause error) error {
	return &cronsole.Error{Kind: cronsole.Conflict, Err: cause, Message: fmt.Sprintf(
		"Job %s cannot be brought back: another job has its name now. Delete that one first.", id)}
}

// restore writes a deleted job back and takes it into memory. The caller has
// begun its id.
func (s *Scheduler) restore(ctx context.Context, d *cronsole.Deleted, now time.Time) (*cronsole.Job, error) {
	job := clone(d.Job)
	trigger, err := job.Trigger()
	if err != nil {
		return nil, fmt.Errorf("bring back job %s: %w", job.ID, err)
	}
	if job.PauseOver(now) {
		job.State, job.Reason, job.PausedUntil = cronsole.JobActive, "", time.Time{}
	}
	var rows []*cronsole.Run
	if job.State == cronsole.JobActive { // a paused job accounts for it when it is resumed
		rows = s.skipDue(job, trigger, now)
		for _, r := range rows {
			r.Error = "The job was deleted at " + d.At.Format(time.RFC3339) + " and brought back later."
		}
		if job.Next, err = firstAfter(trigger, job.Cursor); err != nil {
			return nil, fmt.Errorf("bring back job %s: %w", job.ID, err)
		}
		if job.Next.IsZero() {
			job.State = cronsole.JobFinished
		}
	}
	job.UpdatedAt = now
	if err := s.Store.RestoreJob(ctx, job, rows); err != nil {
		if kind(err) == cronsole.Conflict {
			return nil, errInUse(job.ID, err)
		}
		return nil, fmt.Errorf("bring back job %s: %w", job.ID, err)
	}
	if job.State != cronsole.JobFinished {
		s.mu.Lock()
		s.admit(clone(job), trigger)
		s.mu.Unlock()
	}
	s.changed()
	s.Log.InfoContext(ctx, "job brought back", "job", job.ID, "state", job.State, "next", job.Next)
	return job, nil
}
