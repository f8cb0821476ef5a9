package views

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func detail(t *testing.T, change func(*cronsole.Job), code *cronsole.Code, stats cronsole.JobStats, next ...time.Time) *JobDetail {
	t.Helper()
	job := everyHour()
	if change != nil {
		change(job)
	}
	return NewJobDetail(*shellIn(t, "UTC"), cronsole.JobRow{Job: job}, code, stats, cronsole.RunPage{}, next)
}

func TestSuccessIsNeverRoundedUp(t *testing.T) {
	tests := map[string]struct {
		stats cronsole.JobStats
		want  [2]string
	}{
		"none":       {cronsole.JobStats{}, [2]string{"", "no scheduled runs in 30 days"}},
		"all":        {cronsole.JobStats{Succeeded: 30}, [2]string{"100 %", "30 of 30"}},
		"most":       {cronsole.JobStats{Succeeded: 29, Failed: 1}, [2]string{"96.6 %", "29 of 30 · 1 failed"}},
		"almost all": {cronsole.JobStats{Succeeded: 9999, Failed: 1}, [2]string{"99.9 %", "9 999 of 10 000 · 1 failed"}},
		"half":       {cronsole.JobStats{Succeeded: 1, Failed: 1}, [2]string{"50 %", "1 of 2 · 1 failed"}},
		"a few":      {cronsole.JobStats{Succeeded: 1, Failed: 1999}, [2]string{"0 %", "1 of 2 000 · 1 999 failed"}},
		"none of":    {cronsole.JobStats{Failed: 3}, [2]string{"0 %", "0 of 3 · 3 failed"}},
	}
	for name, tt := range tests {
		m := detail(t, nil, deployed, tt.stats)
		if got := [2]string{m.Success(), m.SuccessDetail()}; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRulesInWords(t *testing.T) {
	type words struct{ Keep, Timeout, Overlap, Misfire string }
	tests := map[string]struct {
		rules func(*cronsole.Rules)
		want  words
	}{
		"defaults": {func(*cronsole.Rules) {}, words{"1 000 runs, 90 days, 104.9 MB of output", "1 h", "Skip this run", "Run once when back, after 1 min"}},
		"no limits": {func(r *cronsole.Rules) {
			r.KeepRuns, r.KeepDays, r.KeepBytes, r.Timeout = 0, 0, 0, 0
		}, words{"everything", "none", "Skip this run", "Run once when back, after 1 min"}},
		"one of each": {func(r *cronsole.Rules) {
			r.KeepRuns, r.KeepDays, r.KeepBytes, r.Timeout = 1, 1, 1, cronsole.Duration(90*time.Second)
		}, words{"1 run, 1 day, 1 B of output", "1 min 30 s", "Skip this run", "Run once when back, after 1 min"}},
		"other words": {func(r *cronsole.Rules) { r.Overlap, r.Misfire = "queue_one", "run_all" }, words{"1 000 runs, 90 days, 104.9 MB of output", "1 h", "Let one run wait", "Run all when back, at most 100 of the last 1 d"}},
		"side by side": {func(r *cronsole.Rules) {
			r.Overlap, r.MaxInstances, r.Misfire = cronsole.OverlapAllow, 3, cronsole.MisfireSkip
		}, words{"1 000 runs, 90 days, 104.9 MB of output", "1 h", "Run side by side, at most 3", "Skip what is late, after 1 min"}},
	}
	for name, tt := range tests {
		m := detail(t, func(j *cronsole.Job) { tt.rules(&j.Definition.Rules) }, deployed, cronsole.JobStats{})
		if diff := cmp.Diff(tt.want, words{m.KeepWords(), m.TimeoutWords(), m.OverlapWords(), m.MisfireWords()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func fileOf(d cronsole.Definition) *cronsole.Code {
	return &cronsole.Code{Name: "sync", File: &cronsole.ScheduleFile{Text: "interval\nhours=1\n", Changed: noon, Definition: d}}
}

func TestWhereAJobAndItsFileDiffer(t *testing.T) {
	same := everyHour().Definition
	tests := map[string]struct {
		code   *cronsole.Code
		change func(*cronsole.Definition) // of the job
		want   []DiffLine
		source string
	}{
		"no code":        {nil, nil, nil, "console"},
		"no file":        {deployed, nil, nil, "console"},
		"file is gone":   {deployed, func(d *cronsole.Definition) { d.Source = cronsole.SourceFile }, nil, ".schedule, which is gone"},
		"in sync":        {fileOf(same), nil, nil, "in sync with .schedule"},
		"not the source": {fileOf(same), func(d *cronsole.Definition) { d.Source = cronsole.SourceFile }, nil, "in sync with .schedule"},
		"a mistake in it": {
			&cronsole.Code{File: &cronsole.ScheduleFile{Err: &cronsole.FileError{Line: 2, Message: "x"}}}, nil, nil, "console; .schedule has a mistake",
		},
		"values": {
			fileOf(same), func(d *cronsole.Definition) {
				d.Schedule.Interval = cronsole.Units{Minutes: 30}
				d.Args = []any{"--full", 3.0}
				d.Rules.Timeout, d.Rules.Tags = 0, []string{"a", "b"}
			},
			[]DiffLine{
				{"hours", "", "1"},
				{"minutes", "30", ""},
				{"args", `["--full",3]`, ""},
				{"timeout", "0s", "1h"},
				{"tags", "a, b", ""},
			},
			"differs from .schedule",
		},
		"another type": {
			fileOf(same), func(d *cronsole.Definition) {
				d.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "2027-01-01", Timezone: "UTC"}
			},
			[]DiffLine{{"type", "date", "interval"}, {"run_date", "2027-01-01", ""}, {"hours", "", "1"}},
			"differs from .schedule",
		},
		"cron": {
			fileOf(cronsole.Definition{Rules: same.Rules, Schedule: cronsole.Schedule{
				Type: cronsole.TypeCron, Cron: cronsole.CronFields{Second: "0", Minute: "30", Hour: "2"}, Timezone: "UTC", EndDate: "2030-01-01",
			}}),
			func(d *cronsole.Definition) {
				d.Schedule = cronsole.Schedule{Type: cronsole.TypeCron, Cron: cronsole.CronFields{Second: "0", Minute: "30", Hour: "4"}, Timezone: "Europe/Berlin"}
			},
			[]DiffLine{{"hour", "4", "2"}, {"end_date", "", "2030-01-01"}, {"timezone", "Europe/Berlin", "UTC"}},
			"differs from .schedule",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := detail(t, func(j *cronsole.Job) {
				if tt.change != nil {
					tt.change(&j.Definition)
				}
			}, tt.code, cronsole.JobStats{})
			if diff := cmp.Diff(tt.want, m.Diff); diff != "" || m.Differs != (len(tt.want) > 0) || m.SourceWords() != tt.source {
				t.Errorf("%q, differs %v (-want +got):\n%s", m.SourceWords(), m.Differs, diff)
			}
		})
	}
}

// TestArgsCanBeSentBack to make the same schedule again.
func TestArgsCanBeSentBack(t *testing.T) {
	tests := map[string]struct {
		schedule cronsole.Schedule
		args     []any
		want     map[string]any
	}{
		"cron": {
			cronsole.Schedule{Type: cronsole.TypeCron, Cron: cronsole.CronFields{Hour: "2", Minute: "30"}, EndDate: "2030-01-01"},
			[]any{"a"},
			map[string]any{
				"second": nil, "minute": "30", "hour": "2", "day": nil, "week": nil, "month": nil, "day_of_week": nil, "year": nil,
				"end_date": "2030-01-01", "args": []any{"a"},
			},
		},
		"interval": {
			cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Hours: 6}, StartDate: "2026-01-01"},
			nil,
			map[string]any{"weeks": int64(0), "days": int64(0), "hours": int64(6), "minutes": int64(0), "seconds": int64(0), "start_date": "2026-01-01", "args": []any{}},
		},
		"date": {
			cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "2027-01-01 00:00"},
			[]any{},
			map[string]any{"run_date": "2027-01-01 00:00", "args": []any{}},
		},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, ScheduleArgs(tt.schedule, tt.args)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, tt := range map[string]struct {
		args []any
		want string
	}{"none": {nil, ""}, "empty": {[]any{}, ""}, "some": {[]any{"a<b", 1.0, nil, true, map[string]any{"k": "v"}}, `["a\u003cb",1,null,true,{"k":"v"}]`}} {
		if got := ArgsText(tt.args); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestDaysOnWhichTheClocksChangeAreMarked(t *testing.T) {
	berlin := shellIn(t, "Europe/Berlin").Zone
	howe := shellIn(t, "Australia/Lord_Howe").Zone // half an hour
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 28, 12, 0, 0, 0, berlin):   "",
		time.Date(2026, 3, 29, 0, 0, 0, 0, berlin):    "clocks go forward that day",
		time.Date(2026, 3, 29, 23, 59, 0, 0, berlin):  "clocks go forward that day",
		time.Date(2026, 3, 30, 0, 0, 0, 0, berlin):    "",
		time.Date(2026, 10, 25, 2, 30, 0, 0, berlin):  "clocks go back that day",
		time.Date(2026, 4, 5, 12, 0, 0, 0, howe):      "clocks go back that day",
		time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC): "",
	} {
		if got := clockChange(at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}

// TestTheNextRunsStartWithinTheJitter, the same as the scheduler does.
func TestTheNextRunsStartWithinTheJitter(t *testing.T) {
	due := noon.Add(time.Hour)
	m := detail(t, func(j *cronsole.Job) { j.Definition.Rules.Jitter = cronsole.Duration(time.Minute) }, deployed, cronsole.JobStats{}, due)
	want := []NextRun{{Due: due, Start: due.Add(cronsole.JitterOffset(7, due, cronsole.Duration(time.Minute)))}}
	if diff := cmp.Diff(want, m.NextRuns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	without := detail(t, nil, deployed, cronsole.JobStats{}, due)
	if diff := cmp.Diff([]NextRun{{Due: due, Start: due}}, without.NextRuns); diff != "" {
		t.Errorf("without jitter (-want +got):\n%s", diff)
	}
}

func TestTheRunsOfAJobLeadToAllOfThem(t *testing.T) {
	tests := map[string]struct{ live, older string }{
		"":       {"/jobs/sync?part=live", "/runs?after=41&job_id=sync"},
		"failed": {"/jobs/sync?part=live&runs=failed", "/runs?after=41&job_id=sync&state=failed%2Ctimed_out%2Cinterrupted"},
		"manual": {"/jobs/sync?part=live&runs=manual", "/runs?after=41&cause=manual&job_id=sync"},
	}
	for tab, want := range tests {
		m := NewJobDetail(*shellIn(t, "UTC"), cronsole.JobRow{Job: everyHour()}, deployed, cronsole.JobStats{}, cronsole.RunPage{Next: 41}, nil)
		m.RunsTab = tab
		if got := (struct{ live, older string }{m.LiveURL(), m.OlderRunsURL()}); got != want {
			t.Errorf("%q: %+v, want %+v", tab, got, want)
		}
		current := 0
		for _, tt := range m.RunsTabs() {
			if tt.Current {
				current++
			}
		}
		if current != 1 {
			t.Errorf("%q: %d tabs are current", tab, current)
		}
	}
	last := detail(t, nil, deployed, cronsole.JobStats{})
	if last.OlderRunsURL() != "" || last.AllRunsURL() != "/runs?job_id=sync" {
		t.Errorf("%q, %q", last.OlderRunsURL(), last.AllRunsURL())
	}
}

// TestAPageChangesAtMidnightOrWhenAJobIsLate, whichever comes first.
func TestAPageChangesAtMidnightOrWhenAJobIsLate(t *testing.T) {
	for next, want := range map[time.Duration]time.Time{time.Hour: noon.Add(61 * time.Minute), 48 * time.Hour: noon.Add(12 * time.Hour), 0: noon.Add(time.Minute)} {
		job := everyHour()
		job.Next = noon.Add(next)
		row := cronsole.JobRow{Job: job}
		page := NewJobDetail(*shellIn(t, "UTC"), row, deployed, cronsole.JobStats{}, cronsole.RunPage{}, nil).Changes()
		list := NewJobList(*shellIn(t, "UTC"), JobListQuery{}, cronsole.JobPage{Rows: []cronsole.JobRow{row}}, nil).Changes()
		if !page.Equal(want) || !list.Equal(want) {
			t.Errorf("due in %s: page %s, list %s, want %s", next, page, list, want)
		}
	}
}
