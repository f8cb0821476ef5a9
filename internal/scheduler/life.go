package scheduler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/reugn/go-quartz/quartz"

	"cronsole/internal/cronsole"
)

const (
	// purgeEvery is how often retention runs, and purgePause the rest between
	// its steps, in which others can write.
	purgeEvery = time.Minute
	purgePause = 20 * time.Millisecond
	// lastWait is for what could not be ended in time to notice that it is over.
	lastWait = time.Second
	// never is an outdated threshold of go-quartz that no delay reaches:
	// lateness is decided and recorded here, not skipped silently there.
	never = time.Duration(math.MaxInt64 / 4)
)

// Start takes up where the last life ended and returns when jobs are firing:
// processes that the last life left are ended, what was running is recorded as
// interrupted, queued runs wait again, missed instants are accounted for, and
// then the clock starts. It is called once.
func (s *Scheduler) Start(ctx context.Context) error {
	base := context.WithoutCancel(ctx)
	s.engine, s.endEngine = context.WithCancel(base)
	s.runs, s.endRuns = context.WithCancelCause(base)
	s.ledger, s.endLedger = context.WithCancel(base)
	clock, err := newClock(s.alarms)
	if err != nil {
		return fmt.Errorf("make the clock: %w", err)
	}
	s.clock = clock
	if err := s.takeUp(ctx); err != nil {
		return err
	}
	s.round(true) // accounts for what was missed; what cannot be written now is tried again each second
	if s.Apply {
		if err := s.followFiles(ctx); err != nil {
			s.Log.Error("jobs could not follow their files", "error", err)
		}
	}
	s.noteStarts()
	s.runStarts()
	s.clock.Start(s.engine)
	s.work.Go(func() { s.loop(s.engine) })
	s.work.Go(func() { s.keepHouse(s.engine) })
	s.Revision.Bump()
	s.Log.Info("scheduler started", "jobs", s.Health().Jobs, "timezone", s.Zone, "tzdata", cronsole.TZVersion())
	return nil
}

// newClock makes the go-quartz scheduler: our heap, the hand-over in its own
// loop, and no opinion about lateness.
func newClock(q *alarms) (*quartz.StdScheduler, error) {
	std, err := quartz.NewStdScheduler(
		quartz.WithQueue(q, &sync.Mutex{}),
		quartz.WithBlockingExecution(),
		quartz.WithOutdatedThreshold(never),
	)
	if err != nil {
		return nil, err
	}
	clock, ok := std.(*quartz.StdScheduler)
	if !ok {
		return nil, fmt.Errorf("go-quartz made a %T", std)
	}
	return clock, nil
}

