package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// tick is how long the engine waits at most. Each tick retries what failed,
// looks at the wall clock, and makes go-quartz compute its wait anew, because
// its timer does not notice when the clock is set.
const tick = time.Second

// loop is the engine: on a ring, a tick or a finished commit it fires all that
// is due.
func (s *Scheduler) loop(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.signal:
			s.round(false)
		case <-ticker.C:
			s.clock.Reset()
			s.round(true)
		}
	}
}

// round fires all that is due now. While commits fail, only ticks try again.
func (s *Scheduler) round(ticked bool) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("firing panicked, it goes on with the next tick", "panic", p)
		}
	}()
	now := s.now()
	s.watchClock(now)
	if !s.ready(ticked) {
		return
	}
	s.setBack(now)
	if !s.expire(now) || !s.startQueued() || !s.endPauses(now) {
		return
	}
	for s.engine.Err() == nil && s.fire() {
		continue
	}
	s.runStarts()
}

// ready notes that the engine came round, and reports whether it may try to
// commit.
func (s *Scheduler) ready(ticked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = s.Now()
	return ticked || s.failing == ""
}

// fire commits one batch of what is due and reports whether there is more. When
// a batch is refused for another reason than that nothing can be written, the
// jobs are written one by one, so that one of them cannot hold the others back.
func (s *Scheduler) fire() (more bool) {
	plans, more := s.plan(s.now())
	if len(plans) == 0 {
		return false
	}
	err := s.commit(s.ledger, plans)
	refused := err != nil && kind(err) != cronsole.Unavailable && s.ledger.Err() == nil
	if refused && len(plans) == 1 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rest(plans[0].e, err)
		s.release(plans[0].job.ID)
		return more
	}
	s.outcome("fire", err)
	s.settle(plans, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.careful = (refused || s.careful) && len(s.pending) > 0
	return refused || more && err == nil
}

// plan plans what is due, up to a full batch, and makes its jobs busy.
func (s *Scheduler) plan(now time.Time) (plans []*planned, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collect(now)
	kept := s.pending[:0]
	rows, at := 0, nanos(now)
	for _, e := range s.pending {
		switch {
		case e.gone:
			e.due = false
		case e.wake > at: // rung too early; or paused for good, which parks it
			e.due = false
			s.alarms.set(e.alarm, e.wake)
		case e.job.PauseOver(now):
			kept = append(kept, e) // until the pause is ended
		case e.job.State != cronsole.JobActive:
			e.due = false
		case s.busy[e.job.ID]:
			kept = append(kept, e)
		case rows >= maxBatch || s.careful && len(plans) > 0:
			kept, more = append(kept, e), true
		default:
			e.due = false
			if p := s.planOrRest(e, now); p != nil {
				s.busy[e.job.ID] = true
				plans = append(plans, p)
				rows += len(p.advance.Runs)
			}
		}
	}
	clear(s.pending[len(kept):])
	s.pending = kept
	return plans, more
}

// collect moves what rang and what the heap holds as due to pending. The caller
// holds the mutex.
func (s *Scheduler) collect(now time.Time) {
	s.rungMu.Lock()
	found := s.rung
	s.rung = nil
	s.rungMu.Unlock()
	for _, e := range s.alarms.take(nanos(now), found) {
		if !e.due {
			e.due = true
			s.pending = append(s.pending, e)
		}
	}
}

// planOrRest plans an entry. The caller holds the mutex.
func (s *Scheduler) planOrRest(e *entry, now time.Time) *planned {
	p, err := s.planEntry(e, now, false)
	if err == nil && p == nil {
		err = s.refresh(e)
	}
	if err != nil {
		s.rest(e, err)
		return nil
	}
	return p
}

// rest leaves a job alone for a while that cannot be fired, so that it does not
// keep the others from firing. The caller holds the mutex.
func (s *Scheduler) rest(e *entry, err error) {
	s.Log.Error("job cannot be fired", "job", e.job.ID, "error", err, "again_in", brokenPause)
	e.wake = nanos(s.now().Add(brokenPause))
	s.alarms.set(e.alarm, e.wake)
}

// refresh computes the next due instant of an entry that woke for nothing: the
// one it had was made with other time zone data. The caller holds the mutex.
func (s *Scheduler) refresh(e *entry) error {
	job := *e.job
	next, err := firstAfter(e.trigger, job.Cursor)
	if err != nil {
		return err
	}
	if next.IsZero() {
		return errors.New("its trigger has no due instant any more")
	}
	job.Next = next
	e.job = &job
	s.arm(e)
	return nil
}

// settle ends the commit of a batch: what failed is due at the next tick, what
// the store refused is read again.
func (s *Scheduler) settle(plans []*planned, err error) {
	var refused []*entry
	s.mu.Lock()
	for _, p := range plans {
		switch {
		case err != nil && !p.e.due && !p.e.gone:
			p.e.due = true
			s.pending = append(s.pending, p.e)
		case err == nil && !p.advance.Applied:
			refused = append(refused, p.e)
		}
	}
	s.mu.Unlock()
	for _, e := range refused {
		s.reload(e)
	}
	ids := make([]string, len(plans))
	for i, p := range plans {
		ids[i] = p.job.ID
	}
	s.mu.Lock()
	s.release(ids...)
	s.mu.Unlock()
}

// reload reads a job again whose state in the store is not the one in memory.
func (s *Scheduler) reload(e *entry) {
	s.Log.Warn("job was changed by another program", "job", e.job.ID)
	job, err := s.Store.Job(s.ledger, e.job.ID)
	if err == nil && (job.Key != e.job.Key || job.State == cronsole.JobFinished) {
		err = &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found"}
	}
	var trigger cronsole.Trigger
	if err == nil {
		trigger, err = job.Trigger()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case kind(err) == cronsole.NotFound:
		s.forget(e)
	case err != nil:
		s.Log.Error("job cannot be read again", "job", e.job.ID, "error", err)
		e.wake = nanos(s.now().Add(tick))
		s.alarms.set(e.alarm, e.wake)
	default:
		s.replace(e, job, trigger)
	}
}

// outcome notes how a commit ended, for Health; the log hears of it when it
// changes.
func (s *Scheduler) outcome(what string, err error) {
	s.mu.Lock()
	was := s.failing
	s.failing = ""
	if err != nil {
		s.failing = fmt.Sprintf("%s: %v", what, err)
	}
	now := s.failing
	s.mu.Unlock()
	switch {
	case was == "" && now != "":
		s.Log.Error("the ledger cannot be written, nothing is started until it can", "error", now)
		s.Revision.Bump()
	case was != "" && now == "":
		s.Log.Info("the ledger can be written again")
		s.Revision.Bump()
	}
}
