package scheduler

import (
	"context"
	"fmt"

	"cronsole/internal/cronsole"
)

// RunNow starts a run of a job that no schedule asked for; args nil are the
// job's own. The answer is the row as it was written: running, queued, or
// already skipped when the job's last run goes on, its code is missing or too
// many runs wait.
func (s *Scheduler) RunNow(ctx context.Context, id string, args []any) (*cronsole.Run, error) {
	if err := s.begin(ctx, id); err != nil {
		return nil, err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	_, job, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if args == nil {
		args = job.Definition.Args
	}
	now := s.now()
	r := &cronsole.Run{
		JobKey: job.Key, JobID: job.ID, Code: job.Definition.Code,
		Cause: cronsole.CauseManual, Args: args, QueuedAt: now,
	}
	s.mu.Lock()
	s.reserve(r, job.Definition.Rules, now)
	s.mu.Unlock()
	err = s.Store.AddRun(ctx, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.unreserve(r, job.Definition.Rules)
		return nil, fmt.Errorf("add a run of job %s: %w", id, err)
	}
	s.launch(r, job)
	s.Revision.Bump()
	written := *r
	return &written, nil
}
