// Package verify recomputes every due instant of a job from what its definition
// was over time, and compares that with the ledger: each instant must be covered
// exactly once, by a row of its own or by a range row.
package verify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"cronsole/internal/cronsole"
)

// History is all that the ledger says about one job.
type History struct {
	Job       *cronsole.Job
	Revisions []cronsole.JobRevision // oldest first, at least one
	Rows      []Row                  // with a due instant, in any order
	Purged    bool                   // retention may have removed the oldest rows
}

// Row is a due instant in the ledger, or a range of skipped ones.
type Row struct {
	Run   int64
	Due   time.Time
	Until time.Time // of a range; zero for a single instant
	Ended time.Time // zero: the run waits or goes on
	Count int64
	Ran   bool // it is not skipped
}

// Finding is a disagreement between a job's definition and the ledger.
type Finding struct {
	JobID string    `json:"job_id"`
	Kind  Kind      `json:"kind"`
	Due   time.Time `json:"due"`           // the instant, or the first of several
	Count int64     `json:"count"`         // how many instants
	Run   int64     `json:"run,omitempty"` // the row that is at fault
}

// Kind says what is wrong.
type Kind string

// The kinds of finding.
const (
	Missing     Kind = "missing"     // due, and in no row
	Doubled     Kind = "doubled"     // in more than one row
	Unexplained Kind = "unexplained" // in a row, and never due
	Miscounted  Kind = "miscounted"  // a range row stands for another number of instants
	Beyond      Kind = "beyond"      // it ran although max_runs of them had run
)

// String is the finding for people.
func (f Finding) String() string {
	at := f.Due.UTC().Format(time.RFC3339Nano)
	switch f.Kind {
	case Missing:
		if f.Count > 1 {
			return fmt.Sprintf("%s: %d due instants from %s on have no row", f.JobID, f.Count, at)
		}
		return fmt.Sprintf("%s: %s was due and has no row", f.JobID, at)
	case Doubled:
		return fmt.Sprintf("%s: %s is in two rows, the second is run #%d", f.JobID, at, f.Run)
	case Miscounted:
		return fmt.Sprintf("%s: run #%d from %s on stands for another number of instants than were due (%d)", f.JobID, f.Run, at, f.Count)
	case Beyond:
		return fmt.Sprintf("%s: run #%d of %s ran although as many had run as max_runs allows", f.JobID, f.Run, at)
	default:
		return fmt.Sprintf("%s: run #%d has %s, which was never due", f.JobID, f.Run, at)
	}
}

// Check compares a job's ledger with its definitions, for the instants in
// [from, to]; a zero time does not bound. What lies after the job's cursor is not
// accounted for yet and is not looked at. The error says that a definition cannot
// be computed any more.
//
// A job whose clock was set back by more than an hour counts from a new instant
// that no revision names; its findings from there on say so little.
func Check(h History, from, to time.Time) ([]Finding, error) {
	c := checker{id: h.Job.ID, rows: slices.Clone(h.Rows), from: from, to: to}
	slices.SortStableFunc(c.rows, func(a, b Row) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Run, b.Run)) })
	c.limit(h.Revisions)
	c.dropDoubles()
	if h.Purged {
		if len(c.rows) == 0 {
			return c.found, nil
		}
		c.begin = c.rows[0].Due.Add(-1) // what lies before was removed
		c.purged = true
	}
	parts, err := spans(h)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		c.span(p)
	}
	for _, r := range c.rows { // beyond the cursor: nobody has moved it there
		c.note(Unexplained, r.Due, 1, r.Run)
	}
	return c.found, nil
}

// span is a stretch of time under one trigger: (after, until].
type span struct {
	trigger      cronsole.Trigger
	after, until time.Time
}

// spans joins the revisions that have the same schedule: an edit of something
// else does not move the grid.
func spans(h History) ([]span, error) {
	var out []span
	var last string
	for i, r := range h.Revisions {
		until := h.Job.Cursor
		if i+1 < len(h.Revisions) {
			until = h.Revisions[i+1].Since
		}
		if key := fmt.Sprintf("%#v", r.Definition.Schedule); key == last {
			out[len(out)-1].until = until
			continue
		} else {
			last = key
		}
		t, err := cronsole.NewTrigger(r.Definition.Schedule, r.Since)
		if err != nil {
			return nil, fmt.Errorf("version %d of job %s: %w", r.Version, h.Job.ID, err)
		}
		after := r.Since
		if r.Definition.Schedule.Type == cronsole.TypeDate {
			// A date may be past by the grace when its job is made.
			after = after.Add(-time.Duration(r.Definition.Rules.MisfireGrace) - time.Millisecond)
		}
		out = append(out, span{trigger: t, after: after, until: until})
	}
	return out, nil
}