// takeUp closes the books of the last life and loads the jobs.
func (s *Scheduler) takeUp(ctx context.Context) error {
	processes, err := s.Store.Processes(ctx)
	if err != nil {
		return fmt.Errorf("read the processes of the last life: %w", err)
	}
	notes, err := s.Executor.EndOrphans(ctx, processes)
	if err != nil {
		return fmt.Errorf("end the processes of the last life: %w", err)
	}
	jobs, err := s.Store.LiveJobs(ctx)
	if err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	rules := make(map[int64]cronsole.Rules, len(jobs))
	for _, job := range jobs {
		rules[job.Key] = job.Definition.Rules
	}
	again := func(r *cronsole.Run) bool { return rules[r.JobKey].RunsAgain(r.Attempt) }
	interrupted, err := s.Store.InterruptRuns(ctx, s.now(), notes, again)
	if err != nil {
		return fmt.Errorf("record interrupted runs: %w", err)
	}
	for _, r := range interrupted {
		s.Log.Warn("run was interrupted by the end of the console", "job", r.JobID, "run", r.ID, "again", again(r), "note", notes[r.ID])
	}
	waiting, err := s.Store.QueuedRuns(ctx)
	if err != nil {
		return fmt.Errorf("read queued runs: %w", err)
	}
	if err := s.addRules(ctx, rules, waiting); err != nil {
		return err
	}
	frozen, err := s.Store.Freeze(ctx)
	if err != nil {
		return fmt.Errorf("read whether all is frozen: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = frozen
	s.load(jobs)
	s.requeue(waiting, rules)
	s.started, s.seen, s.phase = s.now(), s.Now(), running
	return nil
}

// addRules reads the rules of jobs that have finished while runs of theirs wait:
// those keep their time limit and what they come under.
func (s *Scheduler) addRules(ctx context.Context, rules map[int64]cronsole.Rules, waiting []*cronsole.Run) error {
	for _, r := range waiting {
		if _, known := rules[r.JobKey]; known {
			continue
		}
		job, err := s.Store.JobByKey(ctx, r.JobKey)
		if err != nil {
			return fmt.Errorf("read the job of run %d: %w", r.ID, err)
		}
		rules[job.Key] = job.Definition.Rules
	}
	return nil
}

// load takes the jobs into memory. One whose definition cannot be read any more
// is left out, aloud, so that the others fire. The caller holds the mutex.
func (s *Scheduler) load(jobs []*cronsole.Job) {
	s.high = s.now()
	for _, job := range jobs {
		trigger, err := job.Trigger()
		if err != nil {
			s.Log.Error("job cannot be scheduled", "job", job.ID, "error", err)
			trigger = brokenTrigger{}
		}
		s.admit(job, trigger)
		if job.Cursor.After(s.high) {
			s.high = job.Cursor // the clock was set back while nothing ran
		}
	}
}

// brokenTrigger stands in for a trigger that cannot be built: it yields
// nothing, so that the job stays in sight and can be edited or deleted.
type brokenTrigger struct{}

func (brokenTrigger) Next(time.Time) (time.Time, bool) { return time.Time{}, false }
func (brokenTrigger) Last(time.Time) (time.Time, bool) { return time.Time{}, false }
func (brokenTrigger) Count(_, _ time.Time) int64       { return 0 }

// requeue puts the queued rows of the last life back into the queue. The caller
// holds the mutex.
func (s *Scheduler) requeue(rows []*cronsole.Run, rules map[int64]cronsole.Rules) {
	for _, r := range rows {
		s.shift(r.JobKey, load{queued: 1})
		s.queued++
		s.enqueue(s.track(r, rules[r.JobKey]))
	}
}

// keepHouse runs retention in small steps until ctx ends.
func (s *Scheduler) keepHouse(ctx context.Context) {
	for pause(ctx, purgeEvery) {
		for more := true; more; {
			var err error
			if more, err = s.purge(ctx); err != nil {
				s.Log.Error("old runs cannot be removed", "error", err)
			}
			if more && !pause(ctx, purgePause) {
				return
			}
		}
	}
}

// purge takes one step of retention; a panic there ends the step, not the
// console.
func (s *Scheduler) purge(ctx context.Context) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			more, err = false, fmt.Errorf("panic: %v", p)
		}
	}()
	more, err = s.Store.Purge(ctx, s.now())
	if err != nil && ctx.Err() != nil {
		return false, nil
	}
	return more && err == nil, err
}

// Stop ends firing at once, lets runs go on for the grace time, stops the rest
// and records how they ended. It returns when all is quiet; when ctx ends
// first, it gives up waiting and returns why. Further calls wait for the first.
func (s *Scheduler) Stop(ctx context.Context) error {
	if s.stopCalled.CompareAndSwap(false, true) {
		defer close(s.stopped)
		return s.stop(ctx)
	}
	select {
	case <-s.stopped:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Scheduler) stop(ctx context.Context) error {
	s.mu.Lock()
	was := s.phase
	s.phase = stopping
	s.freed.Broadcast()
	s.mu.Unlock()
	if was == made {
		return nil
	}
	s.endEngine()
	defer s.endLedger()
	defer s.endRuns(cronsole.ErrShutdown)
	s.clock.Wait(ctx)
	errs := []error{await(ctx, s.work.Wait), await(ctx, s.ops.Wait)}

	grace, cancel := context.WithTimeout(ctx, s.Grace)
	defer cancel()
	if await(grace, s.jobs.Wait) != nil {
		s.Log.Warn("runs are stopped, the grace time is over", "grace", s.Grace)
		s.endRuns(cronsole.ErrShutdown)
		if err := await(ctx, s.jobs.Wait); err != nil {
			errs = append(errs, fmt.Errorf("some runs could not be ended and recorded; the next start records them as interrupted: %w", err))
			s.endLedger() // whoever still tries to write gives up
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWait)
			defer cancel()
			errs = append(errs, await(last, s.jobs.Wait))
		}
	}
	s.Log.Info("scheduler stopped")
	return errors.Join(errs...)
}

// await waits for wait to return; it gives up when ctx ends and says why.
func await(ctx context.Context, wait func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
