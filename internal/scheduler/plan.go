package scheduler

import (
	"context"
	"math"
	"time"

	"cronsole/internal/cronsole"
)

const (
	// DefaultMaxQueued is how many runs may wait when nobody says.
	DefaultMaxQueued = 10_000
	// maxBatch is how many rows one transaction adds at most, but for the last
	// job's; what does not fit follows in the next one.
	maxBatch = 10_000
	// brokenPause is how long a job is left alone whose trigger failed.
	brokenPause = time.Minute
)

// planned is the plan of one entry: what to write, and the runs to start or
// queue once it is written.
type planned struct {
	e       *entry
	job     *cronsole.Job // as planned from
	advance *cronsole.Advance
	runs    []*cronsole.Run // the rows that may run, oldest first
}

// planEntry decides about everything that is due for an entry and reserves what
// its runs need; nil when nothing is due. The caller holds the mutex and has
// made sure that the id is not busy.
func (s *Scheduler) planEntry(e *entry, now time.Time, hurry bool) (*planned, error) {
	o, err := survey(e.job, e.trigger, now, hurry)
	if err != nil || o.newest.IsZero() {
		return nil, err
	}
	rows, runs := s.decide(e.job, o, now)
	p := &planned{
		e:   e,
		job: e.job,
		advance: &cronsole.Advance{
			JobKey: e.job.Key,
			From:   e.job.Cursor,
			To:     rows[len(rows)-1].Due,
			Next:   utc(o.next),
			Runs:   rows,
			Counts: e.job.Definition.Rules.MaxRuns > 0,
		},
		runs: runs,
	}
	if e.job.Left(math.MaxInt) <= mayRun(runs) {
		p.advance.Next = time.Time{} // the last one that may run: the job is finished
	}
	return p, nil
}

// mayRun counts the rows that are not skipped.
func mayRun(rows []*cronsole.Run) (n int) {
	for _, r := range rows {
		if r.State != cronsole.Skipped {
			n++
		}
	}
	return n
}

// decide makes the rows of what is due, oldest first, by the job's misfire rule:
// those that are skipped, and those that may run, which are named once more. The
// caller holds the mutex.
func (s *Scheduler) decide(job *cronsole.Job, o outline, now time.Time) (rows, runs []*cronsole.Run) {
	rules := job.Definition.Rules
	newest := row(job, o.newest.UTC(), now)
	switch rules.Misfire {
	case cronsole.MisfireRunAll:
		beyond := len(o.missed)
		if rules.CatchupLimit > 1 {
			beyond = tooOld(o.missed, now.Add(-time.Duration(rules.CatchupWindow)))
		}
		rows = skipped(job, o.missed[:beyond], cronsole.ReasonMisfire, now)
		if beyond == len(o.missed) {
			s.reserve(newest, rules, now)
			break
		}
		left := job.Left(math.MaxInt)
		for _, sp := range o.missed[beyond:] {
			r := row(job, sp.from.UTC(), now)
			s.wait(r, now)
			runs = append(runs, r)
			if r.State == cronsole.Queued {
				left--
			}
			if left == 0 {
				return append(rows, runs...), runs // what comes after is not due any more
			}
		}
		s.wait(newest, now) // after those
	case cronsole.MisfireSkip:
		rows = skipped(job, o.missed, cronsole.ReasonMisfire, now)
		if now.Sub(wake(job, o.newest)) > time.Duration(rules.MisfireGrace) {
			skip(newest, cronsole.ReasonMisfire, now)
			break
		}
		s.reserve(newest, rules, now)
	default:
		rows = skipped(job, o.missed, cronsole.ReasonMisfire, now)
		s.reserve(newest, rules, now)
	}
	runs = append(runs, newest)
	return append(rows, runs...), runs
}

// tooOld is how many of the spans, from the oldest on, are ranges or begin
// before an instant.
func tooOld(missed []span, before time.Time) int {
	n := 0
	for n < len(missed) && (missed[n].count > 1 || missed[n].from.Before(before)) {
		n++
	}
	return n
}

