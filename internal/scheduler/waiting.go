package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cronsole/internal/cronsole"
)

// What waits: runs that have their row and not yet their slot, or whose job is
// busy with another, or whose next attempt is not due yet. They are in queues by
// code, in the order of their rows.

// enqueue appends a run to the queue of its code. The caller holds the mutex.
func (s *Scheduler) enqueue(r *run) {
	s.queues[r.exec.Code] = append(s.queues[r.exec.Code], r)
	s.wakeEngine()
}

// expiry is when a row that waits for its first attempt waits too long.
func expiry(row *cronsole.Run, rules cronsole.Rules) time.Time {
	if rules.Expires == 0 || row.Attempt > 0 {
		return time.Time{}
	}
	from := row.QueuedAt
	if !row.Due.IsZero() {
		from = row.Due.Add(cronsole.JitterOffset(row.JobKey, row.Due, rules.Jitter))
	}
	return from.Add(time.Duration(rules.Expires))
}

// requeueFailed lets a run wait whose next attempt was written. The caller holds
// the mutex.
func (s *Scheduler) requeueFailed(r *run, out cronsole.Outcome, at time.Time) {
	next := *r
	next.queued, next.notBefore, next.expires = true, at, time.Time{}
	next.exec.Attempt++
	next.exec.Offset = out.OutputBytes
	next.ctx, next.cancel = context.WithCancelCause(s.runs)
	s.live[r.exec.RunID] = &next
	s.shift(r.key, load{queued: 1})
	s.queued++
	s.queues[r.exec.Code] = insert(s.queues[r.exec.Code], &next)
}

// startQueued starts the oldest queued runs for which there are slots. It
// reports false when that could not be written.
func (s *Scheduler) startQueued() bool {
	s.mu.Lock()
	ready := s.dequeue()
	s.mu.Unlock()
	if len(ready) == 0 {
		return true
	}
	err := s.startRuns(ready)
	if lost(err) {
		// One of them is not queued in the ledger any more; it must not keep
		// the others waiting.
		err = nil
		for i, r := range ready {
			if err = s.startRuns(ready[i : i+1]); lost(err) {
				s.disown(r)
				err = nil
			}
			if err != nil {
				s.putBack(ready[i:])
				break
			}
		}
	} else if err != nil {
		s.putBack(ready)
	}
	s.outcome("start queued runs", err)
	s.Revision.Bump()
	return err == nil
}

// lost reports whether a row is not what memory takes it for: it has ended, or
// is not there.
func lost(err error) bool { return kind(err) == cronsole.Stale || kind(err) == cronsole.NotFound }

// startRuns writes that runs start, and starts them.
func (s *Scheduler) startRuns(ready []*run) error {
	ids := make([]int64, len(ready))
	for i, r := range ready {
		ids[i] = r.exec.RunID
	}
	if err := s.Store.StartRuns(s.ledger, ids, s.now()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range ready {
		s.start(r)
	}
	return nil
}

// disown lets go of a dequeued run whose row was ended by somebody else.
func (s *Scheduler) disown(r *run) {
	s.Log.Error("queued run has ended already", "job", r.exec.JobID, "run", r.exec.RunID)
	s.Executor.Release(r.exec.Code)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, r.exec.RunID)
	s.shift(r.key, load{running: -1})
	r.cancel(nil)
}

// dequeue takes the oldest queued runs out whose jobs may start another, for as
// long as there are slots for their code. The caller holds the mutex.
func (s *Scheduler) dequeue() (ready []*run) {
	full := map[string]bool{}
	for {
		var oldest *run
		for code, q := range s.queues {
			if full[code] {
				continue
			}
			i := slices.IndexFunc(q, s.mayLeave)
			if i < 0 {
				full[code] = true // all wait for runs of their own jobs
				continue
			}
			if oldest == nil || q[i].exec.RunID < oldest.exec.RunID {
				oldest = q[i]
			}
		}
		if oldest == nil {
			return ready
		}
		code := oldest.exec.Code
		if !s.Executor.Acquire(code) {
			full[code] = true
			continue
		}
		s.unqueue(oldest)
		s.shift(oldest.key, load{queued: -1, running: 1})
		ready = append(ready, oldest)
	}
}

