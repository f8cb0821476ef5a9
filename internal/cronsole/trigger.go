package cronsole

import "time"

// Trigger yields the due instants of a schedule. A trigger is immutable and
// safe for concurrent use; all its methods are pure functions of their
// arguments. Instants are in the trigger's time zone, strictly increasing.
// Cron triggers yield whole seconds; date and interval triggers may carry
// milliseconds.
type Trigger interface {
	// Next returns the first due instant strictly after the given one; false
	// when there is none.
	Next(after time.Time) (time.Time, bool)

	// Last returns the latest due instant at or before t; false when there is
	// none. It is the mirror of Next, so that catching up after downtime never
	// walks over everything that was missed.
	Last(t time.Time) (time.Time, bool)

	// Count returns how many due instants lie in (after, until]. It costs
	// little even for a year of a one-second trigger.
	Count(after, until time.Time) int64
}
