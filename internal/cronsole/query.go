package cronsole

import "time"

// JobQuery selects a page of living jobs (active, paused, finished).
type JobQuery struct {
	Text   string // substring of job_id, code, tags, expression or words; case-insensitive, literal
	State  string // "", "running", "failing", "late", "paused", "finished"
	Type   Type   // "" for all
	Tag    string
	Sort   string // "" (failing and late first, then soonest), "next", "name", "last"; "-" before it reverses
	Limit  int    // 1 to 1000
	Page   int    // from 1; used by the page when After is empty
	After  string // opaque, from JobPage.Next
	Now    time.Time
	Recent int // how many past runs to give with each job, at most 24
}

// JobRow is a job with what a list shows of its runs.
type JobRow struct {
	Job    *Job
	Active []*Run // queued and running, oldest first
	Last   *Run   // latest finished run that started; nil when there is none
	Recent []*Run // latest finished runs, oldest first, skipped ones included
}

// JobCounts counts living jobs by state, over all pages, for the tabs.
type JobCounts struct {
	All, Running, Failing, Late, Paused int
}

// JobPage is a page of jobs.
type JobPage struct {
	Rows   []JobRow
	Total  int    // that match the query, on all pages
	Next   string // for JobQuery.After; empty on the last page
	Counts JobCounts
}

// RunQuery selects a page of runs, newest first.
type RunQuery struct {
	JobID  string // all jobs that ever had this id; "" for all
	JobKey int64  // one job; 0 for all
	States []State
	Reason Reason
	Cause  Cause
	Limit  int   // 1 to 1000
	Before int64 // run id; 0 for the newest
}

// RunPage is a page of runs.
type RunPage struct {
	Runs []*Run
	Next int64 // for RunQuery.Before; 0 on the last page
}

// JobStats sums up the runs of a job since some instant. Skipped and manual
// runs count neither as success nor as failure in Succeeded and Failed.
type JobStats struct {
	Total     int64 // rows of the ledger in all, whatever their age
	Succeeded int64
	Failed    int64
	Median    time.Duration // over succeeded runs
	P95       time.Duration
}

// StoreStats are figures about the store for /readyz.
type StoreStats struct {
	Jobs          int    // living ones
	DatabaseBytes int64  // size of the file
	WALBytes      int64  // size of the write-ahead log beside it
	Problem       string // why the last write failed; empty after a good one
}
