package views

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

var deployed = &cronsole.Code{Name: "sync", Kind: cronsole.CodeExecutable}

func TestAJobLooksLikeWhatMattersMost(t *testing.T) {
	type look struct {
		Look, Word string
		Icon       mark
		Late       bool
	}
	failing := func(r *cronsole.JobRow) { r.Job.FailStreak, r.Last = 2, run(1, cronsole.Failed, time.Second) }
	late := func(r *cronsole.JobRow) { r.Job.Next = noon.Add(-time.Minute - 1) }
	running := func(r *cronsole.JobRow) {
		going := run(2, cronsole.Running, 0)
		going.FinishedAt = time.Time{}
		r.Active = []*cronsole.Run{going}
	}
	paused := func(r *cronsole.JobRow) { r.Job.State, r.Job.Next = cronsole.JobPaused, time.Time{} }
	tests := map[string]struct {
		change []func(*cronsole.JobRow)
		code   *cronsole.Code
		want   look
	}{
		"never ran": {nil, deployed, look{"never", "No runs yet", mark{"circle-dashed", "idle", false}, false}},
		"fine": {
			[]func(*cronsole.JobRow){func(r *cronsole.JobRow) { r.Last = run(1, cronsole.Succeeded, time.Second) }},
			deployed,
			look{"ok", "OK", mark{"circle-check", "ok", false}, false},
		},
		"failing":                   {[]func(*cronsole.JobRow){failing}, deployed, look{"fail", "Failing", mark{"circle-x", "fail", false}, false}},
		"late":                      {[]func(*cronsole.JobRow){late}, deployed, look{"late", "Late", mark{"triangle-alert", "warn", false}, true}},
		"failing and late":          {[]func(*cronsole.JobRow){failing, late}, deployed, look{"fail", "Failing", mark{"circle-x", "fail", false}, true}},
		"failing, and trying again": {[]func(*cronsole.JobRow){failing, running}, deployed, look{"run", "Running", mark{"loader-circle", "run", true}, false}},
		"not deployed":              {[]func(*cronsole.JobRow){failing}, nil, look{"broken", "Code missing or broken", mark{"triangle-alert", "fail", false}, false}},
		"broken code":               {nil, &cronsole.Code{Problem: "No entry."}, look{"broken", "Code missing or broken", mark{"triangle-alert", "fail", false}, false}},
		"paused, whatever else":     {[]func(*cronsole.JobRow){failing, running, paused}, nil, look{"paused", "Paused", mark{"circle-pause", "idle", false}, false}},
		"finished": {
			[]func(*cronsole.JobRow){func(r *cronsole.JobRow) { r.Job.State, r.Job.Next = cronsole.JobFinished, time.Time{} }},
			deployed,
			look{"finished", "Finished", mark{"circle-check", "idle", false}, false},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := cronsole.JobRow{Job: everyHour()}
			for _, change := range tt.change {
				change(&r)
			}
			row := NewJobRow(r, tt.code, noon)
			got := look{row.Look(), row.StateWord(), jobMark(row.Look()), row.Late}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(mark{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAJobIsLateAfterJitterAndGrace, and its row says when that will be.
func TestAJobIsLateAfterJitterAndGrace(t *testing.T) {
	job := everyHour()
	job.Definition.Rules.Jitter = cronsole.Duration(10 * time.Minute)
	job.Definition.Rules.MisfireGrace = cronsole.Duration(5 * time.Minute)
	due := noon.Add(time.Hour)
	edge := due.Add(15 * time.Minute)
	for now, late := range map[time.Time]bool{noon: false, due: false, edge.Add(-1): false, edge: false, edge.Add(1): true} {
		row := NewJobRow(cronsole.JobRow{Job: job}, deployed, now)
		want := edge
		if late {
			want = time.Time{}
		}
		if row.Late != late || !row.Changes().Equal(want) || row.graceSeconds() != "900" {
			t.Errorf("at %s: late %v, changes %s, grace %s", now.Format(time.TimeOnly), row.Late, row.Changes().Format(time.TimeOnly), row.graceSeconds())
		}
		start := row.NextStart
		if start == nil || start.Before(due) || !start.Before(due.Add(10*time.Minute)) {
			t.Errorf("it starts at %v", start)
		}
	}
}

// TestAJobWhoseRunWaitsIsLate too: it was due, and nothing runs.
func TestAJobWhoseRunWaitsIsLate(t *testing.T) {
	waiting := run(1, cronsole.Queued, 0)
	waiting.StartedAt, waiting.FinishedAt = time.Time{}, time.Time{}
	byHand := *waiting
	byHand.Due = time.Time{}
	tests := map[string]struct {
		run     cronsole.Run
		now     time.Time
		late    bool
		changes time.Time
	}{
		"within its grace": {*waiting, noon.Add(time.Minute), false, noon.Add(time.Minute)},
		"after it":         {*waiting, noon.Add(time.Minute + 1), true, time.Time{}},
		"nobody planned":   {byHand, noon.Add(30 * time.Minute), false, noon.Add(time.Hour + time.Minute)},
	}
	for name, tt := range tests {
		row := NewJobRow(cronsole.JobRow{Job: everyHour(), Active: []*cronsole.Run{&tt.run}}, deployed, tt.now)
		if row.Late != tt.late || !row.Changes().Equal(tt.changes) {
			t.Errorf("%s: late %v, changes %s", name, row.Late, row.Changes())
		}
	}
}

func TestTheCountdownSaysLateOnlyAfterTheGrace(t *testing.T) {
	for now, want := range map[time.Time]string{
		noon:                                   "in 1 h",
		noon.Add(time.Hour - time.Second):      "in 1 s",
		noon.Add(time.Hour):                    "due",
		noon.Add(time.Hour + time.Minute):      "due",
		noon.Add(time.Hour + 90*time.Second):   "late 1 min 30 s",
		noon.Add(time.Hour + 100*time.Minute):  "late 1 h 40 min",
		noon.Add(time.Hour - time.Millisecond): "due",
	} {
		row := NewJobRow(cronsole.JobRow{Job: everyHour()}, deployed, now)
		if got := row.dueText(&Shell{Now: now}); got != want {
			t.Errorf("at %s: %q, want %q", now.Format(time.TimeOnly), got, want)
		}
	}
}

func TestWhyAJobFailsIsOneLine(t *testing.T) {
	failed := func(code *int, signal, message string) *cronsole.Run {
		r := run(1, cronsole.Failed, time.Second)
		r.ExitCode, r.Signal, r.Error = code, signal, message
		return r
	}
	tests := map[string]struct {
		streak int
		last   *cronsole.Run
		want   string
	}{
		"it does not":     {0, failed(new(1), "", "x"), ""},
		"no run is known": {3, nil, ""},
		"once":            {1, failed(new(3), "", "connection refused"), "exit 3 · connection refused"},
		"often":           {1234, failed(new(3), "", "connection refused"), "exit 3 · connection refused · 1 234 in a row"},
		"killed":          {2, failed(nil, "SIGKILL", ""), "SIGKILL · 2 in a row"},
		"without a word":  {2, failed(nil, "", ""), "2 in a row"},
	}
	for name, tt := range tests {
		job := everyHour()
		job.FailStreak = tt.streak
		row := NewJobRow(cronsole.JobRow{Job: job, Last: tt.last}, deployed, noon)
		if got := row.FailLine(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestWhatKeepsAJobFromRunningIsSaidFirst(t *testing.T) {
	for state, want := range map[cronsole.JobState][2]string{
		cronsole.JobActive:   {"Every hour", ""},
		cronsole.JobPaused:   {"Paused · every hour", "paused"},
		cronsole.JobFinished: {"Finished · every hour", "finished"},
	} {
		job := everyHour()
		job.State = state
		row := NewJobRow(cronsole.JobRow{Job: job}, deployed, noon)
		if got := [2]string{row.scheduleWords(), row.noNextWord(&Shell{Now: noon})}; got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
}

// TestAPausedJobHasNoNextRun, even if one is left in the store.
func TestAPausedJobHasNoNextRun(t *testing.T) {
	job := everyHour()
	job.State = cronsole.JobPaused
	row := NewJobRow(cronsole.JobRow{Job: job}, deployed, noon.Add(5*time.Hour))
	if row.NextRun != nil || row.Late || !row.Changes().IsZero() {
		t.Errorf("next %v, late %v", row.NextRun, row.Late)
	}
}

func TestTimesAreInTheZoneOfTheJob(t *testing.T) {
	job := everyHour()
	job.Definition.Schedule.Timezone = "Asia/Kolkata"
	row := NewJobRow(cronsole.JobRow{Job: job}, deployed, noon)
	if got := row.NextRun.Format(time.RFC3339); got != "2026-11-23T18:30:00+05:30" {
		t.Errorf("next run %s", got)
	}
	for zone, want := range map[string]string{"UTC": "Asia/Kolkata", "Asia/Kolkata": ""} {
		if got := row.OtherZone(shellIn(t, zone)); got != want {
			t.Errorf("on a page in %s: %q, want %q", zone, got, want)
		}
	}
	if got := InZone(noon.In(shellIn(t, "Asia/Kolkata").Zone), "Mars/Olympus").Format(time.RFC3339); got != "2026-11-23T12:00:00Z" {
		t.Errorf("in a zone that is gone: %s", got)
	}
}
