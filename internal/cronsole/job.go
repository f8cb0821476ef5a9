package cronsole

import "time"

// Source says where a job's definition was written.
type Source string

// The two sources of a definition.
const (
	SourceFile    Source = "file"    // jobs/<code>/.schedule
	SourceConsole Source = "console" // the form or the API
)

// Definition is what a job does and when, however it was written.
type Definition struct {
	Code     string   `json:"code"`
	Schedule Schedule `json:"schedule"`
	Args     []any    `json:"args"` // JSON values; never nil
	Rules    Rules    `json:"rules"`
	Source   Source   `json:"source"`
}

// JobState is the state of a job's schedule, not of its runs.
type JobState string

// The states of a job.
const (
	JobActive   JobState = "active"
	JobPaused   JobState = "paused"   // the only off switch; due instants are accounted for on resume
	JobFinished JobState = "finished" // the trigger is exhausted; the id may be taken again
	JobDeleted  JobState = "deleted"  // kept for its history
)

// Job is a scheduled use of one code.
type Job struct {
	Key        int64  // internal, never reused; runs refer to it
	ID         string // job_id, unique among active and paused jobs
	Definition Definition
	State      JobState
	Reason     string // why it is paused, for people; may be empty

	// Anchor is when the trigger in force was made. An interval without
	// start_date counts from it.
	Anchor time.Time
	// Cursor is the last instant that the ledger accounts for: every due
	// instant at or before it has its row (or, while paused, gets one on
	// resume). It never moves back.
	Cursor time.Time
	// Next is the next due instant after Cursor, before jitter; zero when
	// there is none or the job is paused.
	Next time.Time

	// Ran is how many due instants have run or wait for their turn, counted
	// since the job has a limit of them, max_runs.
	Ran int

	Version   int64 // counts edits, from 1
	CreatedAt time.Time
	UpdatedAt time.Time

	// FailStreak is how many runs failed, timed out or were interrupted since
	// the last success.
	FailStreak int
}

// Trigger builds the trigger of the job's definition, counting from its anchor.
func (j *Job) Trigger() (Trigger, error) {
	return NewTrigger(j.Definition.Schedule, j.Anchor)
}

// Left is how many due instants of n may still run.
func (j *Job) Left(n int) int {
	if most := j.Definition.Rules.MaxRuns; most > 0 {
		return max(min(n, most-j.Ran), 0)
	}
	return n
}
