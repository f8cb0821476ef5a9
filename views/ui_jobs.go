package views

import (
	"strings"

	"cronsole/internal/cronsole"
)

// ariaSort is how the table is sorted by a column: "ascending", "descending",
// or empty when it is not.
func (m *JobList) ariaSort(value string) string {
	switch m.Query.Sort {
	case value:
		return "ascending"
	case "-" + value:
		return "descending"
	}
	return ""
}

// sortURL sorts by a column, the other way round when it is sorted by it already.
func (m *JobList) sortURL(value string) string {
	if m.Query.Sort == value {
		return m.URL("sort", "-"+value)
	}
	return m.URL("sort", value)
}

// scheduleWords is the schedule for people, with what keeps it from running
// before it.
func (r *JobRow) scheduleWords() string {
	switch {
	case r.Paused():
		return "Paused · " + lowerFirst(r.Words)
	case r.State == cronsole.JobFinished:
		return "Finished · " + lowerFirst(r.Words)
	}
	return r.Words
}

func (r *JobRow) noNextWord(s *Shell) string {
	switch {
	case r.Paused() && r.PausedUntil != nil:
		return "paused until " + s.At(*r.PausedUntil)
	case r.Paused():
		return "paused"
	case r.State == cronsole.JobFinished:
		return "finished"
	}
	return ""
}

// lowerFirst makes a sentence the second half of one. Words of one letter and
// names in capitals stay.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// CappedCount is a count that stays short: "9,999+" above that.
func CappedCount(n int) string {
	if n > 9999 {
		return "9,999+"
	}
	return Count(n)
}
