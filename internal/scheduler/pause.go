package scheduler

import (
	"errors"
	"slices"
	"sync"
	"time"

	"cronsole/internal/cronsole"
)

// pauseEnd reads when a pause is to end; zero when nobody says.
func pauseEnd(job *cronsole.Job, until string, now time.Time) (time.Time, error) {
	if until == "" {
		return time.Time{}, nil
	}
	end, err := cronsole.ParseInstant(until, job.Definition.Schedule.Timezone, now)
	if err != nil {
		return time.Time{}, invalid("until", err.Error())
	}
	if !end.After(now) {
		return time.Time{}, invalid("until", "is past; write an instant to come, or how long from now, such as 2h")
	}
	return end, nil
}

// endPauses makes the jobs active again whose pause is over, so that what was
// due since then fires. It reports false when that cannot be written.
func (s *Scheduler) endPauses(now time.Time) bool {
	ok := true
	for some := range slices.Chunk(s.pausesOver(now), writeAtOnce) {
		errs := make([]error, len(some))
		var wg sync.WaitGroup
		for i, e := range some {
			wg.Go(func() {
				s.mu.Lock()
				job := e.job
				s.mu.Unlock()
				errs[i] = s.endPause(s.ledger, e, job)
			})
		}
		wg.Wait()
		ok = s.pausesEnded(some, errs) && ok
	}
	return ok
}

// pausesOver takes the entries out of pending whose pause is over, and makes
// them busy.
func (s *Scheduler) pausesOver(now time.Time) (over []*entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collect(now)
	kept := s.pending[:0]
	for _, e := range s.pending {
		if e.gone || !e.job.PauseOver(now) || s.busy[e.job.ID] {
			kept = append(kept, e)
			continue
		}
		e.due = false
		s.busy[e.job.ID] = true
		over = append(over, e)
	}
	clear(s.pending[len(kept):])
	s.pending = kept
	return over
}

// pausesEnded frees busy entries. What could not be written is tried again at
// the next tick; a job that is at fault itself rests.
func (s *Scheduler) pausesEnded(some []*entry, errs []error) bool {
	var failed error
	for _, err := range errs {
		if kind(err) == cronsole.Unavailable {
			failed = errors.Join(failed, err)
		}
	}
	s.outcome("end pauses", failed)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range some {
		switch {
		case errs[i] == nil:
		case kind(errs[i]) == cronsole.Unavailable:
			e.due = true
			s.pending = append(s.pending, e)
		default:
			s.rest(e, errs[i])
		}
		s.release(e.job.ID)
	}
	return failed == nil
}
