package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// What waits: runs that have their row and not yet their slot, or whose job is
// busy with another, or whose next attempt is not due yet. They are in queues by
// code and by the limits that they come under, in the order of their rows: when
// a limit is reached its queues are passed over whole.

// queueOf is the queue of runs of a code that come under those limits.
func queueOf(code string, limits []string) string {
	return code + "\n" + strings.Join(limits, "\n")
}

func (r *run) queue() string { return queueOf(r.exec.Code, r.limits) }

// nobodyWaits reports whether a new run of a code has nobody to overtake that
// waits for the same. The caller holds the mutex.
func (s *Scheduler) nobodyWaits(code string, limits []string) bool {
	return len(s.queues[queueOf(code, limits)]) == 0
}

// enqueue puts a run into its queue. The caller holds the mutex.
func (s *Scheduler) enqueue(r *run) {
	s.lineUp(r)
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
	s.lineUp(&next)
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
	s.leave(r.limits)
	r.cancel(nil)
}

// dequeue takes the oldest queued runs out whose jobs may start another, for as
// long as there are slots and room under their limits. It looks at each queue
// only as far as to the first run that it cannot take, and at none when all
// slots are taken. The caller holds the mutex.
func (s *Scheduler) dequeue() (ready []*run) {
	if used, slots := s.Executor.Slots(); used >= slots || s.frozen != nil {
		return nil
	}
	now := s.now()
	rest := map[string][]*run{} // by queue, from the first run that may leave
	for name := range s.queues {
		s.skipTo(rest, name, s.queues[name], now)
	}
	for len(rest) > 0 {
		name := oldest(rest)
		r := rest[name][0]
		if !s.acquire(r.exec.Code, r.limits) {
			if s.reached(r.limits) == "" {
				break // no slot
			}
			delete(rest, name)
			continue
		}
		s.queued--
		r.queued = false
		s.shift(r.key, load{queued: -1, running: 1})
		ready = append(ready, r)
		s.skipTo(rest, name, rest[name][1:], now)
	}
	s.dropTaken(ready)
	return ready
}

// skipTo keeps what is left of a queue from the first run on that may leave it.
// The caller holds the mutex.
func (s *Scheduler) skipTo(rest map[string][]*run, name string, q []*run, now time.Time) {
	delete(rest, name)
	if len(q) == 0 || s.reached(q[0].limits) != "" {
		return
	}
	if i := slices.IndexFunc(q, func(r *run) bool { return s.mayLeave(r, now) }); i >= 0 {
		rest[name] = q[i:]
	}
}

// oldest names the queue whose first run has the oldest row.
func oldest(rest map[string][]*run) (name string) {
	for n, q := range rest {
		if name == "" || q[0].exec.RunID < rest[name][0].exec.RunID {
			name = n
		}
	}
	return name
}

// dropTaken takes runs out of their queues that are not queued any more. The
// caller holds the mutex.
func (s *Scheduler) dropTaken(taken []*run) {
	done := map[string]bool{}
	for _, r := range taken {
		name := r.queue()
		if done[name] {
			continue
		}
		done[name] = true
		s.cut(name, slices.DeleteFunc(s.queues[name], func(r *run) bool { return !r.queued }))
	}
}

// mayLeave reports whether the job of a queued run may start another. A job that
// has left memory was deleted or has finished; its runs go one after another.
// The caller holds the mutex.
func (s *Scheduler) mayLeave(r *run, now time.Time) bool {
	return !r.notBefore.After(now) && mayStart(s.loads[r.key], s.rulesOf(r.key))
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
	s.lineUp(r)
}

// putBack returns runs whose start was not written to their queues.
func (s *Scheduler) putBack(ready []*run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(ready) - 1; i >= 0; i-- {
		r := ready[i]
		s.Executor.Release(r.exec.Code)
		s.leave(r.limits)
		s.shift(r.key, load{queued: 1, running: -1})
		s.waitAgain(r)
	}
}

// cut replaces a queue; an empty one leaves the map. The caller holds the mutex.
func (s *Scheduler) cut(name string, q []*run) {
	if len(q) == 0 {
		delete(s.queues, name)
		return
	}
	s.queues[name] = q
}

// unqueue takes a run out of its queue. The caller holds the mutex.
func (s *Scheduler) unqueue(r *run) {
	name := r.queue()
	q := s.queues[name]
	if i, found := place(q, r); found {
		s.cut(name, slices.Delete(q, i, i+1))
	}
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

// lineUp puts a run into its queue, in the order of rows. The caller holds the
// mutex.
func (s *Scheduler) lineUp(r *run) {
	name := r.queue()
	q := s.queues[name]
	i, _ := place(q, r)
	s.queues[name] = slices.Insert(q, i, r)
}

// place is where a run is in a queue, or belongs.
func place(q []*run, r *run) (int, bool) {
	return slices.BinarySearchFunc(q, r, func(a, b *run) int { return cmp.Compare(a.exec.RunID, b.exec.RunID) })
}
