package views

import (
	"strconv"
	"time"

	"cronsole/internal/cronsole"
)

// JobRow is one job as lists and scripts see it.
type JobRow struct {
	JobID        string            `json:"job_id"`
	RunFrequency string            `json:"run_frequency"`
	NextRun      *time.Time        `json:"next_run"`            // due instant in the job's zone; null: none, or paused
	SkipNext     *time.Time        `json:"skip_next,omitempty"` // due instant before it that is skipped on request
	Code         string            `json:"code"`
	Type         cronsole.Type     `json:"type"`
	Words        string            `json:"words"`
	Expression   string            `json:"expression"`
	Timezone     string            `json:"timezone"`
	State        cronsole.JobState `json:"state"`
	Reason       string            `json:"reason,omitempty"`       // why it is paused
	PausedUntil  *time.Time        `json:"paused_until,omitempty"` // when it resumes by itself, in the job's zone
	Problem      string            `json:"problem,omitempty"`      // why its code cannot run
	Source       cronsole.Source   `json:"source"`
	Tags         []string          `json:"tags"`
	Description  string            `json:"description,omitempty"`
	Running      []int64           `json:"running"` // ids of runs that are queued or running
	FailStreak   int               `json:"fail_streak"`
	Late         bool              `json:"late"` // past due by more than its grace
	LastRun      *RunRow           `json:"last_run"`
	Version      int64             `json:"version"`

	Jitter cronsole.Duration `json:"jitter,omitzero"`
	// NextStart is when the next run starts, where jitter moves it off its due
	// instant.
	NextStart *time.Time `json:"next_start,omitempty"`

	Active []RunRow  `json:"-"`
	Recent []RunMark `json:"-"`
	late   time.Time // when it becomes late, or did
}

// RunMark is one run in the strip of a job's past.
type RunMark struct {
	ID    int64
	State cronsole.State
	Took  time.Duration // 0 when it never started
}

// Title says what the mark stands for: "#1284 Succeeded, 4 min 8 s".
func (m *RunMark) Title() string {
	title := "#" + strconv.FormatInt(m.ID, 10) + " " + StateWord(m.State)
	if m.State == cronsole.Skipped || m.State == cronsole.Cancelled && m.Took == 0 {
		return title // it never started
	}
	return title + ", " + Took(m.Took)
}

// NewJobRow shows a job. The code may be nil: it is not deployed.
func NewJobRow(r cronsole.JobRow, code *cronsole.Code, now time.Time) JobRow {
	j := r.Job
	d := j.Definition
	row := JobRow{
		JobID: j.ID, Code: d.Code, Type: d.Schedule.Type, Timezone: d.Schedule.Timezone,
		RunFrequency: d.Schedule.Frequency(), Words: d.Schedule.Words(), Expression: d.Schedule.Expression(),
		State: j.State, Reason: j.Reason, Source: d.Source, Description: d.Rules.Description,
		Tags: append([]string{}, d.Rules.Tags...), Running: []int64{}, FailStreak: j.FailStreak,
		Version: j.Version, Jitter: d.Rules.Jitter, Problem: Problem(d.Code, code),
	}
	patience := time.Duration(d.Rules.Jitter) + time.Duration(d.Rules.MisfireGrace)
	if !j.Next.IsZero() && j.State == cronsole.JobActive {
		row.late = j.Next.Add(patience)
		row.Late = row.late.Before(now)
		row.plan(j)
	}
	if j.State == cronsole.JobPaused && !j.PausedUntil.IsZero() {
		until := InZone(j.PausedUntil, d.Schedule.Timezone)
		row.PausedUntil = &until
	}
	for _, run := range r.Active {
		if run.State == cronsole.Queued && !run.Due.IsZero() {
			row.waits(run.Due.Add(patience), now)
		}
		row.Running = append(row.Running, run.ID)
		row.Active = append(row.Active, NewRunRow(run))
	}
	if r.Last != nil {
		last := NewRunRow(r.Last)
		row.LastRun = &last
	}
	row.Recent = NewRunMarks(r.Recent)
	return row
}

// plan fills in which due instant runs next, and which is skipped before it.
func (r *JobRow) plan(j *cronsole.Job) {
	next := InZone(j.Next, r.Timezone)
	if j.SkipsNext() {
		skipped := next
		r.SkipNext = &skipped
		trigger, err := j.Trigger()
		if err != nil {
			return // newer tz data may refuse an old schedule
		}
		due, ok := trigger.Next(j.Next)
		if !ok {
			return
		}
		next = InZone(due, r.Timezone)
	}
	r.NextRun = &next
	if r.Jitter > 0 {
		start := next.Add(cronsole.JitterOffset(j.Key, next, r.Jitter))
		r.NextStart = &start
	}
}

