package sqlite

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestJobStats(t *testing.T) {
	s := openStore(t, Options{})
	j, other := addJob(t, s, "x"), addJob(t, s, "y")
	if got := get(s.JobStats(t.Context(), j.Key, noon))(t); got != (cronsole.JobStats{}) {
		t.Errorf("never ran: %+v", got)
	}
	ran := func(j *cronsole.Job, at time.Time, cause cronsole.Cause, state cronsole.State, took time.Duration) {
		r := newRun(j, at)
		if cause == cronsole.CauseManual {
			r.Due, r.Count = time.Time{}, 0
		}
		r.Cause = cause
		addRun(t, s, r)
		must(t, s.StartRuns(t.Context(), []int64{r.ID}, at))
		must(t, s.FinishRun(t.Context(), cronsole.Outcome{RunID: r.ID, Attempt: 1, State: state, FinishedAt: at.Add(took)}))
	}
	ran(j, noon.Add(-day), cronsole.CauseSchedule, cronsole.Succeeded, time.Hour) // before the time asked for
	for i := range 20 {
		ran(j, noon.Add(time.Duration(i)*time.Minute), cronsole.CauseSchedule, cronsole.Succeeded, time.Duration(i+1)*time.Second)
	}
	ran(j, noon.Add(day), cronsole.CauseSchedule, cronsole.Failed, time.Hour)
	ran(j, noon.Add(2*day), cronsole.CauseSchedule, cronsole.TimedOut, time.Hour)
	ran(j, noon.Add(3*day), cronsole.CauseSchedule, cronsole.Cancelled, time.Hour)
	ran(j, noon.Add(4*day), cronsole.CauseManual, cronsole.Failed, time.Hour)
	ran(other, noon, cronsole.CauseSchedule, cronsole.Succeeded, time.Hour)
	addRun(t, s, skippedRun(j, noon.Add(5*day), cronsole.ReasonMisfire))

	want := cronsole.JobStats{Total: 26, Succeeded: 20, Failed: 2, Median: 10 * time.Second, P95: 19 * time.Second}
	if diff := cmp.Diff(want, get(s.JobStats(t.Context(), j.Key, noon))(t)); diff != "" {
		t.Error(diff)
	}
	want.Succeeded, want.P95, want.Median = 21, 20*time.Second, 11*time.Second
	if diff := cmp.Diff(want, get(s.JobStats(t.Context(), j.Key, noon.Add(-2*day)))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestNearestJobIDs(t *testing.T) {
	s := openStore(t, Options{})
	for _, id := range []string{"backup", "backup_db", "Report", "report-weekly", "zzz"} {
		addJob(t, s, id)
	}
	must(t, s.DeleteJob(t.Context(), addJob(t, s, "backups").Key, noon, rand.Text()))
	tests := map[string]struct {
		id   string
		n    int
		want []string
	}{
		"a letter too many":       {"backupp", 2, []string{"backup", "backup_db"}},
		"case does not matter":    {"rePort", 1, []string{"Report"}},
		"all there are, no more":  {"zz", 9, []string{"zzz", "Report", "backup", "backup_db", "report-weekly"}},
		"longer than any id":      {strings.Repeat("x", 5000), 1, []string{"report-weekly"}},
		"nothing wanted, nothing": {"x", 0, []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := get(s.NearestJobIDs(t.Context(), tt.id, tt.n))(t)
			if name == "longer than any id" { // all are as far; only that it answers matters
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The number of jobs is remembered, and right after each change of it.
func TestCountFollowsEveryChange(t *testing.T) {
	s := openStore(t, Options{})
	want := func(n int) {
		t.Helper()
		for range 2 { // counted, then remembered
			if c := get(s.Counts(t.Context(), noon))(t); c.All != n {
				t.Errorf("%d jobs, want %d", c.All, n)
			}
		}
	}
	want(0)
	j := addJob(t, s, "a")
	addJob(t, s, "b")
	want(2)
	must(t, s.DeleteJob(t.Context(), j.Key, noon, "undo"))
	want(1)
	must(t, s.RestoreJob(t.Context(), j, nil))
	want(2)
}
