package views

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestAddressesOfTheTableKeepItsFilters(t *testing.T) {
	q := JobListQuery{Text: "a&b", State: "late", Type: "cron", Tag: "db", Sort: "-name", Page: 3, Limit: 20}
	all := "limit=20&q=a%26b&sort=-name&state=late&tag=db&type=cron"
	tests := map[string]struct {
		q       JobListQuery
		changes []string
		want    string
	}{
		"nothing":                     {JobListQuery{Page: 1, Limit: PageSize}, nil, "/jobs"},
		"a filter goes to page one":   {q, nil, "/jobs?" + all},
		"another page":                {q, []string{"page", "4"}, "/jobs?limit=20&page=4&q=a%26b&sort=-name&state=late&tag=db&type=cron"},
		"page one has no number":      {q, []string{"page", "1"}, "/jobs?" + all},
		"taken away":                  {q, []string{"state", "", "q", ""}, "/jobs?limit=20&sort=-name&tag=db&type=cron"},
		"the usual size is not named": {JobListQuery{Limit: PageSize, Sort: "name"}, nil, "/jobs?sort=name"},
		"half a pair is left out":     {JobListQuery{}, []string{"page"}, "/jobs"},
	}
	for name, tt := range tests {
		if got := tt.q.URL(tt.changes...); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	m := &JobList{Query: q}
	if got, want := m.RowsURL(), "/jobs?limit=20&page=3&part=rows&q=a%26b&sort=-name&state=late&tag=db&type=cron"; got != want {
		t.Errorf("the poll asks for %q, want %q", got, want)
	}
}

func TestPagesOfTheTable(t *testing.T) {
	type pages struct {
		Pages             int
		Prev, Next, Range string
	}
	tests := map[string]struct {
		total, shown, page, limit int
		want                      pages
	}{
		"none":            {0, 0, 1, 50, pages{1, "", "", "0 of 0"}},
		"one page":        {50, 50, 1, 50, pages{1, "", "", "1–50 of 50"}},
		"first of two":    {51, 50, 1, 50, pages{2, "", "/jobs?page=2", "1–50 of 51"}},
		"last of two":     {51, 1, 2, 50, pages{2, "/jobs", "", "51–51 of 51"}},
		"in the middle":   {1000, 50, 3, 50, pages{20, "/jobs?page=2", "/jobs?page=4", "101–150 of 1 000"}},
		"beyond the last": {51, 0, 9, 50, pages{2, "/jobs?page=8", "", "0 of 51"}},
		"no limit":        {5, 5, 1, 0, pages{1, "", "", "1–5 of 5"}},
	}
	for name, tt := range tests {
		m := &JobList{Total: tt.total, Jobs: make([]JobRow, tt.shown), Query: JobListQuery{Page: tt.page, Limit: tt.limit}}
		if diff := cmp.Diff(tt.want, pages{m.Pages(), m.PrevURL(), m.NextURL(), m.Range()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTabsOfTheTable(t *testing.T) {
	m := &JobList{Counts: JobCounts{All: 10, Running: 1, Failing: 2, Late: 3, Paused: 4}, Query: JobListQuery{State: "late", Text: "x"}}
	want := []Tab{
		{"All", "", 10, "/jobs?q=x", false},
		{"Running", "running", 1, "/jobs?q=x&state=running", false},
		{"Failing", "failing", 2, "/jobs?q=x&state=failing", false},
		{"Late", "late", 3, "/jobs?q=x&state=late", true},
		{"Paused", "paused", 4, "/jobs?q=x&state=paused", false},
	}
	if diff := cmp.Diff(want, m.Tabs()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAColumnSortsAndSortsBack(t *testing.T) {
	tests := map[string]struct{ order, url string }{
		"":      {"", "/jobs?sort=name"},
		"next":  {"", "/jobs?sort=name"},
		"name":  {"ascending", "/jobs?sort=-name"},
		"-name": {"descending", "/jobs?sort=name"},
	}
	for sort, want := range tests {
		m := &JobList{Query: JobListQuery{Sort: sort}}
		if got := (struct{ order, url string }{m.ariaSort("name"), m.sortURL("name")}); got != want {
			t.Errorf("sorted by %q: %+v, want %+v", sort, got, want)
		}
		current := 0
		for _, c := range m.Sorts() {
			if c.Current {
				current++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[sort == "-name"]; current != want {
			t.Errorf("sorted by %q: %d choices are current", sort, current)
		}
	}
}

func TestAddressesOfTheRunsKeepTheirFilters(t *testing.T) {
	m := &RunList{Query: RunListQuery{JobID: "sync", State: "failed", Cause: "manual", Reason: "misfire", After: "41"}}
	next := "12"
	m.Next = &next
	type urls struct{ Plain, Rows, First, Next string }
	want := urls{
		"/runs?cause=manual&job_id=sync&reason=misfire&state=failed",
		"/runs?after=41&cause=manual&job_id=sync&part=rows&reason=misfire&state=failed",
		"/runs?cause=manual&job_id=sync&reason=misfire&state=failed",
		"/runs?after=12&cause=manual&job_id=sync&reason=misfire&state=failed",
	}
	if diff := cmp.Diff(want, urls{m.URL(), m.RowsURL(), m.FirstURL(), m.NextURL()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	plain := &RunList{}
	if diff := cmp.Diff(urls{"/runs", "/runs?part=rows", "", ""}, urls{plain.URL(), plain.RowsURL(), plain.FirstURL(), plain.NextURL()}); diff != "" {
		t.Errorf("no filter (-want +got):\n%s", diff)
	}
	if plain.Filtered() || !m.Filtered() {
		t.Errorf("filtered: %v, %v", plain.Filtered(), m.Filtered())
	}
}

func TestFoldersSayWhatTheirFileDoes(t *testing.T) {
	schedule := cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Hours: 1}, Timezone: "UTC"}
	tests := map[string]struct {
		file   *cronsole.ScheduleFile
		want   *FileView
		usable bool
	}{
		"none": {nil, nil, false},
		"good": {
			&cronsole.ScheduleFile{Text: "interval\n\nhours=1\n", Changed: noon, Enabled: true, Definition: cronsole.Definition{Schedule: schedule}},
			&FileView{
				Changed: noon, Text: "interval\n\nhours=1\n", Enabled: true, Words: "Every hour", Frequency: "interval[1:00:00]", Timezone: "UTC",
				Expression: "1h", Type: "interval", Lines: []FileLine{{1, "interval", ""}, {2, "", ""}, {3, "hours=1", ""}},
			}, true,
		},
		"a mistake": {
			&cronsole.ScheduleFile{Text: "cron\r\nhour=\x1b[31m25", Changed: noon, Err: &cronsole.FileError{Line: 2, Key: "hour", Message: "is outside 0 to 23"}},
			&FileView{
				Changed: noon, Text: "cron\r\nhour=\x1b[31m25", Error: &FileFault{2, "hour", "is outside 0 to 23"},
				Lines: []FileLine{{1, "cron", ""}, {2, "hour=25", "hour: is outside 0 to 23"}},
			}, false,
		},
	}
	for name, tt := range tests {
		row := NewCodeRow(&cronsole.Code{Name: "sync", Kind: cronsole.CodeExecutable, File: tt.file}, []string{"a"})
		want := CodeRow{Code: "sync", Kind: cronsole.CodeExecutable, Jobs: []string{"a"}, Schedule: tt.want}
		if diff := cmp.Diff(want, row); diff != "" || row.Usable() != tt.usable {
			t.Errorf("%s: usable %v (-want +got):\n%s", name, row.Usable(), diff)
		}
	}
}
