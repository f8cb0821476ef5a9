package views

import (
	"strconv"
	"time"

	"cronsole/internal/cronsole"
)

// RunDetail is one run with its output.
type RunDetail struct {
	Shell `json:"-"`
	RunRow

	Args        []any      `json:"args"`
	OutputBytes int64      `json:"output_bytes"`         // written in all
	OutputFrom  int64      `json:"output_from"`          // offset of the first byte kept; above 0: the beginning was cut
	PurgedAt    *time.Time `json:"purged_at"`            // when the output was removed
	NotBefore   *time.Time `json:"not_before,omitempty"` // when a run that waits may make its next attempt
	Waiting     string     `json:"waiting,omitempty"`    // why a queued run has not started yet
	Attempts    []Attempt  `json:"attempts"`             // before the latest one, which is the run itself; oldest first

	Output  Output        `json:"-"`
	Timeout time.Duration `json:"-"` // 0: none, or the job is gone
	Median  time.Duration `json:"-"` // of the job's successful runs; 0: unknown
	HasJob  bool          `json:"-"` // the job still exists
	Before  int           `json:"-"` // the page shows lines before this one; 0: the end
}

// Attempt is one that a run made before its latest one.
type Attempt struct {
	Attempt    int            `json:"attempt"`
	State      cronsole.State `json:"state"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	ExitCode   *int           `json:"exit_code"`
	Signal     string         `json:"signal,omitempty"`
	Error      string         `json:"error,omitempty"`
}

// NewRunDetail shows a run and the attempts that it made before.
func NewRunDetail(s Shell, r *cronsole.Run, before []cronsole.Attempt) *RunDetail {
	m := &RunDetail{
		Shell: s, RunRow: NewRunRow(r), Args: append([]any{}, r.Args...),
		OutputBytes: r.OutputBytes, OutputFrom: r.OutputFrom, PurgedAt: optional(r.PurgedAt),
		NotBefore: optional(r.NotBefore),
	}
	m.Attempts = make([]Attempt, 0, len(before))
	for _, a := range before {
		m.Attempts = append(m.Attempts, Attempt{
			Attempt: a.Number, State: a.State, StartedAt: a.StartedAt.UTC(), FinishedAt: a.FinishedAt.UTC(),
			ExitCode: a.ExitCode, Signal: a.Signal, Error: CleanLine(a.Error),
		})
	}
	m.Title = "Run " + m.Number()
	return m
}

// LiveURL is the address of the part that a running run refreshes.
func (m *RunDetail) LiveURL() string {
	if m.Before > 0 {
		return m.URL() + "?before=" + strconv.Itoa(m.Before) + "&part=live"
	}
	return m.URL() + "?part=live"
}

// CancelURL is where a POST ends the run.
func (m *RunDetail) CancelURL() string { return m.URL() + "/cancel" }

// EarlierURL is the address of the lines before those shown; empty when there
// are none.
func (m *RunDetail) EarlierURL() string {
	if !m.Output.Earlier() {
		return ""
	}
	return m.URL() + "?before=" + strconv.Itoa(m.Output.First())
}

// CanCancel reports whether the run can still be ended.
func (m *RunDetail) CanCancel() bool { return !m.Final() }

// Elapsed is how long it has been going on, or took.
func (m *RunDetail) Elapsed() time.Duration {
	switch {
	case m.StartedAt == nil:
		return 0
	case m.FinishedAt == nil:
		return max(0, m.Now.Sub(*m.StartedAt))
	}
	return m.FinishedAt.Sub(*m.StartedAt)
}

// ElapsedText is Elapsed in words; empty when it never started.
func (m *RunDetail) ElapsedText() string {
	if m.StartedAt == nil {
		return ""
	}
	return Took(m.Elapsed())
}

// Progress is the elapsed part of the median duration, 0 to 100; -1 when there
// is nothing to compare with.
func (m *RunDetail) Progress() int {
	if m.Median <= 0 || m.StartedAt == nil {
		return -1
	}
	return int(min(100, m.Elapsed()*100/m.Median))
}

// OutputNote says what is missing of the output and why; empty when all of it
// is kept.
func (m *RunDetail) OutputNote() string {
	switch {
	case m.PurgedAt != nil:
		return "The output was removed on " + m.Full(*m.PurgedAt) + ", as the job's keep rules say."
	case m.OutputFrom > 0:
		return "The first " + Bytes(m.OutputFrom) + " of " + Bytes(m.OutputBytes) + " were cut; the end is kept."
	}
	return ""
}

// Announcement is what a screen reader is told when the run ends: "Run 1285
// succeeded after 4 min 8 s".
func (m *RunDetail) Announcement() string {
	s := "Run " + strconv.FormatInt(m.ID, 10) + " "
	switch m.State {
	case cronsole.Queued:
		return s + "is waiting for its turn"
	case cronsole.Running:
		return s + "is running"
	case cronsole.Skipped:
		return s + "was skipped: " + m.ReasonWords()
	case cronsole.Succeeded:
		s += "succeeded"
	case cronsole.Failed:
		s += "failed"
	case cronsole.TimedOut:
		s += "timed out"
	case cronsole.Cancelled:
		s += "was cancelled"
	case cronsole.Interrupted:
		s += "was interrupted"
	}
	if m.StartedAt != nil {
		s += " after " + m.ElapsedText()
	}
	return s
}
