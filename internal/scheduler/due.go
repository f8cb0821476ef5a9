package scheduler

import (
	"fmt"
	"time"

	"cronsole/internal/cronsole"
)

// maxListed is how many missed instants get a row of their own; the older ones
// share one range row.
const maxListed = 100

// maxLookBack bounds the search for the newest instant whose jitter has passed.
const maxLookBack = 64

// outline is what is due for a job at one moment, before anything is decided.
type outline struct {
	missed []span    // older instants, oldest first
	newest time.Time // the newest one that is due; zero: nothing is
	next   time.Time // the first one after it; zero: the trigger is exhausted
}

// span is one instant, or a range of them.
type span struct {
	from, until time.Time // until is zero for a single one
	count       int64
}

// survey finds what is due for a job at now. With jitter, an instant is due
// when its jitter has passed too, unless hurry is set. A trigger that panics or
// contradicts itself is an error.
func survey(job *cronsole.Job, t cronsole.Trigger, now time.Time, hurry bool) (o outline, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("trigger panicked: %v", p)
		}
	}()
	first, ok := t.Next(job.Cursor)
	if !ok || first.After(now) {
		o.next = first
		return o, nil
	}
	o.newest = first
	if hurry {
		o.newest = last(t, now, first)
	} else if o.newest = reach(job, t, first, now); o.newest.IsZero() {
		o.next = first
		return o, nil
	}
	n := t.Count(job.Cursor, o.newest)
	if n < 1 || n > 1 && !first.Before(o.newest) {
		return outline{}, fmt.Errorf("trigger counts %d due instants up to %s, the first being %s", n, o.newest, first)
	}
	listed := maxListed
	if rules := job.Definition.Rules; rules.Misfire == cronsole.MisfireRunAll {
		listed = rules.CatchupLimit - 1 // the newest one runs as well
	}
	o.missed = spans(t, first, o.newest, n-1, max(listed, 0))
	if o.next, ok = t.Next(o.newest); ok && !o.next.After(o.newest) {
		return outline{}, fmt.Errorf("trigger went back from %s to %s", o.newest, o.next)
	}
	return o, nil
}

// reach returns the newest instant from first on whose start time, jitter
// included, is not after now; zero when there is none.
func reach(job *cronsole.Job, t cronsole.Trigger, first, now time.Time) time.Time {
	// Whatever is older than the whole jitter has surely passed it, so that
	// looking back never takes long however many instants were missed.
	sure := last(t, now.Add(-time.Duration(job.Definition.Rules.Jitter)), time.Time{})
	d := last(t, now, first)
	for range maxLookBack {
		if !wake(job, d).After(now) {
			return d
		}
		if !d.After(first) || !d.After(sure) {
			break
		}
		d = last(t, d.Add(-time.Nanosecond), first)
	}
	if !sure.Before(first) {
		return sure
	}
	if !wake(job, first).After(now) {
		return first
	}
	return time.Time{}
}

// last is t.Last, or fallback when there is none or it lies before fallback.
func last(t cronsole.Trigger, until, fallback time.Time) time.Time {
	if d, ok := t.Last(until); ok && d.After(fallback) {
		return d
	}
	return fallback
}

// spans describes the n instants of t from first to just before end, oldest
// first: the newest ones singly, at most listed of them, the rest as one range.
func spans(t cronsole.Trigger, first, end time.Time, n int64, listed int) []span {
	if n <= 0 {
		return nil
	}
	single := n
	if n > int64(listed) {
		single = int64(listed)
		if n == single+1 {
			single = n // a range of one is that one
		}
	}
	out := make([]span, 0, single+1)
	d := end
	for range single {
		d = last(t, d.Add(-time.Nanosecond), first)
		out = append(out, span{from: d, count: 1})
	}
	if rest := n - single; rest > 0 {
		out = append(out, span{from: first, until: last(t, d.Add(-time.Nanosecond), first), count: rest})
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// outstanding describes all instants of t in (cursor, now] as one span; none
// when there are none.
func outstanding(t cronsole.Trigger, cursor, now time.Time) (out []span, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("trigger panicked: %v", p)
		}
	}()
	n := t.Count(cursor, now)
	if n <= 0 {
		return nil, nil
	}
	first, ok := t.Next(cursor)
	if !ok {
		return nil, fmt.Errorf("trigger counts %d due instants after %s and names none", n, cursor)
	}
	if n == 1 {
		return []span{{from: first, count: 1}}, nil
	}
	return []span{{from: first, until: last(t, now, first), count: n}}, nil
}

// skipped makes the rows of spans that are not run.
func skipped(job *cronsole.Job, ss []span, why cronsole.Reason, now time.Time) []*cronsole.Run {
	rows := make([]*cronsole.Run, len(ss))
	for i, sp := range ss {
		rows[i] = row(job, sp.from.UTC(), now)
		rows[i].Count = sp.count
		if !sp.until.IsZero() {
			rows[i].DueUntil = sp.until.UTC()
		}
		skip(rows[i], why, now)
	}
	return rows
}

// row makes the row of one due instant, still without a state.
func row(job *cronsole.Job, due, now time.Time) *cronsole.Run {
	return &cronsole.Run{
		JobKey: job.Key, JobID: job.ID, Code: job.Definition.Code,
		Due: due, Count: 1, Cause: cronsole.CauseSchedule,
		Args: job.Definition.Args, QueuedAt: now,
	}
}

// skip marks a row as one that never starts.
func skip(r *cronsole.Run, why cronsole.Reason, now time.Time) {
	r.State, r.Reason, r.FinishedAt = cronsole.Skipped, why, now
}