// reserve decides by the job's overlap rule whether a row runs, waits or is
// skipped, and takes the slot, the place in the queue and the share of the job's
// load that it needs. The caller holds the mutex and gives them back with
// unreserve when the row is not written.
func (s *Scheduler) reserve(r *cronsole.Run, rules cronsole.Rules, now time.Time) {
	l, limits := s.loads[r.JobKey], s.bounds(r.Code, rules.Tags)
	switch {
	case s.cannotRun(r.Code):
		skip(r, cronsole.ReasonCodeMissing, now)
	case s.frozen != nil:
		skip(r, cronsole.ReasonFrozen, now)
	case overlaps(l, rules):
		skip(r, cronsole.ReasonOverlap, now)
	case mayStart(l, rules) && s.nobodyWaits(r.Code, limits) && s.acquire(r.Code, limits):
		r.State, r.StartedAt, r.Attempt = cronsole.Running, now, 1
		s.shift(r.JobKey, load{running: 1})
	default:
		s.wait(r, now)
	}
}

// wait gives a row a place in the queue, if there is one. The caller holds the
// mutex.
func (s *Scheduler) wait(r *cronsole.Run, now time.Time) {
	switch {
	case s.cannotRun(r.Code):
		skip(r, cronsole.ReasonCodeMissing, now)
	case s.frozen != nil:
		skip(r, cronsole.ReasonFrozen, now)
	case s.queued >= s.MaxQueued:
		skip(r, cronsole.ReasonQueueFull, now)
	default:
		r.State = cronsole.Queued
		s.shift(r.JobKey, load{queued: 1})
		s.queued++
	}
}

func (s *Scheduler) cannotRun(code string) bool {
	c, ok := s.Codes.Code(code)
	return !ok || c.Problem != ""
}

// overlaps reports whether another run of a job with that load is one too many.
func overlaps(l load, rules cronsole.Rules) bool {
	switch rules.Overlap {
	case cronsole.OverlapQueueOne:
		return l.queued > 0
	case cronsole.OverlapAllow:
		return rules.MaxInstances > 0 && l.queued+l.running >= rules.MaxInstances
	case cronsole.OverlapReplace:
		return false
	default:
		return l.queued+l.running > 0
	}
}

// mayStart reports whether a run of a job with that load may start beside those
// that go on.
func mayStart(l load, rules cronsole.Rules) bool {
	if rules.Overlap == cronsole.OverlapAllow {
		return rules.MaxInstances == 0 || l.running < rules.MaxInstances
	}
	return l.running == 0
}

// unreserve gives back what reserve or wait took under the rules. The caller
// holds the mutex.
func (s *Scheduler) unreserve(r *cronsole.Run, rules cronsole.Rules) {
	switch r.State {
	case cronsole.Running:
		s.leave(s.bounds(r.Code, rules.Tags))
		s.Executor.Release(r.Code)
		s.shift(r.JobKey, load{running: -1})
	case cronsole.Queued:
		s.queued--
		s.shift(r.JobKey, load{queued: -1})
	}
}

// shift changes the load of a job. The caller holds the mutex.
func (s *Scheduler) shift(key int64, by load) {
	l := s.loads[key]
	l.queued += by.queued
	l.running += by.running
	if l == (load{}) {
		delete(s.loads, key)
		return
	}
	s.loads[key] = l
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
			s.unreserveAll(p)
		}
		return err
	}
	for _, p := range plans {
		s.apply(p)
	}
	s.Revision.Bump()
	return nil
}

func (s *Scheduler) unreserveAll(p *planned) {
	for _, r := range p.runs {
		s.unreserve(r, p.job.Definition.Rules)
	}
}

// apply takes a written plan over into memory. The caller holds the mutex.
func (s *Scheduler) apply(p *planned) {
	if !p.advance.Applied {
		// Somebody else wrote the job: nothing of the plan holds.
		s.unreserveAll(p)
		return
	}
	job := *p.job
	for _, r := range p.runs {
		if r.ID == 0 {
			s.unreserve(r, job.Definition.Rules) // in the ledger already: the clock was set back
			continue
		}
		if p.advance.Counts && r.State != cronsole.Skipped {
			job.Ran++
		}
		s.launch(r, p.job)
	}
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
