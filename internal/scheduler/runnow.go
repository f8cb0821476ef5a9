package scheduler

import (
	"context"
	"encoding/json"
	"fmt"

	"cronsole/internal/cronsole"
)

// RunNow starts a run of a job that no schedule asked for; args nil are the
// job's own. The answer is the row as it was written: running, queued, or
// already skipped when the job's last run goes on, its code is missing or too
// many runs wait. With a key, asking the same again gets the same run; to ask
// for something else under it is Invalid.
func (s *Scheduler) RunNow(ctx context.Context, id string, args []any, key string) (*cronsole.Run, error) {
	if err := s.begin(ctx, id); err != nil {
		return nil, err
	}
	defer s.end(id)
	ctx = context.WithoutCancel(ctx)
	_, job, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	asked := askedArgs(args)
	if key != "" {
		r, before, err := s.Store.RunByKey(ctx, job.Key, key)
		switch {
		case err == nil && before != asked:
			return nil, invalid("Idempotency-Key", "was used for a run of this job with other arguments; send a new key")
		case kind(err) != cronsole.NotFound:
			return r, err
		}
	}
	if args == nil {
		args = job.Definition.Args
	}
	add := s.Store.AddRun
	if key != "" {
		add = func(ctx context.Context, r *cronsole.Run) error { return s.Store.AddRunOnce(ctx, r, key, asked) }
	}
	return s.addRun(ctx, job, cronsole.CauseManual, args, add)
}

// addRun writes a run without a due instant by add, and starts or queues it. The
// caller has begun the job's id.
func (s *Scheduler) addRun(ctx context.Context, job *cronsole.Job, cause cronsole.Cause, args []any, add func(context.Context, *cronsole.Run) error) (*cronsole.Run, error) {
	now := s.now()
	r := &cronsole.Run{
		JobKey: job.Key, JobID: job.ID, Code: job.Definition.Code,
		Cause: cause, Args: args, QueuedAt: now,
	}
	s.mu.Lock()
	s.reserve(r, job.Definition.Rules, now)
	s.mu.Unlock()
	err := add(ctx, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.unreserve(r, job.Definition.Rules)
		return nil, fmt.Errorf("add a run of job %s: %w", job.ID, err)
	}
	s.launch(r, job)
	s.Revision.Bump()
	written := *r
	return &written, nil
}

// askedArgs tells one request for a run from another; empty: for the job's own
// arguments.
func askedArgs(args []any) string {
	if args == nil {
		return ""
	}
	b, err := json.Marshal(args)
	if err != nil {
		return fmt.Sprint(args) // arguments come from JSON, so that they can go back
	}
	return string(b)
}
