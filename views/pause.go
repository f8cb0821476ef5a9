package views

import "time"

// JobPause asks why a job is to be paused, and until when.
type JobPause struct {
	Shell `json:"-"`
	JobRow

	Why    string      `json:"-"` // what was written before
	Until  string      `json:"-"`
	Errors FieldErrors `json:"-"`
}

// UntilHint says what can be written, on the clock of the job's zone.
func (m *JobPause) UntilHint() string {
	tomorrow := InZone(m.Now.Add(24*time.Hour), m.Timezone)
	return "How long from now, such as 2h or 1d, or a time in " + m.Timezone + ", such as " + tomorrow.Format("2006-01-02") + " 06:00. Empty: until somebody resumes it."
}

// PauseWords say that the job is paused, and how long: "Paused until tomorrow
// 06:00:00 UTC: repair."
func (r *JobRow) PauseWords(s *Shell) string {
	words := "Paused"
	if r.PausedUntil != nil {
		words += " until " + lowerFirst(s.Day(*r.PausedUntil)) + " " + s.Clock(*r.PausedUntil) + " " + s.ZoneName()
	}
	if r.Reason != "" {
		words += ": " + r.Reason
	}
	if last := words[len(words)-1]; last != '.' && last != '!' && last != '?' {
		words += "."
	}
	if r.PausedUntil != nil {
		return words + " It resumes by itself then; no run starts by itself before."
	}
	return words + " No run starts by itself until you resume it."
}
