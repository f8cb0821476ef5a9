package scheduler

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cronsole/internal/cronsole"
)

// entry is a job in memory: active or paused. Its fields are guarded by
// Scheduler.mu.
type entry struct {
	// job is never changed in place: whoever holds the pointer keeps a
	// consistent job.
	job     *cronsole.Job
	trigger cronsole.Trigger
	wake    int64 // when to ring, Unix nanoseconds: due plus jitter, or the end of a pause; parked when there is none
	alarm   *alarm
	due     bool // in Scheduler.pending
	gone    bool // not in memory any more
}

// ringer is the quartz.Job of an entry. It hands over and returns: go-quartz
// runs it in its only loop.
type ringer struct {
	s *Scheduler
	e *entry
}

// Execute implements quartz.Job.
func (r ringer) Execute(context.Context) error {
	r.s.rungMu.Lock()
	r.s.rung = append(r.s.rung, r.e)
	r.s.rungMu.Unlock()
	r.s.wakeEngine()
	return nil
}

// Description implements quartz.Job.
func (r ringer) Description() string { return "rings for a job that is due" }

// admit takes a job into memory. The caller holds the mutex.
func (s *Scheduler) admit(job *cronsole.Job, trigger cronsole.Trigger) {
	e := &entry{job: job, trigger: trigger}
	e.alarm = s.alarms.add(strconv.FormatInt(job.Key, 10), e, ringer{s, e})
	s.entries[job.Key], s.ids[job.ID] = e, e
	s.arm(e)
}

// replace puts a committed job in the place of what the entry held; a finished
// or deleted one leaves memory. The caller holds the mutex.
func (s *Scheduler) replace(e *entry, job *cronsole.Job, trigger cronsole.Trigger) {
	e.job, e.trigger = job, trigger
	if job.State == cronsole.JobFinished || job.State == cronsole.JobDeleted {
		s.forget(e)
		return
	}
	s.arm(e)
}

// forget takes an entry out of memory. The caller holds the mutex.
func (s *Scheduler) forget(e *entry) {
	e.gone = true
	s.alarms.drop(e.alarm)
	delete(s.entries, e.job.Key)
	if s.ids[e.job.ID] == e {
		delete(s.ids, e.job.ID)
	}
}

// arm sets the wake of an entry from its job. The caller holds the mutex.
func (s *Scheduler) arm(e *entry) {
	e.wake = parked
	switch {
	case e.job.State == cronsole.JobActive && !e.job.Next.IsZero():
		e.wake = nanos(wake(e.job, e.job.Next))
	case e.job.State == cronsole.JobPaused && !e.job.PausedUntil.IsZero():
		e.wake = nanos(e.job.PausedUntil)
	}
	s.alarms.set(e.alarm, e.wake)
}

// wake is when a due instant starts: the instant plus its jitter, in the
// precision of the ledger. It rounds up, so that a ring is never a fraction of
// a millisecond too early for a clock that is cut to milliseconds.
func wake(job *cronsole.Job, due time.Time) time.Time {
	at := due.Add(cronsole.JitterOffset(job.Key, due, job.Definition.Rules.Jitter))
	if cut := at.Truncate(time.Millisecond); !cut.Equal(at) {
		return cut.Add(time.Millisecond)
	}
	return at
}

// begin waits until no commit is under way for the id, and takes it. Every
// successful begin is followed by end. What is written between them is written
// without the caller's deadline: a commit whose answer nobody waited for would
// leave the ledger and the memory in disagreement.
func (s *Scheduler) begin(ctx context.Context, id string) error {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.freed.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.phase == made:
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: "The scheduler has not started yet."}
		case s.phase == stopping:
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: "The console is shutting down."}
		case ctx.Err() != nil:
			return fmt.Errorf("wait for another change of job %s: %w", id, context.Cause(ctx))
		case !s.busy[id]:
			s.busy[id] = true
			s.ops.Add(1)
			return nil
		}
		s.freed.Wait()
	}
}

// end gives the id back.
func (s *Scheduler) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(id)
	s.ops.Done()
}

// release lets go of busy ids and of whoever waits for them. The caller holds
// the mutex.
func (s *Scheduler) release(ids ...string) {
	for _, id := range ids {
		delete(s.busy, id)
	}
	s.freed.Broadcast()
	if len(s.pending) > 0 {
		s.wakeEngine()
	}
}

// find returns the job that has the id: from memory, or a finished one from the
// store, in which case the entry is nil. The caller has begun the id.
func (s *Scheduler) find(ctx context.Context, id string) (*entry, *cronsole.Job, error) {
	s.mu.Lock()
	e := s.ids[id]
	var job *cronsole.Job
	if e != nil {
		job = e.job
	}
	s.mu.Unlock()
	if e != nil {
		return e, job, nil
	}
	job, err := s.Store.Job(ctx, id)
	if kind(err) == cronsole.NotFound {
		return nil, nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found"}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read job %s: %w", id, err)
	}
	return nil, job, nil
}
