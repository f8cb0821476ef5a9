package cronsole

import "time"

// intervalTrigger fires at first + k × every, k ≥ 0, up to and including end.
// The grid is one of elapsed time; clock changes do not move it.
type intervalTrigger struct {
	zone  *zone
	first instant
	every int64 // seconds
	end   instant
}

func (t *intervalTrigger) Next(after time.Time) (time.Time, bool) {
	return t.at(t.step(instantOf(after)) + 1)
}

func (t *intervalTrigger) Last(at time.Time) (time.Time, bool) {
	a := instantOf(at)
	if a.after(t.end) {
		a = t.end
	}
	return t.at(t.step(a))
}

func (t *intervalTrigger) Count(after, until time.Time) int64 {
	a, u := instantOf(after), instantOf(until)
	if u.after(t.end) {
		u = t.end
	}
	return max(0, t.step(u)-t.step(a))
}

// step returns the largest k with first + k × every ≤ i; -1 before the first.
func (t *intervalTrigger) step(i instant) int64 {
	diff := i.sec - t.first.sec
	if i.nanos < t.first.nanos {
		diff--
	}
	if diff < 0 {
		return -1
	}
	return diff / t.every
}

// at returns the k-th fire; false when it is not one.
func (t *intervalTrigger) at(k int64) (time.Time, bool) {
	if k < 0 {
		return time.Time{}, false
	}
	i := instant{t.first.sec + k*t.every, t.first.nanos}
	if i.after(t.end) {
		return time.Time{}, false
	}
	return i.in(t.zone), true
}

// dateTrigger fires once.
type dateTrigger struct {
	zone *zone
	due  instant
}

func (t *dateTrigger) Next(after time.Time) (time.Time, bool) {
	if !t.due.after(instantOf(after)) {
		return time.Time{}, false
	}
	return t.due.in(t.zone), true
}

func (t *dateTrigger) Last(at time.Time) (time.Time, bool) {
	if t.due.after(instantOf(at)) {
		return time.Time{}, false
	}
	return t.due.in(t.zone), true
}

func (t *dateTrigger) Count(after, until time.Time) int64 {
	if t.due.after(instantOf(after)) && !t.due.after(instantOf(until)) {
		return 1
	}
	return 0
}
