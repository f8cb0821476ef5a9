package cronsole

import "time"

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

// OnInterrupt says what happens to a run under which the console ended.
type OnInterrupt string

// What may happen to it.
const (
	// InterruptFail leaves it interrupted, said aloud: a run starts at most once.
	// It is the default.
	InterruptFail OnInterrupt = "fail"
	// InterruptRerun runs it again as a new attempt, at most three times: a run
	// starts at least once.
	InterruptRerun OnInterrupt = "rerun"
)

// maxReruns is how often InterruptRerun runs the same run again.
const maxReruns = 3

// Rules are the job keys of a definition that are not its trigger: what may
// happen around a run. Every field holds the value in force; [DefaultRules]
// says what it is when nobody wrote anything.
type Rules struct {
	Jitter        Duration    `json:"jitter"`  // start = due + hash(job, due) mod jitter
	Timeout       Duration    `json:"timeout"` // 0: none
	Overlap       Overlap     `json:"overlap"`
	Expires       Duration    `json:"expires"`           // how late a run that waits may start; 0: however late
	Retries       int         `json:"retries"`           // how often a run that failed or took too long is tried again
	RetryBackoff  Duration    `json:"retry_backoff"`     // before the first retry; doubled for each further one
	RetryMax      Duration    `json:"retry_max_backoff"` // but never more than this
	OnInterrupt   OnInterrupt `json:"on_interrupt"`
	MaxInstances  int         `json:"max_instances"` // runs side by side under OverlapAllow; 0: no limit
	Misfire       Misfire     `json:"misfire"`
	MisfireGrace  Duration    `json:"misfire_grace"`  // still on time if started within
	CatchupWindow Duration    `json:"catchup_window"` // how old a missed instant may be to run under MisfireRunAll
	CatchupLimit  int         `json:"catchup_limit"`  // how many of them run at most
	MaxRuns       int         `json:"max_runs"`       // how many due instants may run; 0: no limit
	KeepRuns      int         `json:"keep_runs"`      // 0: no limit
	KeepDays      int         `json:"keep_days"`      // 0: no limit
	KeepBytes     int64       `json:"keep_bytes"`     // of output; 0: no limit
	Tags          []string    `json:"tags,omitempty"`
	Description   string      `json:"description,omitempty"`
}

// DefaultRules returns what holds when a definition says nothing. Whoever reads
// stored rules reads them over these: an older console did not know all of them.
func DefaultRules() Rules {
	return Rules{
		Timeout:       Duration(time.Hour),
		Overlap:       OverlapSkip,
		Misfire:       MisfireRunOnce,
		MisfireGrace:  Duration(time.Minute),
		CatchupWindow: Duration(day),
		RetryBackoff:  Duration(10 * time.Second),
		RetryMax:      Duration(10 * time.Minute),
		OnInterrupt:   InterruptFail,
		CatchupLimit:  100,
		KeepRuns:      1000,
		KeepDays:      90,
		KeepBytes:     100 << 20,
	}
}

// RetryAfter is how long a run waits whose attempt has ended so: the backoff,
// doubled for each attempt before, less up to a quarter of it that is fixed for
// the run, so that what failed together does not come back together. False when
// it is not tried again.
func (r Rules) RetryAfter(runID int64, attempt int, state State) (time.Duration, bool) {
	if state != Failed && state != TimedOut || attempt > r.Retries {
		return 0, false
	}
	wait, most := time.Duration(r.RetryBackoff), time.Duration(max(r.RetryMax, 0))
	for range attempt - 1 {
		if wait = 2 * wait; wait > most {
			break
		}
	}
	wait = min(wait, most)
	due := time.Unix(runID, int64(attempt))
	return wait - JitterOffset(runID, due, Duration(wait/4)), true
}

// RunsAgain reports whether a run is to be carried out again under which the
// console ended during the given attempt.
func (r Rules) RunsAgain(attempt int) bool {
	return r.OnInterrupt == InterruptRerun && attempt <= r.Retries+maxReruns
}
