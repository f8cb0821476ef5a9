package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cronsole/internal/cronsole"
)

// retryPause is how long a finished run waits before its outcome is written
// again.
const retryPause = time.Second

// run is a queued or running row of the ledger. Its fields are guarded by
// Scheduler.mu, but for ctx and exec, which never change.
type run struct {
	key    int64
	exec   cronsole.Execution
	ctx    context.Context
	cancel context.CancelCauseFunc
	queued bool
	limits []string       // that it comes under, as its job was when it was recorded
	rules  cronsole.Rules // of its job then; they hold on when the job has finished
	orphan bool           // its job was deleted

	notBefore time.Time // of a queued one: when its next attempt may start
	expires   time.Time // when it is too late to start; zero: never
}

// launch starts or queues a row that was written. The caller holds the mutex
// and has reserved what the row needs.
func (s *Scheduler) launch(row *cronsole.Run, job *cronsole.Job) {
	switch row.State {
	case cronsole.Running:
		s.start(s.track(row, job.Definition.Rules))
	case cronsole.Queued:
		r := s.track(row, job.Definition.Rules)
		s.enqueue(r)
		if job.Definition.Rules.Overlap == cronsole.OverlapReplace {
			s.replaceOthers(r)
		}
	}
}

// replaceOthers cancels the runs that a queued one takes the place of. The
// caller holds the mutex.
func (s *Scheduler) replaceOthers(by *run) {
	for _, r := range s.live {
		switch {
		case r.key != by.key || r.exec.RunID >= by.exec.RunID:
		case !r.queued:
			r.cancel(cronsole.ErrReplaced)
		default:
			s.unqueue(r)
			s.jobs.Go(func() {
				if err := s.cancelQueued(s.ledger, r, cronsole.ErrReplaced); err != nil {
					s.Log.Error("replaced run cannot be cancelled, it waits again", "run", r.exec.RunID, "error", err)
				}
			})
		}
	}
}

// track makes the run of a row. The caller holds the mutex.
func (s *Scheduler) track(row *cronsole.Run, rules cronsole.Rules) *run {
	r := &run{
		key:       row.JobKey,
		queued:    row.State == cronsole.Queued,
		limits:    s.bounds(row.Code, rules.Tags),
		rules:     rules,
		notBefore: row.NotBefore,
		exec: cronsole.Execution{
			RunID: row.ID, JobID: row.JobID, Code: row.Code, Due: row.Due,
			Attempt: row.Attempt, Args: row.Args, Timeout: time.Duration(rules.Timeout), Offset: row.OutputBytes,
		},
	}
	if r.queued {
		r.exec.Attempt++ // the one that it waits for
		r.expires = expiry(row, rules)
	}
	r.ctx, r.cancel = context.WithCancelCause(s.runs)
	s.live[row.ID] = r
	return r
}

// rulesOf are the rules of a job; the defaults when it has left memory. The
// caller holds the mutex.
func (s *Scheduler) rulesOf(key int64) cronsole.Rules {
	if e := s.entries[key]; e != nil {
		return e.job.Definition.Rules
	}
	return cronsole.DefaultRules()
}

// start carries a run out in a goroutine of its own. The caller holds the mutex.
func (s *Scheduler) start(r *run) {
	r.queued = false
	s.jobs.Add(1)
	go func() {
		defer s.jobs.Done()
		defer r.cancel(nil)
		s.finish(r, s.execute(r))
	}()
}

// execute asks the executor to carry a run out; a panic there fails the run.
func (s *Scheduler) execute(r *run) (out cronsole.Outcome) {
	began := s.now()
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("executor panicked", "job", r.exec.JobID, "run", r.exec.RunID, "panic", p)
			out = cronsole.Outcome{State: cronsole.Failed, StartedAt: began, FinishedAt: s.now(), Error: fmt.Sprintf("the run could not be carried out: %v", p)}
		}
		out.RunID, out.Attempt = r.exec.RunID, r.exec.Attempt
	}()
	return s.Executor.Execute(r.ctx, r.exec)
}

