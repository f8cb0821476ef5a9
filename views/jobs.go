package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// JobList is the table of jobs.
type JobList struct {
	Shell `json:"-"`

	Total  int       `json:"total"` // that match the query, on all pages
	Jobs   []JobRow  `json:"jobs"`
	Next   *string   `json:"next"` // for after=; null on the last page
	Counts JobCounts `json:"counts"`

	Query   JobListQuery       `json:"-"`
	Folders []CodeRow          `json:"-"` // deployed folders; filled when there is no job at all
	Backlog []cronsole.Backlog `json:"-"` // queued runs by what keeps them
	JobsDir string             `json:"-"` // where folders are deployed, as the operator named it
}

// JobCounts counts living jobs by state, for the tabs.
type JobCounts struct {
	All     int `json:"all"`
	Running int `json:"running"`
	Failing int `json:"failing"`
	Late    int `json:"late"`
	Paused  int `json:"paused"`
}

// JobListQuery is what the address of the table asks for.
type JobListQuery struct {
	Text  string // q
	State string
	Type  string
	Tag   string
	Sort  string
	Page  int // from 1
	Limit int
}

// Tab is one of the state tabs above the table.
type Tab struct {
	Label   string
	State   string // "", "running", "failing", "late", "paused"
	Count   int
	URL     string
	Current bool
}

// SortChoice is one way to sort the table.
type SortChoice struct {
	Label   string
	Value   string // "", "next", "name", "last"; "-" before it reverses
	URL     string
	Current bool
}

// PageSize is how many jobs the page shows unless the address says otherwise.
const PageSize = 50

// NewJobList shows a page of jobs; codes holds the deployed folders by name.
func NewJobList(s Shell, q JobListQuery, p cronsole.JobPage, codes map[string]*cronsole.Code) *JobList {
	m := &JobList{Shell: s, Total: p.Total, Query: q, Counts: JobCounts(p.Counts), Jobs: make([]JobRow, 0, len(p.Rows))}
	for _, r := range p.Rows {
		m.Jobs = append(m.Jobs, NewJobRow(r, codes[r.Job.Definition.Code], s.Now))
	}
	if p.Next != "" {
		m.Next = &p.Next
	}
	return m
}

// BacklogWords says what waits and why: "120 runs are waiting: all 32 slots are
// taken"; empty when few do.
func (m *JobList) BacklogWords() string {
	const many = 5
	total := 0
	for _, b := range m.Backlog {
		total += b.Runs
	}
	if total < many {
		return ""
	}
	words := Count(total) + " runs are waiting: "
	if len(m.Backlog) == 1 {
		return words + m.Backlog[0].Reason
	}
	var parts []string
	for _, b := range m.Backlog {
		parts = append(parts, Count(b.Runs)+" because "+b.Reason)
	}
	return words + strings.Join(parts, "; ")
}

// URL is the address of this table with some parameters changed: pairs of name
// and value. A changed filter goes back to the first page.
func (m *JobList) URL(changes ...string) string { return m.Query.URL(changes...) }

// RowsURL is the address of just the rows, for the poll.
func (m *JobList) RowsURL() string {
	return m.Query.URL("page", strconv.Itoa(m.Query.Page), "part", "rows")
}

// URL is the address of the table with some parameters changed.
func (q JobListQuery) URL(changes ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		v.Del(name)
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", q.Text)
	set("state", q.State)
	set("type", q.Type)
	set("tag", q.Tag)
	set("sort", q.Sort)
	if q.Limit != 0 && q.Limit != PageSize {
		set("limit", strconv.Itoa(q.Limit))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i] == "page" && changes[i+1] == "1" {
			continue
		}
		set(changes[i], changes[i+1])
	}
	if len(v) == 0 {
		return "/jobs"
	}
	return "/jobs?" + v.Encode()
}

// Filtered reports whether the query leaves jobs out.
func (m *JobList) Filtered() bool {
	q := m.Query
	return q.Text != "" || q.State != "" || q.Type != "" || q.Tag != ""
}

// Tabs are the state tabs with their counts.
func (m *JobList) Tabs() []Tab {
	c := m.Counts
	tabs := []Tab{
		{Label: "All", Count: c.All},
		{Label: "Running", State: "running", Count: c.Running},
		{Label: "Failing", State: "failing", Count: c.Failing},
		{Label: "Late", State: "late", Count: c.Late},
		{Label: "Paused", State: "paused", Count: c.Paused},
	}
	for i := range tabs {
		tabs[i].URL = m.URL("state", tabs[i].State)
		tabs[i].Current = tabs[i].State == m.Query.State
	}
	return tabs
}

// Sorts are the ways to sort the table.
func (m *JobList) Sorts() []SortChoice {
	sorts := []SortChoice{
		{Label: "Needs attention"},
		{Label: "Next run", Value: "next"},
		{Label: "Name", Value: "name"},
		{Label: "Last run", Value: "last"},
	}
	for i := range sorts {
		sorts[i].URL = m.URL("sort", sorts[i].Value)
		sorts[i].Current = sorts[i].Value == m.Query.Sort
	}
	return sorts
}

// Pages is how many pages there are, at least 1.
func (m *JobList) Pages() int {
	if m.Query.Limit < 1 {
		return 1
	}
	return max(1, (m.Total+m.Query.Limit-1)/m.Query.Limit)
}

// PrevURL is the address of the page before; empty on the first.
func (m *JobList) PrevURL() string {
	if m.Query.Page <= 1 {
		return ""
	}
	return m.URL("page", strconv.Itoa(m.Query.Page-1))
}

// NextURL is the address of the page after; empty on the last.
func (m *JobList) NextURL() string {
	if m.Query.Page >= m.Pages() {
		return ""
	}
	return m.URL("page", strconv.Itoa(m.Query.Page+1))
}

// Range says which jobs are shown: "1–50 of 1 000".
func (m *JobList) Range() string {
	if len(m.Jobs) == 0 {
		return "0 of " + Count(m.Total)
	}
	first := (max(m.Query.Page, 1)-1)*m.Query.Limit + 1
	return Count(first) + "–" + Count(first+len(m.Jobs)-1) + " of " + Count(m.Total)
}

// Changes is when the page will look different though nothing happened.
func (m *JobList) Changes() time.Time {
	first := m.Midnight()
	for i := range m.Jobs {
		if t := m.Jobs[i].Changes(); !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}
