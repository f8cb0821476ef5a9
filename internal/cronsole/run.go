package cronsole

import (
	"encoding/json"
	"time"
)

// State is the state of a run.
type State string

// The states of a run. All but Queued and Running are final.
const (
	Queued      State = "queued"
	Running     State = "running"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	TimedOut    State = "timed_out"
	Cancelled   State = "cancelled"
	Interrupted State = "interrupted" // the console ended under it
	Skipped     State = "skipped"     // never started; Reason says why
)

// Final reports whether a run in this state will never change again.
func (s State) Final() bool { return s != Queued && s != Running }

// Bad reports whether the state counts towards a job's failing streak.
func (s State) Bad() bool { return s == Failed || s == TimedOut || s == Interrupted }

// Reason says why a run was skipped.
type Reason string

// The reasons of a skipped run.
const (
	ReasonMisfire     Reason = "misfire"
	ReasonOverlap     Reason = "overlap"
	ReasonPaused      Reason = "paused"
	ReasonFrozen      Reason = "frozen"
	ReasonExpired     Reason = "expired"
	ReasonQueueFull   Reason = "queue_full"
	ReasonCodeMissing Reason = "code_missing"
)

// MarshalJSON writes null for no reason.
func (r Reason) MarshalJSON() ([]byte, error) {
	if r == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(r))
}

// Cause says who asked for a run.
type Cause string

// The causes of a run.
const (
	CauseSchedule Cause = "schedule"
	CauseManual   Cause = "manual"
	CauseRerun    Cause = "rerun"
)

// Run is one row of the ledger: a due instant of a job, a range of skipped
// ones, or a manual start.
type Run struct {
	ID     int64 // as people see it, #1284
	JobKey int64
	JobID  string // of the job that JobKey names
	Code   string // of the job as it was when the run was made

	Due      time.Time // zero for a manual run
	DueUntil time.Time // range rows only: the last due instant that the row stands for
	Count    int64     // how many due instants the row stands for; 1 but for range rows, 0 for a manual run
	Cause    Cause
	State    State
	Reason   Reason // skipped runs only

	Args    []any // arguments of this run
	Attempt int   // number of the latest attempt, from 1; 0 when it never started

	// NotBefore is when a run that waits for its next attempt may start; zero
	// for all others.
	NotBefore time.Time

	QueuedAt   time.Time // when the row was made
	StartedAt  time.Time // zero when it never started
	FinishedAt time.Time // zero while it is queued or running
	ExitCode   *int      // nil when there was no process, or a signal ended it
	Signal     string    // name of the signal that ended it, "SIGKILL"
	Error      string    // one line: why it failed, or the last line of its error output

	OutputBytes int64     // written by the run in all
	OutputFrom  int64     // offset of the first byte that is still kept; above 0: the beginning was cut
	PurgedAt    time.Time // when retention removed the output; zero when it is kept
}

// Delay is how long after its due instant the run started; zero for manual
// runs and runs that never started.
func (r *Run) Delay() time.Duration {
	if r.Due.IsZero() || r.StartedAt.IsZero() {
		return 0
	}
	return r.StartedAt.Sub(r.Due)
}

// Duration is how long the run took, up to now while it is running.
func (r *Run) Duration(now time.Time) time.Duration {
	switch {
	case r.StartedAt.IsZero():
		return 0
	case r.FinishedAt.IsZero():
		return now.Sub(r.StartedAt)
	default:
		return r.FinishedAt.Sub(r.StartedAt)
	}
}

// Attempt is one that a run made before its latest one.
type Attempt struct {
	Number     int // from 1
	State      State
	StartedAt  time.Time
	FinishedAt time.Time
	ExitCode   *int
	Signal     string
	Error      string
}

// Advance accounts for the due instants of one job between two cursors. A
// store writes it whole or not at all.
type Advance struct {
	JobKey int64
	From   time.Time // the cursor that the plan was made from
	To     time.Time // the new cursor, never before From
	Next   time.Time // the next due instant; zero: the trigger is exhausted and the job is finished
	Runs   []*Run    // rows to add, oldest first; the store sets their IDs
	Counts bool      // those that are not skipped count towards the job's max_runs

	// Applied is set by the store. It stays false, and nothing of the entry is
	// written, when the job is not active any more or its cursor is not From.
	Applied bool
}

// Execution is one attempt that the executor is asked to carry out.
type Execution struct {
	RunID   int64
	JobID   string
	Code    string
	Due     time.Time // zero for a manual run
	Attempt int
	Args    []any
	Timeout time.Duration // 0: none
	Offset  int64         // bytes of output that earlier attempts have written
}

// Outcome is how an attempt ended.
type Outcome struct {
	RunID      int64
	Attempt    int
	State      State // Succeeded, Failed, TimedOut, Cancelled or Interrupted
	StartedAt  time.Time
	FinishedAt time.Time
	ExitCode   *int
	Signal     string
	Error      string // see Run.Error

	OutputBytes int64
	OutputFrom  int64
}

// Process identifies the child process of a running attempt well enough that a
// reused pid is never taken for it.
type Process struct {
	RunID     int64
	Attempt   int
	PID       int
	StartTime uint64 // field 22 of /proc/<pid>/stat, in clock ticks since boot
	BootID    string // /proc/sys/kernel/random/boot_id
}

// Stream tells the two output streams of a run apart.
type Stream uint8

// The output streams.
const (
	Stdout Stream = 1
	Stderr Stream = 2
)

// Chunk is a piece of a run's output.
type Chunk struct {
	Offset int64 // bytes since the output of the run began; never renumbered
	Time   time.Time
	Stream Stream
	Data   []byte
}
