package cronsole

// Overlap says what happens to a due instant that arrives while the job's last
// run is going on.
type Overlap string

// OverlapSkip records the instant as skipped(overlap). It is the default.
const OverlapSkip Overlap = "skip"

// Misfire says what happens to due instants that passed while nothing could run.
type Misfire string

// MisfireRunOnce runs the newest missed instant and records the older ones as
// skipped(misfire). It is the default.
const MisfireRunOnce Misfire = "run_once"

// Rules are the job keys of a definition that are not its trigger: what may
// happen around a run. Every field holds the value in force; [DefaultRules]
// says what it is when nobody wrote anything.
type Rules struct {
	Jitter       Duration `json:"jitter,omitzero"`  // start = due + hash(job, due) mod jitter
	Timeout      Duration `json:"timeout,omitzero"` // 0: none
	Overlap      Overlap  `json:"overlap"`
	Misfire      Misfire  `json:"misfire"`
	MisfireGrace Duration `json:"misfire_grace"` // still on time if started within
	KeepRuns     int      `json:"keep_runs"`     // 0: no limit
	KeepDays     int      `json:"keep_days"`     // 0: no limit
	KeepBytes    int64    `json:"keep_bytes"`    // of output; 0: no limit
	Tags         []string `json:"tags,omitempty"`
	Description  string   `json:"description,omitempty"`
}
