package cronsole

import (
	"encoding/json"
	"time"
)

// Overlap says what happens to a due instant, or a manual start, that arrives
// while the job's last run is going on or waits for its turn.
type Overlap string

// What may happen to it.
const (
	// OverlapSkip records it as skipped(overlap). It is the default.
	OverlapSkip Overlap = "skip"
	// OverlapQueueOne lets one run wait for the end of the one that is going on;
	// further ones are skipped(overlap).
	OverlapQueueOne Overlap = "queue_one"
	// OverlapAllow lets runs go on side by side, up to MaxInstances.
	OverlapAllow Overlap = "allow"
	// OverlapReplace cancels the run that is going on; the new one starts when
	// it has ended.
	OverlapReplace Overlap = "replace"
)

// Misfire says what happens to due instants that passed while nothing could run.
type Misfire string

// What may happen to them.
const (
	// MisfireSkip records all that are later than the grace as skipped(misfire).
	MisfireSkip Misfire = "skip"
	// MisfireRunOnce runs the newest missed instant and records the older ones as
	// skipped(misfire). It is the default.
	MisfireRunOnce Misfire = "run_once"
	// MisfireRunAll runs the missed instants one after another, oldest first:
	// those within CatchupWindow, at most CatchupLimit. What lies beyond is
	// skipped(misfire).
	MisfireRunAll Misfire = "run_all"
)

// Rules are the job keys of a definition that are not its trigger: what may
// happen around a run. Every field holds the value in force; [DefaultRules]
// says what it is when nobody wrote anything.
type Rules struct {
	Jitter        Duration `json:"jitter"`  // start = due + hash(job, due) mod jitter
	Timeout       Duration `json:"timeout"` // 0: none
	Overlap       Overlap  `json:"overlap"`
	MaxInstances  int      `json:"max_instances"` // runs side by side under OverlapAllow; 0: no limit
	Misfire       Misfire  `json:"misfire"`
	MisfireGrace  Duration `json:"misfire_grace"`  // still on time if started within
	CatchupWindow Duration `json:"catchup_window"` // how old a missed instant may be to run under MisfireRunAll
	CatchupLimit  int      `json:"catchup_limit"`  // how many of them run at most
	KeepRuns      int      `json:"keep_runs"`      // 0: no limit
	KeepDays      int      `json:"keep_days"`      // 0: no limit
	KeepBytes     int64    `json:"keep_bytes"`     // of output; 0: no limit
	Tags          []string `json:"tags,omitempty"`
	Description   string   `json:"description,omitempty"`
}

// UnmarshalJSON reads what was written by an older console too: a rule that it
// did not know has its default.
func (r *Rules) UnmarshalJSON(b []byte) error {
	type plain Rules
	p := plain(DefaultRules())
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*r = Rules(p)
	return nil
}

// DefaultRules returns what holds when a definition says nothing.
func DefaultRules() Rules {
	return Rules{
		Timeout:       Duration(time.Hour),
		Overlap:       OverlapSkip,
		Misfire:       MisfireRunOnce,
		MisfireGrace:  Duration(time.Minute),
		CatchupWindow: Duration(day),
		CatchupLimit:  100,
		KeepRuns:      1000,
		KeepDays:      90,
		KeepBytes:     100 << 20,
	}
}
