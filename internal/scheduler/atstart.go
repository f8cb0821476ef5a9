package scheduler

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"cronsole/internal/cronsole"
)

// noteStarts finds the jobs that run when the console starts. Those that are
// paused then do not, nor does any while everything is frozen.
func (s *Scheduler) noteStarts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen != nil {
		return
	}
	for _, e := range s.entries {
		if e.job.Definition.Rules.RunAtStart && e.job.State == cronsole.JobActive {
			s.starts = append(s.starts, e)
		}
	}
	slices.SortFunc(s.starts, func(a, b *entry) int { return cmp.Compare(a.job.Key, b.job.Key) })
}

// runStarts runs the jobs that noteStarts has found. What cannot be written now
// is tried again with the next tick.
func (s *Scheduler) runStarts() {
	s.mu.Lock()
	starts := s.starts
	s.mu.Unlock()
	var left []*entry
	for some := range slices.Chunk(starts, writeAtOnce) {
		errs := make([]error, len(some))
		var wg sync.WaitGroup
		for i, e := range some {
			wg.Go(func() { errs[i] = s.runStart(s.ledger, e) })
		}
		wg.Wait()
		for i, err := range errs {
			switch {
			case err == nil:
			case kind(err) == cronsole.Unavailable:
				left = append(left, some[i])
			default:
				s.Log.Error("job could not run at the start of the console", "job", some[i].job.ID, "error", err)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts = left
}

// runStart runs a job because the console has started, unless it was paused,
// changed or deleted since.
func (s *Scheduler) runStart(ctx context.Context, e *entry) error {
	if err := s.begin(ctx, e.job.ID); err != nil {
		return err
	}
	defer s.end(e.job.ID)
	s.mu.Lock()
	job := e.job
	runs := !e.gone && s.frozen == nil && job.State == cronsole.JobActive && job.Definition.Rules.RunAtStart
	s.mu.Unlock()
	if !runs {
		return nil
	}
	_, err := s.addRun(ctx, job, cronsole.CauseStart, job.Definition.Args, s.Store.AddRun)
	return err
}
