package scheduler

import (
	"context"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// Create makes a job. It returns the job and sentences about what was ignored
// or may surprise. NotFound when the folder or its .schedule is not there,
// Conflict when an active or paused job has the id, Invalid for bad values.
func (s *Scheduler) Create(ctx context.Context, req cronsole.Request) (*cronsole.Job, []string, error) {
	if req.JobID == "" {
		req.JobID = req.Code
	}
	if req.Code == "" {
		req.Code = req.JobID
	}
	if msg := cronsole.CheckJobID(req.JobID); msg != "" {
		return nil, nil, invalid("job_id", msg)
	}
	if err := s.begin(ctx, req.JobID); err != nil {
		return nil, nil, err
	}
	defer s.end(req.JobID)
	ctx = context.WithoutCancel(ctx)
	return s.create(ctx, req)
}

// create makes a job. The caller has begun its id.
func (s *Scheduler) create(ctx context.Context, req cronsole.Request) (*cronsole.Job, []string, error) {
	code, ok := s.Codes.Code(req.Code)
	if !ok {
		return nil, nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job folder not found."}
	}
	if req.FromFile && code.File == nil {
		return nil, nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Schedule file not found"}
	}
	s.mu.Lock()
	taken := s.ids[req.JobID] != nil
	s.mu.Unlock()
	if taken {
		return nil, nil, errTaken(nil)
	}
	if code.Problem != "" {
		return nil, nil, invalid("code", "cannot run: "+code.Problem)
	}
	d, err := s.draft(req, nil)
	if err != nil {
		return nil, nil, err
	}
	job, err := s.insert(ctx, req.JobID, d)
	if err != nil {
		return nil, nil, err
	}
	return job, append(d.warnings, d.def.Schedule.Warnings(s.now())...), nil
}

func errTaken(cause error) error {
	return &cronsole.Error{Kind: cronsole.Conflict, Message: "Job already exists", Err: cause}
}

// insert writes a new job and takes it into memory.
func (s *Scheduler) insert(ctx context.Context, id string, d *draft) (*cronsole.Job, error) {
	now := s.now()
	b, err := count(d.def, now, time.Time{})
	if err != nil {
		return nil, err
	}
	job := &cronsole.Job{
		ID: id, Definition: d.def, State: cronsole.JobActive,
		Anchor: b.anchor, Cursor: b.cursor, Next: b.next,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if !d.enabled {
		job.State, job.Next = cronsole.JobPaused, time.Time{}
		job.Reason = "made paused: enabled=false"
	}
	if err := s.Store.CreateJob(ctx, job); err != nil {
		if kind(err) == cronsole.Conflict {
			return nil, errTaken(err)
		}
		return nil, fmt.Errorf("create job %s: %w", id, err)
	}
	s.mu.Lock()
	s.admit(job, b.trigger)
	s.mu.Unlock()
	s.changed()
	s.Log.InfoContext(ctx, "job created", "job", id, "schedule", d.def.Schedule.Frequency(), "next", b.next)
	return clone(job), nil
}

// changed says that a job was written: pages are out of date, and go-quartz may
// wait for the wrong one.
func (s *Scheduler) changed() {
	s.Revision.Bump()
	s.clock.Reset()
	s.wakeEngine()
}

func clone(job *cronsole.Job) *cronsole.Job {
	c := *job
	return &c
}
