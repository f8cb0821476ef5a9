package scheduler

import (
	"context"
	"time"

	"cronsole/internal/cronsole"
)

const (
	// maxQueued is how many runs may wait for a slot.
	maxQueued = 10_000
	// maxBatch is how many rows one transaction adds at most, but for the last
	// job's; what does not fit follows in the next one.
	maxBatch = 10_000
	// brokenPause is how long a job is left alone whose trigger failed.
	brokenPause = time.Minute
)

// planned is the plan of one entry: what to write, and the run to start or
// queue once it is written.
type planned struct {
	e       *entry
	job     *cronsole.Job // as planned from
	advance *cronsole.Advance
	newest  *cronsole.Run // the row that may run; nil when there is none
}

// planEntry decides about everything that is due for an entry and reserves what
// its run needs; nil when nothing is due. The caller holds the mutex and has
// made sure that the id is not busy.
func (s *Scheduler) planEntry(e *entry, now time.Time, hurry bool) (*planned, error) {
	o, err := survey(e.job, e.trigger, now, hurry)
	if err != nil || o.newest.IsZero() {
		return nil, err
	}
	job := e.job
	newest := row(job, o.newest.UTC(), now)
	s.reserve(newest, now)
	return &planned{
		e:   e,
		job: job,
		advance: &cronsole.Advance{
			JobKey: job.Key,
			From:   job.Cursor,
			To:     newest.Due,
			Next:   utc(o.next),
			Runs:   append(skipped(job, o.missed, cronsole.ReasonMisfire, now), newest),
		},
		newest: newest,
	}, nil
}

// reserve decides whether a row runs, waits or is skipped, and takes the slot,
// the place in the queue and the overlap count that it needs. The caller holds
// the mutex and gives them back with unreserve when the row is not written.
func (s *Scheduler) reserve(r *cronsole.Run, now time.Time) {
	code, ok := s.Codes.Code(r.Code)
	switch {
	case !ok || code.Problem != "":
		skip(r, cronsole.ReasonCodeMissing, now)
	case s.active[r.JobKey] > 0:
		skip(r, cronsole.ReasonOverlap, now)
	case len(s.queues[r.Code]) == 0 && s.Executor.Acquire(r.Code):
		r.State, r.StartedAt, r.Attempt = cronsole.Running, now, 1
		s.active[r.JobKey]++
	case s.queued >= maxQueued:
		skip(r, cronsole.ReasonQueueFull, now)
	default:
		r.State = cronsole.Queued
		s.active[r.JobKey]++
		s.queued++
	}
}

// unreserve gives back what reserve took. The caller holds the mutex.
func (s *Scheduler) unreserve(r *cronsole.Run) {
	switch r.State {
	case cronsole.Running:
		s.Executor.Release(r.Code)
	case cronsole.Queued:
		s.queued--
	default:
		return
	}
	s.idle(r.JobKey)
}

// idle takes one run off the overlap count of a job. The caller holds the mutex.
func (s *Scheduler) idle(key int64) {
	if s.active[key]--; s.active[key] <= 0 {
		delete(s.active, key)
	}
}

// commit writes plans in one transaction and starts what was written. After an
// error nothing was written and everything reserved is given back.
func (s *Scheduler) commit(ctx context.Context, plans []*planned) error {
	batch := make([]*cronsole.Advance, len(plans))
	for i, p := range plans {
		batch[i] = p.advance
	}
	err := s.Store.Advance(ctx, batch)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		for _, p := range plans {
			s.unreserve(p.newest)
		}
		return err
	}
	for _, p := range plans {
		s.apply(p)
	}
	s.Revision.Bump()
	return nil
}

// apply takes a written plan over into memory. The caller holds the mutex.
func (s *Scheduler) apply(p *planned) {
	if !p.advance.Applied {
		// Somebody else wrote the job: nothing of the plan holds.
		s.unreserve(p.newest)
		return
	}
	if p.newest.ID == 0 {
		s.unreserve(p.newest) // in the ledger already: the clock was set back
	} else {
		s.launch(p.newest, p.job)
	}
	job := *p.job
	job.Cursor, job.Next = p.advance.To, p.advance.Next
	if job.Next.IsZero() {
		job.State = cronsole.JobFinished
	}
	s.replace(p.e, &job, p.e.trigger)
}

// utc is t in UTC; the zero time stays zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
