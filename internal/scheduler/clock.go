package scheduler

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"cronsole/internal/cronsole"
)

const (
	// stepNoticed is how far the wall clock must move between two rounds to be
	// called a step; time servers correct smaller differences all the time.
	stepNoticed = 5 * time.Second
	// stepBackNoticed is the same for a clock that goes backwards.
	stepBackNoticed = time.Second
	// maxWait is the largest backward step that is waited for: until the clock
	// is back where it was, what was due is accounted for already.
	maxWait = time.Hour
	// stepShown is for how long Health shows a step.
	stepShown = time.Hour
	// writeAtOnce is how many jobs are written concurrently; the store groups
	// what arrives together.
	writeAtOnce = 256
)

// watchClock looks for steps of the wall clock. Behind a backward step beyond
// maxWait the cursors lie so far ahead that jobs would stand still: they are
// armed anew from now.
func (s *Scheduler) watchClock(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back := s.high.Sub(now)
	switch {
	case s.high.IsZero() || back <= 0:
		if ahead := -back; !s.high.IsZero() && ahead > stepNoticed {
			s.noteStep(ahead, now, "forward, or the machine slept")
		}
		s.high, s.behind = now, 0
	case back > maxWait:
		s.noteStep(-back, now, "back by more than an hour: jobs count from now")
		s.high, s.behind, s.rearm = now, 0, true
	case back-s.behind >= stepBackNoticed:
		s.behind = back
		s.noteStep(-back, now, "back: what was due already does not run again")
	}
}

// noteStep keeps a step for Health. The caller holds the mutex.
func (s *Scheduler) noteStep(d time.Duration, now time.Time, where string) {
	s.step, s.stepAt = d, now
	s.Log.Warn("the clock was set", "where", where, "by", d)
	s.Revision.Bump()
}

// setBack arms the jobs anew whose cursors lie beyond now, when the clock was
// set back that far. What cannot be written now is tried again next round.
func (s *Scheduler) setBack(now time.Time) {
	ahead, done := s.aheadOf(now)
	for len(ahead) > 0 {
		n := min(len(ahead), writeAtOnce)
		done = s.setBackSome(ahead[:n], now) && done
		ahead = ahead[n:]
	}
	if done {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rearm = false
	}
}

// aheadOf returns the entries to set back; false when some of them are busy, so
// that this is not all.
func (s *Scheduler) aheadOf(now time.Time) (ahead []*entry, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.rearm {
		return nil, true
	}
	all = true
	for _, e := range s.entries {
		switch {
		case !e.job.Cursor.After(now):
		case s.busy[e.job.ID]:
			all = false
		default:
			s.busy[e.job.ID] = true
			ahead = append(ahead, e)
		}
	}
	return ahead, all
}

// setBackSome moves the cursors of busy entries back to now, and frees them. It
// reports false when the store could not write one of them.
func (s *Scheduler) setBackSome(some []*entry, now time.Time) bool {
	errs := make([]error, len(some))
	var wg sync.WaitGroup
	for i, e := range some {
		wg.Go(func() { errs[i] = s.setBackOne(e, now) })
	}
	wg.Wait()
	err := errors.Join(errs...)
	s.outcome("set jobs back to the clock", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range some {
		s.release(e.job.ID)
	}
	return err == nil
}

func (s *Scheduler) setBackOne(e *entry, now time.Time) error {
	s.mu.Lock()
	job := *e.job
	s.mu.Unlock()
	// An interval that counts from when it was made would wait for the clock to
	// come back there, so it counts from now as well.
	job.Anchor, job.Cursor = now, now
	trigger, err := job.Trigger()
	if err == nil && job.State == cronsole.JobActive {
		job.Next, err = firstAfter(trigger, now)
	}
	if err != nil {
		s.Log.Error("job cannot be set back to the clock", "job", job.ID, "error", err)
		return nil // the trigger is at fault; trying again would not help
	}
	if err := s.Store.SetJobState(s.ledger, &job, nil); err != nil {
		return fmt.Errorf("job %s: %w", job.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(e, &job, trigger)
	return nil
}

// firstAfter is the next due instant in UTC; zero when there is none.
func firstAfter(t cronsole.Trigger, after time.Time) (next time.Time, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("trigger panicked: %v", p)
		}
	}()
	next, ok := t.Next(after)
	if !ok {
		return time.Time{}, nil
	}
	return next.UTC(), nil
}
