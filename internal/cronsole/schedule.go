package cronsole

import (
	"fmt"
	"strings"
	"time"
)

// Type is the kind of a trigger.
type Type string

// The three types of trigger.
const (
	TypeCron     Type = "cron"
	TypeInterval Type = "interval"
	TypeDate     Type = "date"
)

// DST says what a clock change does to a cron schedule.
type DST string

// What it may do. The zero value is the default.
const (
	// DSTDefault lets every time of day run once: a repeated one at its first
	// occurrence, a skipped one as if the clock had not changed yet. A schedule
	// whose hour field admits all 24 hours follows the clock.
	DSTDefault DST = ""
	// DSTLiteral takes the clock at its word: a time that does not exist is
	// skipped, one that comes twice runs twice.
	DSTLiteral DST = "literal"
)

// String is the value as a person writes it.
func (d DST) String() string {
	if d == DSTDefault {
		return "default"
	}
	return string(d)
}

// ParseDST reads the value of the key dst for a schedule of a type. Only cron
// knows another than the default. The error is an *Error of kind Invalid.
func ParseDST(text string, typ Type) (DST, error) {
	switch strings.TrimSpace(text) {
	case "default":
		return DSTDefault, nil
	case string(DSTLiteral):
		if typ != TypeCron {
			return "", invalid(badSchedule, FieldError{"dst", fmt.Sprintf("belongs to the type cron; leave it out of %s", article(typ))})
		}
		return DSTLiteral, nil
	}
	return "", invalid(badSchedule, FieldError{"dst", quote(text) + " is not known; write default or literal"})
}

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
	DST       DST        `json:"dst,omitempty"` // cron only
	Timezone  string     `json:"timezone"`      // IANA name, never empty once a job is made
}

// NextN returns up to n due instants of t after the given one.
func NextN(t Trigger, after time.Time, n int) []time.Time {
	out := make([]time.Time, 0, max(n, 0))
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
