package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// rulesOf are the rules of a job; the defaults when it has left memory. The
// caller holds the mutex.
func (s *Scheduler) rulesOf(key int64) cronsole.Rules {
	if e := s.entries[key]; e != nil {
		return e.job.Definition.Rules
	}
	return cronsole.DefaultRules()
}

// enqueue appends a run to the queue of its code. The caller holds the mutex.
func (s *Scheduler) enqueue(r *run) {
	s.queues[r.exec.Code] = append(s.queues[r.exec.Code], r)
	s.wakeEngine()
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
	s.Log.Info("run finished", "job", r.exec.JobID, "run", out.RunID, "attempt", out.Attempt, "state", out.State, "error", out.Error, "again", again)
}

// retryAfter is how long a run waits for its next attempt, if it has one. The
// runs of a job that was deleted are not tried again.
func (s *Scheduler) retryAfter(r *run, out cronsole.Outcome) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[r.key] == nil {
		return 0, false
	}
	return s.rulesOf(r.key).RetryAfter(out.RunID, out.Attempt, out.State)
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
	return !r.notBefore.After(s.now()) && mayStart(s.loads[r.key], s.rulesOf(r.key))
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

// kind is the kind of a *cronsole.Error in err's chain; 0 when there is none.
func kind(err error) cronsole.Kind {
	if e, ok := errors.AsType[*cronsole.Error](err); ok {
		return e.Kind
	}
	return 0
}