// waits accounts for a due run that has no slot yet: it is late from then on.
func (r *JobRow) waits(from, now time.Time) {
	if from.Before(now) {
		r.Late = true
	} else if r.late.IsZero() || from.Before(r.late) {
		r.late = from
	}
}

// NewRunMarks shows past runs, in the order given.
func NewRunMarks(runs []*cronsole.Run) []RunMark {
	marks := make([]RunMark, 0, len(runs))
	for _, r := range runs {
		marks = append(marks, RunMark{ID: r.ID, State: r.State, Took: r.Duration(r.FinishedAt)})
	}
	return marks
}

// Problem says why a job with this code cannot run now; empty when it can.
func Problem(name string, code *cronsole.Code) string {
	if code == nil {
		return "Code not deployed: jobs/" + name + " is gone. Runs will fail until it is back."
	}
	return code.Problem
}

// InZone shows t in the zone of that name; in UTC when there is no such zone.
func InZone(t time.Time, zone string) time.Time {
	loc, err := cronsole.Location(zone)
	if err != nil {
		return t.UTC() // jobs are made with a zone that exists; a tz update may drop one
	}
	return t.In(loc)
}

// URL is the address of the job, or of something under it: URL("run").
func (r *JobRow) URL(sub ...string) string { return JobURL(r.JobID, sub...) }

// Next is the next due instant; zero when there is none.
func (r *JobRow) Next() time.Time { return value(r.NextRun) }

// IsRunning reports whether a run is going on or waiting for a slot.
func (r *JobRow) IsRunning() bool { return len(r.Running) > 0 }

// Paused reports whether the job is paused.
func (r *JobRow) Paused() bool { return r.State == cronsole.JobPaused }

// Failing reports whether the last runs went wrong.
func (r *JobRow) Failing() bool { return r.FailStreak > 0 }

// Look is the state in one word, for icon and colour: "paused", "finished",
// "run", "broken", "fail", "late", "never", "ok".
func (r *JobRow) Look() string {
	switch {
	case r.Paused():
		return "paused"
	case r.IsRunning():
		return "run"
	case r.Problem != "":
		return "broken"
	case r.Failing():
		return "fail"
	case r.Late:
		return "late"
	case r.State == cronsole.JobFinished:
		return "finished"
	case r.LastRun == nil:
		return "never"
	}
	return "ok"
}

// StateWord is the state for people: "Failed", "Late", "No runs yet".
func (r *JobRow) StateWord() string {
	switch r.Look() {
	case "paused":
		return "Paused"
	case "run":
		return "Running"
	case "broken":
		return "Code missing or broken"
	case "fail":
		return "Failing"
	case "late":
		return "Late"
	case "finished":
		return "Finished"
	case "never":
		return "No runs yet"
	}
	return "OK"
}

// OtherZone is the name of the job's zone where it is not the page's.
func (r *JobRow) OtherZone(s *Shell) string {
	if r.Timezone == s.ZoneName() {
		return ""
	}
	return r.Timezone
}

// FailLine is the one sentence that says why the job fails: "exit 1 ·
// connection refused · 3 in a row"; empty when it does not.
func (r *JobRow) FailLine() string {
	if !r.Failing() || r.LastRun == nil {
		return ""
	}
	s := r.LastRun.Why()
	if r.FailStreak > 1 {
		if s != "" {
			s += " · "
		}
		s += Count(r.FailStreak) + " in a row"
	}
	return s
}

// Changes is when the row will look different though nothing happened: the
// moment it counts as late; zero when never.
func (r *JobRow) Changes() time.Time {
	if r.Late {
		return time.Time{}
	}
	return r.late
}

// ActionKey is the idempotency key of the row's Run button. It changes when a
// run has been added, so that a double click is one run and a later click
// another.
func (r *JobRow) ActionKey() string {
	newest := int64(0)
	for _, id := range r.Running {
		newest = max(newest, id)
	}
	if r.LastRun != nil {
		newest = max(newest, r.LastRun.ID)
	}
	for i := range r.Recent {
		newest = max(newest, r.Recent[i].ID)
	}
	return actionKey(r.Version, newest)
}

func actionKey(version, newest int64) string {
	return "v" + strconv.FormatInt(version, 10) + "-" + strconv.FormatInt(newest, 10)
}
