package views

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// JobDetail is one job with its definition, what comes next and what was.
// Its fields can be sent back as they are to change the job.
type JobDetail struct {
	Shell `json:"-"`
	JobRow

	Args          map[string]any       `json:"args"` // the trigger's keys; "args" in it are the code's arguments
	DST           string               `json:"dst"`
	Timeout       cronsole.Duration    `json:"timeout"`
	Expires       cronsole.Duration    `json:"expires"`
	Retries       int                  `json:"retries"`
	RetryBackoff  cronsole.Duration    `json:"retry_backoff"`
	RetryMax      cronsole.Duration    `json:"retry_max_backoff"`
	OnInterrupt   cronsole.OnInterrupt `json:"on_interrupt"`
	Overlap       cronsole.Overlap     `json:"overlap"`
	MaxInstances  int                  `json:"max_instances"`
	Misfire       cronsole.Misfire     `json:"misfire"`
	MisfireGrace  cronsole.Duration    `json:"misfire_grace"`
	CatchupWindow cronsole.Duration    `json:"catchup_window"`
	CatchupLimit  int                  `json:"catchup_limit"`
	MaxRuns       int                  `json:"max_runs"`
	Ran           int                  `json:"ran"` // towards max_runs
	KeepRuns      int                  `json:"keep_runs"`
	KeepDays      int                  `json:"keep_days"`
	KeepBytes     int64                `json:"keep_bytes"`
	CreatedAt     time.Time            `json:"created_at"`
	UpdatedAt     time.Time            `json:"updated_at"`
	NextDue       []time.Time          `json:"next"` // the coming due instants, in the job's zone
	Warnings      []string             `json:"warnings"`
	Differs       bool                 `json:"differs"` // from the folder's .schedule
	Stats         JobStats             `json:"stats"`
	Runs          []RunRow             `json:"runs"` // the latest
	RunsNext      *string              `json:"runs_next"`

	File     *FileView  `json:"-"` // the folder's .schedule; nil when there is none
	Diff     []DiffLine `json:"-"` // where job and file disagree
	NextRuns []NextRun  `json:"-"`
	Chart    []RunMark  `json:"-"` // the last 40 runs, oldest first
	RunsTab  string     `json:"-"` // "", "failed" or "manual"
}

// JobStats sums up the runs of the last 30 days.
type JobStats struct {
	Total     int64 `json:"total"` // rows of the ledger in all, whatever their age
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	MedianMS  int64 `json:"median_ms"`
	P95MS     int64 `json:"p95_ms"`
}

// NextRun is one coming run.
type NextRun struct {
	Due   time.Time // in the job's zone
	Start time.Time // Due, moved by the jitter
	// Change is set on a day on which the clocks of the zone change: "clocks go
	// forward that day".
	Change string
}

// DiffLine is one key whose value differs between job and file. An empty text
// means that the key is not set there.
type DiffLine struct {
	Key  string
	Job  string
	File string
}

// NewJobDetail shows a job. The code is nil when it is not deployed; next are
// its coming due instants.
func NewJobDetail(s Shell, r cronsole.JobRow, code *cronsole.Code, stats cronsole.JobStats, runs cronsole.RunPage, next []time.Time) *JobDetail {
	j := r.Job
	d := j.Definition
	m := &JobDetail{
		Shell: s, JobRow: NewJobRow(r, code, s.Now), Args: ScheduleArgs(d.Schedule, d.Args),
		DST:     d.Schedule.DST.String(),
		Timeout: d.Rules.Timeout, Overlap: d.Rules.Overlap, Misfire: d.Rules.Misfire, MisfireGrace: d.Rules.MisfireGrace,
		Expires: d.Rules.Expires, Retries: d.Rules.Retries, RetryBackoff: d.Rules.RetryBackoff, RetryMax: d.Rules.RetryMax,
		OnInterrupt:  d.Rules.OnInterrupt,
		MaxInstances: d.Rules.MaxInstances, CatchupWindow: d.Rules.CatchupWindow, CatchupLimit: d.Rules.CatchupLimit,
		MaxRuns: d.Rules.MaxRuns, Ran: j.Ran,
		KeepRuns: d.Rules.KeepRuns, KeepDays: d.Rules.KeepDays, KeepBytes: d.Rules.KeepBytes,
		CreatedAt: j.CreatedAt.UTC(), UpdatedAt: j.UpdatedAt.UTC(),
		NextDue:  make([]time.Time, 0, len(next)),
		Warnings: append([]string{}, d.Schedule.Warnings(s.Now)...),
		Stats: JobStats{
			Total: stats.Total, Succeeded: stats.Succeeded, Failed: stats.Failed,
			MedianMS: stats.Median.Milliseconds(), P95MS: stats.P95.Milliseconds(),
		},
		Runs: NewRunRows(runs.Runs),
	}
	m.Title = j.ID
	if runs.Next != 0 {
		after := strconv.FormatInt(runs.Next, 10)
		m.RunsNext = &after
	}
	for _, due := range next {
		due = InZone(due, d.Schedule.Timezone)
		m.NextDue = append(m.NextDue, due)
		m.NextRuns = append(m.NextRuns, nextRun(j.Key, due, d.Rules.Jitter))
	}
	if code != nil && code.File != nil {
		m.File = NewFileView(code.File)
		if code.File.Err == nil {
			m.Diff = diff(d, code.File.Definition)
			m.Differs = len(m.Diff) > 0
		}
	}
	return m
}

