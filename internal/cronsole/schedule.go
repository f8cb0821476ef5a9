package cronsole

import "time"

// Type is the kind of a trigger.
type Type string

// The three types of trigger.
const (
	TypeCron     Type = "cron"
	TypeInterval Type = "interval"
	TypeDate     Type = "date"
)

// CronFields holds the eight fields of a cron schedule as a person wrote them,
// trimmed; an empty string is a field that was not given. Omitted fields follow
// the rule of NewTrigger: before the last given one they are "*", after it
// their minimum.
type CronFields struct {
	Year      string `json:"year,omitempty"`
	Month     string `json:"month,omitempty"`
	Day       string `json:"day,omitempty"`
	Week      string `json:"week,omitempty"`
	DayOfWeek string `json:"day_of_week,omitempty"`
	Hour      string `json:"hour,omitempty"`
	Minute    string `json:"minute,omitempty"`
	Second    string `json:"second,omitempty"`
}

// Units holds the five numbers of an interval schedule. They add up; a day is
// always 24 hours.
type Units struct {
	Weeks   int64 `json:"weeks,omitempty"`
	Days    int64 `json:"days,omitempty"`
	Hours   int64 `json:"hours,omitempty"`
	Minutes int64 `json:"minutes,omitempty"`
	Seconds int64 `json:"seconds,omitempty"`
}

// Schedule says when a job is due, as a person wrote it. Exactly the part that
// belongs to Type is filled. Dates keep their text; without an offset they are
// read in the schedule's zone.
type Schedule struct {
	Type      Type       `json:"type"`
	Cron      CronFields `json:"cron,omitzero"`
	Interval  Units      `json:"interval,omitzero"`
	RunDate   string     `json:"run_date,omitempty"`
	StartDate string     `json:"start_date,omitempty"`
	EndDate   string     `json:"end_date,omitempty"`
	Timezone  string     `json:"timezone"` // IANA name, never empty once a job is made
}

// NextN returns up to n due instants of t after the given one.
func NextN(t Trigger, after time.Time, n int) []time.Time {
	out := make([]time.Time, 0, n)
	for len(out) < n {
		next, ok := t.Next(after)
		if !ok {
			break
		}
		out = append(out, next)
		after = next
	}
	return out
}
