package views

import (
	"time"

	"cronsole/internal/cronsole"
)

// healthWord is the state beside the job's name.
func (m *JobDetail) healthWord() string {
	if m.Look() == "ok" {
		return "Healthy"
	}
	return m.StateWord()
}

// noneWord says why no run is planned.
func (m *JobDetail) noneWord() string {
	switch m.State {
	case cronsole.JobPaused:
		return "The job is paused."
	case cronsole.JobFinished:
		return "The schedule has come to its end."
	}
	return ""
}

// arg is the text of a key of the schedule, if it was given.
func (m *JobDetail) arg(key string) (string, bool) {
	text, ok := m.Args[key].(string)
	return text, ok && text != ""
}

func dateLabel(key string) string {
	if key == "start_date" {
		return "Starts"
	}
	return "Ends"
}

// zoneDay is the day of t in t's own zone: "Today", "Tomorrow", "Wed 25 Nov".
func zoneDay(now, t time.Time) string {
	s := Shell{Now: now, Zone: t.Location()}
	return s.Day(t)
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