func nextRun(key int64, due time.Time, jitter cronsole.Duration) NextRun {
	n := NextRun{Due: due, Start: due, Change: clockChange(due)}
	if jitter > 0 {
		n.Start = due.Add(cronsole.JitterOffset(key, due, jitter))
	}
	return n
}

// clockChange says what the clocks of t's zone do on t's day; empty for most.
func clockChange(t time.Time) string {
	y, mo, d := t.Date()
	_, before := time.Date(y, mo, d, 0, 0, 0, 0, t.Location()).Zone()
	_, after := time.Date(y, mo, d+1, 0, 0, 0, 0, t.Location()).Zone()
	switch {
	case after > before:
		return "clocks go forward that day"
	case after < before:
		return "clocks go back that day"
	}
	return ""
}

// ScheduleArgs writes a schedule as the args of a request: what comes out can
// be sent to make the same schedule again. A cron field that was not given is
// null.
func ScheduleArgs(s cronsole.Schedule, args []any) map[string]any {
	m := map[string]any{"args": append([]any{}, args...)}
	switch s.Type {
	case cronsole.TypeCron:
		for _, f := range cronFields(s.Cron) {
			m[f.Key] = nullable(f.Value)
		}
	case cronsole.TypeInterval:
		u := s.Interval
		m["weeks"], m["days"], m["hours"], m["minutes"], m["seconds"] = u.Weeks, u.Days, u.Hours, u.Minutes, u.Seconds
	case cronsole.TypeDate:
		m["run_date"] = s.RunDate
	}
	if s.StartDate != "" {
		m["start_date"] = s.StartDate
	}
	if s.EndDate != "" {
		m["end_date"] = s.EndDate
	}
	return m
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

type pair struct{ Key, Value string }

func cronFields(c cronsole.CronFields) []pair {
	return []pair{
		{"second", c.Second},
		{"minute", c.Minute},
		{"hour", c.Hour},
		{"day", c.Day},
		{"week", c.Week},
		{"month", c.Month},
		{"day_of_week", c.DayOfWeek},
		{"year", c.Year},
	}
}

// definitionPairs is a definition as key and text, in the order of the form.
func definitionPairs(d cronsole.Definition) []pair {
	s, r := d.Schedule, d.Rules
	pairs := []pair{{"type", string(s.Type)}}
	switch s.Type {
	case cronsole.TypeCron:
		pairs = append(pairs, cronFields(s.Cron)...)
	case cronsole.TypeInterval:
		for _, u := range []struct {
			key string
			n   int64
		}{
			{"weeks", s.Interval.Weeks},
			{"days", s.Interval.Days},
			{"hours", s.Interval.Hours},
			{"minutes", s.Interval.Minutes},
			{"seconds", s.Interval.Seconds},
		} {
			text := ""
			if u.n != 0 {
				text = strconv.FormatInt(u.n, 10)
			}
			pairs = append(pairs, pair{u.key, text})
		}
	case cronsole.TypeDate:
		pairs = append(pairs, pair{"run_date", s.RunDate})
	}
	return append(pairs,
		pair{"start_date", s.StartDate}, pair{"end_date", s.EndDate}, pair{"timezone", s.Timezone}, pair{"dst", s.DST.String()},
		pair{"args", ArgsText(d.Args)}, pair{"jitter", r.Jitter.String()}, pair{"timeout", r.Timeout.String()},
		pair{"expires", r.Expires.String()}, pair{"retries", strconv.Itoa(r.Retries)}, pair{"retry_backoff", r.RetryBackoff.String()},
		pair{"retry_max_backoff", r.RetryMax.String()}, pair{"on_interrupt", string(r.OnInterrupt)},
		pair{"overlap", string(r.Overlap)}, pair{"max_instances", strconv.Itoa(r.MaxInstances)},
		pair{"misfire", string(r.Misfire)}, pair{"misfire_grace", r.MisfireGrace.String()},
		pair{"catchup_window", r.CatchupWindow.String()}, pair{"catchup_limit", strconv.Itoa(r.CatchupLimit)},
		pair{"max_runs", strconv.Itoa(r.MaxRuns)}, pair{"keep_runs", strconv.Itoa(r.KeepRuns)}, pair{"keep_days", strconv.Itoa(r.KeepDays)},
		pair{"keep_bytes", strconv.FormatInt(r.KeepBytes, 10)},
		pair{"tags", strings.Join(r.Tags, ", ")}, pair{"description", r.Description},
	)
}

// diff lists the keys in which a job and its file disagree.
func diff(job, file cronsole.Definition) []DiffLine {
	inFile := map[string]string{}
	var order []string
	for _, p := range definitionPairs(file) {
		inFile[p.Key] = p.Value
		order = append(order, p.Key)
	}
	var lines []DiffLine
	seen := map[string]bool{}
	for _, p := range definitionPairs(job) {
		seen[p.Key] = true
		if other := inFile[p.Key]; other != p.Value {
			lines = append(lines, DiffLine{Key: p.Key, Job: p.Value, File: other})
		}
	}
	for _, key := range order {
		if !seen[key] && inFile[key] != "" {
			lines = append(lines, DiffLine{Key: key, File: inFile[key]})
		}
	}
	return lines
}

// ArgsText is a list of arguments as JSON; empty for none.
func ArgsText(args []any) string {
	if len(args) == 0 {
		return ""
	}
	b, err := json.Marshal(args)
	if err != nil {
		return "" // arguments come from JSON and so can always go back
	}
	return string(b)
}

// LiveURL is the address of the part that a poll refreshes.
func (m *JobDetail) LiveURL() string {
	u := m.URL() + "?part=live"
	if m.RunsTab != "" {
		u += "&runs=" + m.RunsTab
	}
	return u
}

// RunsTabs are the filters over the runs of the job.
func (m *JobDetail) RunsTabs() []Tab {
	tabs := []Tab{{Label: "All"}, {Label: "Failed", State: "failed"}, {Label: "Manual", State: "manual"}}
	for i := range tabs {
		tabs[i].URL = m.URL()
		if tabs[i].State != "" {
			tabs[i].URL += "?runs=" + tabs[i].State
		}
		tabs[i].Current = tabs[i].State == m.RunsTab
	}
	return tabs
}

// AllRunsURL is the address of every run of the job.
func (m *JobDetail) AllRunsURL() string {
	q := RunListQuery{JobID: m.JobID}
	return (&RunList{Query: q}).URL()
}

// OlderRunsURL is the address of the runs after those shown; empty when there
// are none.
func (m *JobDetail) OlderRunsURL() string {
	if m.RunsNext == nil {
		return ""
	}
	list := RunList{Query: RunListQuery{JobID: m.JobID}}
	switch m.RunsTab {
	case "failed":
		list.Query.State = FailedStates
	case "manual":
		list.Query.Cause = "manual"
	}
	return list.URL("after", *m.RunsNext)
}

// Success is the share of good runs of the last 30 days, "96.7 %"; empty when
// there were none.
func (m *JobDetail) Success() string {
	n := m.Stats.Succeeded + m.Stats.Failed
	if n == 0 {
		return ""
	}
	share := math.Floor(float64(m.Stats.Succeeded)*1000/float64(n)) / 10 // 99.96 % is not 100 %
	return strconv.FormatFloat(share, 'f', -1, 64) + " %"
}

// SuccessDetail is the same in numbers: "29 of 30 · 1 failed".
func (m *JobDetail) SuccessDetail() string {
	n := m.Stats.Succeeded + m.Stats.Failed
	if n == 0 {
		return "no scheduled runs in 30 days"
	}
	s := Count(m.Stats.Succeeded) + " of " + Count(n)
	if m.Stats.Failed > 0 {
		s += " · " + Count(m.Stats.Failed) + " failed"
	}
	return s
}

// Median is the duration in the middle; 0 when no run succeeded yet.
func (m *JobDetail) Median() time.Duration { return time.Duration(m.Stats.MedianMS) * time.Millisecond }

// P95 is the duration that 19 of 20 runs stay under; 0 when no run succeeded.
func (m *JobDetail) P95() time.Duration { return time.Duration(m.Stats.P95MS) * time.Millisecond }

// OverlapWords says what happens when a run is due while one is going on.
func (m *JobDetail) OverlapWords() string {
	words := overlapWords[m.Overlap]
	if m.Overlap == cronsole.OverlapAllow && m.MaxInstances > 0 {
		words += ", at most " + strconv.Itoa(m.MaxInstances)
	}
	return words
}

// DSTWords says what clock changes do to a cron schedule; empty for other types.
func (m *JobDetail) DSTWords() string {
	if m.Type != cronsole.TypeCron {
		return ""
	}
	for dst, words := range dstWords {
		if dst.String() == m.DST {
			return words
		}
	}
	return ""
}

// RetryWords says what happens to a run that fails.
func (m *JobDetail) RetryWords() string {
	if m.Retries == 0 {
		return "Stays failed"
	}
	words := "Tried again " + Plural(m.Retries, "time") + ", first after " + Length(time.Duration(m.RetryBackoff))
	if m.Retries > 1 {
		words += ", then twice as long each time, at most " + Length(time.Duration(m.RetryMax))
	}
	return words
}

// LimitWords says how many due instants run before the job is finished; empty
// for no limit.
func (m *JobDetail) LimitWords() string {
	if m.MaxRuns == 0 {
		return ""
	}
	words := strconv.Itoa(m.Ran) + " of " + Plural(m.MaxRuns, "run")
	if m.State == cronsole.JobFinished {
		return words
	}
	return words + " so far, then finished"
}

// InterruptWords says what happens to a run under which the console ends.
func (m *JobDetail) InterruptWords() string {
	if m.OnInterrupt == cronsole.InterruptRerun {
		return "Run again"
	}
	return "Say so, do not run again"
}

// MisfireWords says what happens to runs that were missed.
func (m *JobDetail) MisfireWords() string {
	words := misfireWords[m.Misfire]
	switch m.Misfire {
	case cronsole.MisfireRunAll:
		return words + ", at most " + strconv.Itoa(m.CatchupLimit) + " of the last " + Length(time.Duration(m.CatchupWindow))
	default:
		return words + ", after " + Length(time.Duration(m.MisfireGrace))
	}
}

// TimeoutWords is the time limit: "10 min", "none".
func (m *JobDetail) TimeoutWords() string {
	if m.Timeout == 0 {
		return "none"
	}
	return Length(time.Duration(m.Timeout))
}

// KeepWords says how long runs are kept: "1 000 runs, 90 days, 104.9 MB of output".
func (m *JobDetail) KeepWords() string {
	var parts []string
	if m.KeepRuns > 0 {
		parts = append(parts, Plural(m.KeepRuns, "run"))
	}
	if m.KeepDays > 0 {
		parts = append(parts, Plural(m.KeepDays, "day"))
	}
	if m.KeepBytes > 0 {
		parts = append(parts, Bytes(m.KeepBytes)+" of output")
	}
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

// ArgsText is the arguments of the code as JSON; empty for none.
func (m *JobDetail) ArgsText() string {
	args, _ := m.Args["args"].([]any)
	return ArgsText(args)
}

// SourceWords says where the definition is from: "in sync with .schedule".
func (m *JobDetail) SourceWords() string {
	switch {
	case m.File == nil && m.Source == cronsole.SourceFile:
		return ".schedule, which is gone"
	case m.File == nil:
		return "console"
	case m.File.Error != nil:
		return "console; .schedule has a mistake"
	case m.Differs:
		return "differs from .schedule"
	}
	return "in sync with .schedule"
}

// Changes is when the page will look different though nothing happened.
func (m *JobDetail) Changes() time.Time {
	if t := m.JobRow.Changes(); !t.IsZero() && t.Before(m.Midnight()) {
		return t
	}
	return m.Midnight()
}

var dstWords = map[cronsole.DST]string{
	cronsole.DSTDefault: "Each time of day runs once",
	cronsole.DSTLiteral: "Skip times that do not exist, run repeated ones twice",
}

var overlapWords = map[cronsole.Overlap]string{
	cronsole.OverlapSkip:     "Skip this run",
	cronsole.OverlapQueueOne: "Let one run wait",
	cronsole.OverlapAllow:    "Run side by side",
	cronsole.OverlapReplace:  "Cancel the old run",
}

var misfireWords = map[cronsole.Misfire]string{
	cronsole.MisfireSkip:    "Skip what is late",
	cronsole.MisfireRunOnce: "Run once when back",
	cronsole.MisfireRunAll:  "Run all when back",
}

// JobDelete asks whether to delete a job.
type JobDelete struct {
	Shell `json:"-"`
	JobRow

	Key string `json:"-"` // idempotency key of the form
}

// NewJobDelete asks about a job.
func NewJobDelete(s Shell, r cronsole.JobRow, code *cronsole.Code, key string) *JobDelete {
	m := &JobDelete{Shell: s, JobRow: NewJobRow(r, code, s.Now), Key: key}
	m.Title = "Delete " + r.Job.ID
	return m
}

// RunKey is the idempotency key of the page's Run button; see
// [JobRow.ActionKey].
func (m *JobDetail) RunKey() string {
	if len(m.Chart) == 0 {
		return m.ActionKey()
	}
	newest := m.Chart[len(m.Chart)-1].ID
	for _, id := range m.Running {
		newest = max(newest, id)
	}
	return actionKey(m.Version, newest)
}
