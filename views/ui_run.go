package views

import "cronsole/internal/cronsole"

// subtitle says beside the heading when it began and how long it may take.
func (m *RunDetail) subtitle() string {
	switch {
	case m.NotBefore != nil:
		s := "waits for attempt " + itoa(m.Attempt+1) + ", not before " + m.At(*m.NotBefore)
		if m.Waiting != "" && !m.Now.Before(*m.NotBefore) {
			s += ": " + m.Waiting
		}
		return s
	case m.Waiting != "":
		return "waits: " + m.Waiting
	case m.State == cronsole.Queued:
		return "waits for its turn"
	case m.StartedAt == nil:
		return m.Day(m.When()) + " " + m.Clock(m.When())
	}
	s := "started " + m.At(m.Started())
	if !m.Final() && m.Timeout > 0 {
		s += " · limit " + Length(m.Timeout)
	}
	return s
}

func (m *RunDetail) plannedDetail() string {
	s := m.Day(m.DueAt())
	if m.DueUntil != nil {
		return s + ", to " + m.At(*m.DueUntil)
	}
	if d := m.DelayText(); d != "" {
		s += ", started " + d
	}
	return s
}

func (m *RunDetail) noteClass() string {
	if m.State.Bad() {
		return "n-fail"
	}
	return "n-idle"
}

// noOutput says why there are no lines.
func (m *RunDetail) noOutput() string {
	switch {
	case m.PurgedAt != nil:
		return msgNoOutput
	case m.Attempt == 0 && m.Final():
		return msgNeverStarted
	case !m.Final():
		return msgNoOutputYet
	}
	return msgNoOutput
}

// causeWords says how the run came about.
func (m *RunDetail) causeWords() string {
	switch m.Cause {
	case cronsole.CauseManual:
		return "by hand"
	case cronsole.CauseRerun:
		return "again, after an interruption"
	}
	return "by schedule"
}
