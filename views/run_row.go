package views

import (
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// RunRow is one run as lists and scripts see it.
type RunRow struct {
	ID         int64           `json:"id"`
	JobID      string          `json:"job_id"`
	Code       string          `json:"code"`
	Due        *time.Time      `json:"due"`                 // null for a manual run
	DueUntil   *time.Time      `json:"due_until,omitempty"` // rows that stand for many instants: the last one
	Count      int64           `json:"count"`               // due instants that the row stands for; 0 for a manual run
	State      cronsole.State  `json:"state"`
	Reason     cronsole.Reason `json:"reason"` // why it was skipped; null for all others
	Cause      cronsole.Cause  `json:"cause"`
	Attempt    int             `json:"attempt"` // 0: never started
	QueuedAt   time.Time       `json:"queued_at"`
	StartedAt  *time.Time      `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
	DurationMS *int64          `json:"duration_ms"` // null while it has not ended
	DelayMS    *int64          `json:"delay_ms"`    // start after due; null for manual runs and those that never started
	ExitCode   *int            `json:"exit_code"`
	Signal     string          `json:"signal,omitempty"`
	Error      string          `json:"error,omitempty"`
}

// NewRunRow shows a run.
func NewRunRow(r *cronsole.Run) RunRow {
	row := RunRow{
		ID: r.ID, JobID: r.JobID, Code: r.Code,
		Due: optional(r.Due), DueUntil: optional(r.DueUntil), Count: r.Count,
		State: r.State, Reason: r.Reason, Cause: r.Cause, Attempt: r.Attempt,
		QueuedAt: r.QueuedAt.UTC(), StartedAt: optional(r.StartedAt), FinishedAt: optional(r.FinishedAt),
		ExitCode: r.ExitCode, Signal: r.Signal, Error: CleanLine(r.Error),
	}
	if row.StartedAt != nil && row.FinishedAt != nil {
		ms := r.FinishedAt.Sub(r.StartedAt).Milliseconds()
		row.DurationMS = &ms
	}
	if row.Due != nil && row.StartedAt != nil {
		ms := r.Delay().Milliseconds()
		row.DelayMS = &ms
	}
	return row
}

// NewRunRows shows several runs; never nil, so that JSON says [].
func NewRunRows(runs []*cronsole.Run) []RunRow {
	rows := make([]RunRow, 0, len(runs))
	for _, r := range runs {
		rows = append(rows, NewRunRow(r))
	}
	return rows
}

// Number is the id as people see it: "#1284".
func (r *RunRow) Number() string { return "#" + strconv.FormatInt(r.ID, 10) }

// URL is the address of the run.
func (r *RunRow) URL() string { return "/runs/" + strconv.FormatInt(r.ID, 10) }

// JobURL is the address of the run's job.
func (r *RunRow) JobURL() string { return JobURL(r.JobID) }

// LogURL is the address of the whole output as plain text.
func (r *RunRow) LogURL() string { return r.URL() + "/log" }

// Final reports whether the run will never change again.
func (r *RunRow) Final() bool { return r.State.Final() }

// StateWord is the state for people: "Timed out".
func (r *RunRow) StateWord() string { return StateWord(r.State) }

// ReasonWords says why the run was skipped, for people; empty for others.
func (r *RunRow) ReasonWords() string {
	if r.Reason == cronsole.ReasonPaused && r.Error != "" { // skipped on request, or deleted at that time
		return lowerFirst(strings.TrimSuffix(r.Error, "."))
	}
	return ReasonWords(r.Reason)
}

// Look is the kind of icon and colour that goes with the state: "ok", "fail",
// "run", "wait" or "skip".
func (r *RunRow) Look() string { return Look(r.State) }

// Started is when it started; zero when it never did.
func (r *RunRow) Started() time.Time { return value(r.StartedAt) }

// DueAt is the due instant; zero for a manual run.
func (r *RunRow) DueAt() time.Time { return value(r.Due) }

// When is the instant that tells most about the run: its start, else its end,
// else its due instant, else when it was queued.
func (r *RunRow) When() time.Time {
	for _, t := range []*time.Time{r.StartedAt, r.Due, r.FinishedAt} {
		if t != nil {
			return *t
		}
	}
	return r.QueuedAt
}

// Took is how long the run took: "4 min 8 s"; empty while it has not ended.
func (r *RunRow) Took() string {
	if r.DurationMS == nil {
		return ""
	}
	return Took(time.Duration(*r.DurationMS) * time.Millisecond)
}

// DelayText is how long after its due instant it started: "+0.1 s"; empty when
// there is nothing to say.
func (r *RunRow) DelayText() string {
	if r.DelayMS == nil {
		return ""
	}
	d := time.Duration(*r.DelayMS) * time.Millisecond
	if d < time.Minute {
		return "+" + strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return "+" + Length(d)
}

// CauseWord says who asked for the run: "schedule", "manual", "rerun", "start".
func (r *RunRow) CauseWord() string { return string(r.Cause) }

// Why is one line about the end of the run: "exit 3 · no such file", "skipped:
// the last run was still going on, 12 due times"; empty for a success.
func (r *RunRow) Why() string {
	var s string
	switch {
	case r.State == cronsole.Skipped:
		s = r.ReasonWords()
		if r.Count > 1 {
			s += ", " + Plural(r.Count, "due time")
		}
		return s
	case r.State == cronsole.Succeeded || !r.Final():
		return ""
	case r.Signal != "":
		s = r.Signal
	case r.ExitCode != nil:
		s = "exit " + strconv.Itoa(*r.ExitCode)
	}
	if r.Error != "" {
		if s != "" {
			s += " · "
		}
		s += r.Error
	}
	return s
}

// StateWord is the state of a run for people.
func StateWord(s cronsole.State) string {
	switch s {
	case cronsole.Queued:
		return "Queued"
	case cronsole.Running:
		return "Running"
	case cronsole.Succeeded:
		return "Succeeded"
	case cronsole.Failed:
		return "Failed"
	case cronsole.TimedOut:
		return "Timed out"
	case cronsole.Cancelled:
		return "Cancelled"
	case cronsole.Interrupted:
		return "Interrupted"
	case cronsole.Skipped:
		return "Skipped"
	}
	return string(s)
}

// ReasonWords says why a run was skipped, for people.
func ReasonWords(r cronsole.Reason) string {
	switch r {
	case cronsole.ReasonMisfire:
		return "missed: nothing could run at that time"
	case cronsole.ReasonOverlap:
		return "the last run was still going on"
	case cronsole.ReasonPaused:
		return "the job was paused"
	case cronsole.ReasonFrozen:
		return "runs were frozen"
	case cronsole.ReasonExpired:
		return "it waited too long for its turn"
	case cronsole.ReasonQueueFull:
		return "too many runs were waiting"
	case cronsole.ReasonCodeMissing:
		return "the code was not deployed"
	}
	return string(r)
}

// Look maps a state to its icon and colour: "ok", "fail", "run", "wait", "skip".
func Look(s cronsole.State) string {
	switch s {
	case cronsole.Succeeded:
		return "ok"
	case cronsole.Failed, cronsole.TimedOut:
		return "fail"
	case cronsole.Running:
		return "run"
	case cronsole.Queued:
		return "wait"
	}
	return "skip"
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
