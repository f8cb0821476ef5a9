package cronsole

import "time"

// Request is what a person or script asks for when a job is made, edited or
// previewed, before anything was checked. Values keep the form they arrived in:
// strings, JSON numbers, booleans, lists, null.
type Request struct {
	JobID    string
	Code     string         // folder in jobs/; empty: the same as JobID
	FromFile bool           // the schedule comes from jobs/<code>/.schedule
	Type     string         // "" is the file's type, or cron without a file
	Args     map[string]any // trigger keys, "timezone" and "args" (arguments for the code)
	Timezone string         // wins over Args["timezone"]
	DST      string         // wins over Args["dst"]
	Rules    map[string]any // job keys beside the trigger: "timeout", "overlap", "tags" …
	Version  int64          // edits only: the version that was read; 0 is not checked
}

// Preview is what a schedule would do.
type Preview struct {
	Schedule  Schedule
	Words     string
	Frequency string
	Next      []time.Time // in the schedule's zone
	Warnings  []string
}

// Backlog is how many queued runs wait for the same.
type Backlog struct {
	Reason string `json:"reason"` // "all 32 slots are taken"
	Runs   int    `json:"runs"`
}

// Freeze says since when and why nothing is started.
type Freeze struct {
	Since  time.Time
	Reason string // for people; may be empty
}

// Health is the state of the scheduler for /readyz and the sidebar.
type Health struct {
	Started   time.Time
	LoopAge   time.Duration // since the firing loop last came round; above 2 s something is wrong
	Jobs      int           // active and paused
	Queued    int
	Running   int
	SlotsUsed int
	Slots     int
	LastError string        // why the last commit failed, while the trouble lasts
	Freeze    *Freeze       // nil: things go on
	ClockStep time.Duration // the latest step of the wall clock that was noticed; 0: none
}