// mayLeave reports whether the job of a queued run may start another. A job that
// has left memory was deleted or has finished; its runs go one after another.
// The caller holds the mutex.
func (s *Scheduler) mayLeave(r *run) bool {
	return s.frozen == nil && !r.notBefore.After(s.now()) && mayStart(s.loads[r.key], s.rulesOf(r.key))
}

// expire ends the queued runs that have waited too long. It reports false when
// that could not be written; then they are looked at again.
func (s *Scheduler) expire(now time.Time) bool {
	var late []*run
	s.mu.Lock()
	for _, q := range s.queues {
		for _, r := range q {
			if !r.expires.IsZero() && now.After(r.expires) {
				late = append(late, r)
			}
		}
	}
	ids := make([]int64, len(late))
	for i, r := range late {
		s.unqueue(r)
		ids[i] = r.exec.RunID
	}
	s.mu.Unlock()
	if len(late) == 0 {
		return true
	}
	err := s.Store.ExpireRuns(s.ledger, ids, now)
	s.outcome("record runs that expired", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range late {
		if err != nil {
			s.waitAgain(r)
			continue
		}
		delete(s.live, r.exec.RunID)
		s.shift(r.key, load{queued: -1})
		r.cancel(nil)
	}
	s.Revision.Bump()
	return err == nil
}

// waitAgain puts a run back into its queue that could not be taken out of the
// ledger. The caller holds the mutex.
func (s *Scheduler) waitAgain(r *run) {
	r.queued = true
	s.queued++
	s.queues[r.exec.Code] = insert(s.queues[r.exec.Code], r)
}

// putBack returns runs whose start was not written to their queues.
func (s *Scheduler) putBack(ready []*run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(ready) - 1; i >= 0; i-- {
		r := ready[i]
		s.Executor.Release(r.exec.Code)
		s.shift(r.key, load{queued: 1, running: -1})
		s.waitAgain(r)
	}
}

// cut replaces a queue; an empty one leaves the map. The caller holds the mutex.
func (s *Scheduler) cut(code string, q []*run) {
	if len(q) == 0 {
		delete(s.queues, code)
		return
	}
	s.queues[code] = q
}

// unqueue takes a run out of its queue. The caller holds the mutex.
func (s *Scheduler) unqueue(r *run) {
	old := s.queues[r.exec.Code]
	q := make([]*run, 0, len(old))
	for _, other := range old {
		if other != r {
			q = append(q, other)
		}
	}
	s.cut(r.exec.Code, q)
	s.queued--
	r.queued = false
}

// cancelQueued records a run that was taken out of its queue as cancelled. When
// that cannot be written the run waits again.
func (s *Scheduler) cancelQueued(ctx context.Context, r *run, why error) error {
	err := s.Store.FinishRun(ctx, cronsole.Outcome{
		RunID: r.exec.RunID, State: cronsole.Cancelled, FinishedAt: s.now(), Error: why.Error(),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.waitAgain(r)
		return fmt.Errorf("cancel run %d: %w", r.exec.RunID, err)
	}
	delete(s.live, r.exec.RunID)
	s.shift(r.key, load{queued: -1})
	r.cancel(why)
	s.Revision.Bump()
	return nil
}

// insert puts a run into a queue in the order of ids.
func insert(q []*run, r *run) []*run {
	i := 0
	for i < len(q) && q[i].exec.RunID < r.exec.RunID {
		i++
	}
	out := append(make([]*run, 0, len(q)+1), q[:i]...)
	return append(append(out, r), q[i:]...)
}
