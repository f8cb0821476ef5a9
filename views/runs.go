package views

import (
	"net/url"
	"strconv"

	"cronsole/internal/cronsole"
)

// RunList is a list of runs, newest first.
type RunList struct {
	Shell `json:"-"`

	Runs []RunRow `json:"runs"`
	Next *string  `json:"next"` // for after=; null on the last page

	Query RunListQuery `json:"-"`
}

// RunListQuery is what the address of the list asks for.
type RunListQuery struct {
	JobID  string
	State  string // run states, separated by commas
	Reason string
	Cause  string
	Limit  int
	After  string
}

// NewRunList shows a page of runs.
func NewRunList(s Shell, q RunListQuery, p cronsole.RunPage) *RunList {
	m := &RunList{Shell: s, Query: q, Runs: NewRunRows(p.Runs)}
	if p.Next != 0 {
		next := strconv.FormatInt(p.Next, 10)
		m.Next = &next
	}
	return m
}

// URL is the address of this list with some parameters changed: pairs of name
// and value. A changed filter goes back to the newest runs.
func (m *RunList) URL(changes ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		v.Del(name)
		if value != "" {
			v.Set(name, value)
		}
	}
	set("job_id", m.Query.JobID)
	set("state", m.Query.State)
	set("reason", m.Query.Reason)
	set("cause", m.Query.Cause)
	if m.Query.Limit != 0 && m.Query.Limit != PageSize {
		set("limit", strconv.Itoa(m.Query.Limit))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		set(changes[i], changes[i+1])
	}
	if len(v) == 0 {
		return "/runs"
	}
	return "/runs?" + v.Encode()
}

// RowsURL is the address of just the rows, for the poll.
func (m *RunList) RowsURL() string { return m.URL("after", m.Query.After, "part", "rows") }

// NextURL is the address of older runs; empty when there are none.
func (m *RunList) NextURL() string {
	if m.Next == nil {
		return ""
	}
	return m.URL("after", *m.Next)
}

// FirstURL is the address of the newest runs; empty when they are shown.
func (m *RunList) FirstURL() string {
	if m.Query.After == "" {
		return ""
	}
	return m.URL()
}

// Filtered reports whether the query leaves runs out.
func (m *RunList) Filtered() bool {
	q := m.Query
	return q.JobID != "" || q.State != "" || q.Reason != "" || q.Cause != ""
}

// Tabs are the usual questions about runs.
func (m *RunList) Tabs() []Tab {
	tabs := []Tab{
		{Label: "All"},
		{Label: "Running", State: "running"},
		{Label: "Succeeded", State: "succeeded"},
		{Label: "Failed", State: "failed"},
		{Label: "Timed out", State: "timed_out"},
		{Label: "Interrupted", State: "interrupted"},
		{Label: "Skipped", State: "skipped"},
	}
	for i := range tabs {
		tabs[i].URL = m.URL("state", tabs[i].State)
		tabs[i].Current = tabs[i].State == m.Query.State
	}
	return tabs
}

// FailedStates is what "failed" means to people, as a state= parameter.
const FailedStates = "failed,timed_out,interrupted"
