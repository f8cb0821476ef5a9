package views

import (
	"strconv"
	"time"

	"cronsole/internal/cronsole"
)

// Preview is what a schedule would do.
type Preview struct {
	Shell `json:"-"`

	Valid        bool        `json:"valid"`
	Words        string      `json:"words"`
	RunFrequency string      `json:"run_frequency"`
	Expression   string      `json:"expression"`
	Timezone     string      `json:"timezone"`
	Next         []time.Time `json:"next"` // in the schedule's zone
	Warnings     []string    `json:"warnings"`

	// Set when Valid is false.
	Detail string      `json:"detail,omitempty"`
	Errors FieldErrors `json:"errors,omitempty"`

	PerDay   int64     `json:"-"` // due instants in the 24 hours from now
	PerYear  int64     `json:"-"` // in the 365 days from now
	NextRuns []NextRun `json:"-"`
	ZoneNow  time.Time `json:"-"` // now in the schedule's zone
	// Form holds the fields as they are now, the one-line expression and the
	// eight cron fields brought into line; nil for scripts.
	Form *JobForm `json:"-"`
}

// NewPreview shows a schedule; next are its due instants after some instant.
func NewPreview(s Shell, sched cronsole.Schedule, next []time.Time, warnings []string) *Preview {
	p := &Preview{
		Shell: s, Valid: true, Words: sched.Words(), RunFrequency: sched.Frequency(), Expression: sched.Expression(),
		Timezone: sched.Timezone, Next: make([]time.Time, 0, len(next)), Warnings: append([]string{}, warnings...),
		ZoneNow: InZone(s.Now, sched.Timezone),
	}
	for _, due := range next {
		due = InZone(due, sched.Timezone)
		p.Next = append(p.Next, due)
		p.NextRuns = append(p.NextRuns, NextRun{Due: due, Start: due, Change: clockChange(due)})
	}
	return p
}

// NewFailedPreview says what is wrong with a schedule.
func NewFailedPreview(s Shell, detail string, errs FieldErrors) *Preview {
	return &Preview{Shell: s, Detail: detail, Errors: errs, Next: []time.Time{}, Warnings: []string{}}
}

// Rate says how often the schedule is due: "5 760 runs a day", "5 runs a
// week · 260 a year"; empty when that says nothing.
func (p *Preview) Rate() string {
	switch {
	case p.PerYear == 0:
		return ""
	case p.PerYear >= 365:
		return "about " + Plural(max(1, (p.PerYear+182)/365), "run") + " a day"
	case p.PerYear >= 52:
		return "about " + Plural(max(1, (p.PerYear+26)/52), "run") + " a week · " + Count(p.PerYear) + " a year"
	}
	return Plural(p.PerYear, "run") + " a year"
}

// ZoneClock is the wall clock in the schedule's zone: "Now 11:41 there, UTC+1".
func (p *Preview) ZoneClock() string {
	if p.ZoneNow.IsZero() {
		return ""
	}
	return "Now " + p.ZoneNow.Format("15:04") + " there, " + offset(p.ZoneNow)
}

func offset(t time.Time) string {
	_, seconds := t.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := "UTC" + sign + strconv.Itoa(seconds/3600)
	if m := seconds / 60 % 60; m != 0 {
		s += ":" + strconv.Itoa(m/10) + strconv.Itoa(m%10)
	}
	return s
}