// finish records an outcome, and only then lets the job and the slot go: a job
// whose last run is not known to have ended does not start another. A run that
// is to be tried again waits for that.
func (s *Scheduler) finish(r *run, out cronsole.Outcome) {
	wait, again := s.retryAfter(r, out)
	at := s.now().Add(wait)
	recorded := s.record(out, func(ctx context.Context) error {
		if again {
			return s.Store.RetryRun(ctx, out, at)
		}
		return s.Store.FinishRun(ctx, out)
	})
	s.mu.Lock()
	delete(s.live, r.exec.RunID)
	s.shift(r.key, load{running: -1})
	s.leave(r.limits)
	if again && recorded {
		s.requeueFailed(r, out, at)
	}
	s.mu.Unlock()
	s.Executor.Release(r.exec.Code)
	if recorded {
		s.Revision.Bump()
	}
	s.mu.Lock()
	waiting := s.queued > 0 // what has come to wait before the slot was free
	s.mu.Unlock()
	if waiting {
		s.wakeEngine()
	}
	level := slog.LevelInfo
	if out.State == cronsole.Succeeded {
		level = slog.LevelDebug // the ledger has it; thousands a second are not for a log
	}
	s.Log.Log(r.ctx, level, "run finished", "job", r.exec.JobID, "run", out.RunID, "attempt", out.Attempt, "state", out.State, "error", out.Error, "again", again)
}

// retryAfter is how long a run waits for its next attempt, if it has one. The
// runs of a job that was deleted are not tried again.
func (s *Scheduler) retryAfter(r *run, out cronsole.Outcome) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := r.rules
	switch e := s.entries[r.key]; {
	case e != nil:
		rules = e.job.Definition.Rules
	case r.orphan:
		return 0, false
	}
	return rules.RetryAfter(out.RunID, out.Attempt, out.State)
}

// record writes an outcome, again and again while the store cannot. It gives up
// when the row is not there to be finished, or when the console ends; then the
// next start records the run as interrupted.
func (s *Scheduler) record(out cronsole.Outcome, write func(context.Context) error) bool {
	for tries := 0; ; tries++ {
		err := write(s.ledger)
		if err == nil {
			return true
		}
		if k := kind(err); k == cronsole.NotFound || k == cronsole.Conflict || k == cronsole.Stale {
			s.Log.Error("outcome has no row to go to", "run", out.RunID, "state", out.State, "error", err)
			return false
		}
		if tries == 0 {
			s.Log.Error("outcome cannot be recorded, trying again each second", "run", out.RunID, "state", out.State, "error", err)
		}
		if !pause(s.ledger, retryPause) {
			s.Log.Error("outcome was not recorded", "run", out.RunID, "state", out.State, "error", err)
			return false
		}
	}
}

// pause waits for d; false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Cancel ends a run: a running one through its context, a queued one before it
// starts. It returns when the cancellation is under way; NotFound when the run
// is neither queued nor running.
func (s *Scheduler) Cancel(ctx context.Context, runID int64) error {
	s.mu.Lock()
	r := s.live[runID]
	if r == nil {
		s.mu.Unlock()
		return &cronsole.Error{Kind: cronsole.NotFound, Message: fmt.Sprintf("Run #%d is not running", runID)}
	}
	if !r.queued {
		s.mu.Unlock()
		r.cancel(cronsole.ErrCancelled)
		return nil
	}
	s.unqueue(r)
	s.mu.Unlock()
	return s.cancelQueued(context.WithoutCancel(ctx), r, cronsole.ErrCancelled)
}

// kind is the kind of a *cronsole.Error in err's chain; 0 when there is none.
func kind(err error) cronsole.Kind {
	if e, ok := errors.AsType[*cronsole.Error](err); ok {
		return e.Kind
	}
	return 0
}