type checker struct {
	id       string
	rows     []Row     // not yet explained, by due
	begin    time.Time // nothing is known of what lies up to here
	purged   bool
	active   time.Time // until then one of the rows met so far was waiting or going on
	from, to time.Time
	found    []Finding
}

func (c *checker) note(kind Kind, due time.Time, count, run int64) {
	if !c.from.IsZero() && due.Before(c.from) || !c.to.IsZero() && due.After(c.to) {
		return
	}
	c.found = append(c.found, Finding{JobID: c.id, Kind: kind, Due: due, Count: count, Run: run})
}

// limit notes the rows that ran beyond the max_runs of the revision that they
// fall under. The count goes on from one revision to the next while there is a
// limit.
func (c *checker) limit(revisions []cronsole.JobRevision) {
	ran, rows := 0, c.rows
	for i, r := range revisions {
		most := r.Definition.Rules.MaxRuns
		if most == 0 {
			ran = 0
		}
		for len(rows) > 0 && (i+1 == len(revisions) || !rows[0].Due.After(revisions[i+1].Since)) {
			if most > 0 && rows[0].Ran {
				if ran++; ran > most {
					c.note(Beyond, rows[0].Due, 1, rows[0].Run)
				}
			}
			rows = rows[1:]
		}
	}
}

// dropDoubles notes what is covered twice and leaves the first row of each.
func (c *checker) dropDoubles() {
	kept := c.rows[:0]
	var end time.Time // of what is covered so far
	for _, r := range c.rows {
		if len(kept) > 0 && !r.Due.After(end) {
			c.note(Doubled, r.Due, 1, r.Run)
			continue
		}
		kept = append(kept, r)
		end = r.Due
		if !r.Until.IsZero() {
			end = r.Until
		}
	}
	c.rows = kept
}

// span explains the rows of one stretch, oldest first.
func (c *checker) span(s span) {
	at := s.after
	if c.begin.After(at) {
		at = c.begin
	}
	for len(c.rows) > 0 && !c.rows[0].Due.After(s.until) {
		r := c.rows[0]
		c.rows = c.rows[1:]
		due, ok := s.trigger.Next(at)
		if ok && due.Before(r.Due) { // passed over
			c.missing(s.trigger, at, r.Due.Add(-1))
			at = r.Due.Add(-1)
			due, ok = s.trigger.Next(at)
		}
		switch {
		case !ok || !due.Equal(r.Due):
			c.note(Unexplained, r.Due, 1, r.Run)
		case r.Until.IsZero():
			at = r.Due
		default:
			if n := s.trigger.Count(at, r.Until); n != r.Count {
				c.note(Miscounted, r.Due, n, r.Run)
			}
			at = r.Until
		}
		c.notePurge(r)
	}
	if at.Before(s.until) {
		c.missing(s.trigger, at, s.until)
	}
}

// notePurge keeps until when retention may have passed over a row, and removed
// later ones: it does not touch a run that waits or goes on.
func (c *checker) notePurge(r Row) {
	switch {
	case !c.purged:
	case r.Ended.IsZero():
		c.active = time.UnixMilli(math.MaxInt64)
	case r.Ended.After(c.active):
		c.active = r.Ended
	}
}

// missing notes the instants in (after, until] that no row covers.
func (c *checker) missing(t cronsole.Trigger, after, until time.Time) {
	if c.active.After(after) {
		after = c.active
	}
	if !c.to.IsZero() && until.After(c.to) {
		until = c.to
	}
	if !c.from.IsZero() && after.Before(c.from.Add(-1)) {
		after = c.from.Add(-1)
	}
	if !after.Before(until) {
		return
	}
	if n := t.Count(after, until); n > 0 {
		due, _ := t.Next(after)
		c.note(Missing, due, n, 0)
	}
}
