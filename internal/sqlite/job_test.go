package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestCreatedJobReadsBackWhole(t *testing.T) {
	s := openStore(t, Options{})
	want := addJob(t, s, "report", func(j *cronsole.Job) {
		j.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeCron, Cron: cronsole.CronFields{Hour: "2", Minute: "30"}, Timezone: "Europe/Berlin"}
		j.Definition.Args = []any{"a", 1.5, true, nil, []any{"x"}}
		j.Definition.Rules.Tags = []string{"nightly", "Money"}
		j.Definition.Rules.Timeout = cronsole.Duration(90 * time.Second)
		j.State, j.Reason, j.Next = cronsole.JobPaused, "holiday", time.Time{}
		j.Anchor = noon.Add(1234567 * time.Nanosecond)
	})
	if want.Key == 0 || want.Anchor.Nanosecond() != 1e6 {
		t.Errorf("key %d, anchor %v: want a key and milliseconds", want.Key, want.Anchor)
	}
	for name, read := range map[string]func() (*cronsole.Job, error){
		"by id":   func() (*cronsole.Job, error) { return s.Job(t.Context(), "report") },
		"by key":  func() (*cronsole.Job, error) { return s.JobByKey(t.Context(), want.Key) },
		"as last": func() (*cronsole.Job, error) { return s.LastJob(t.Context(), "report") },
	} {
		if diff := cmp.Diff(want, get(read())(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]*cronsole.Job{want}, get(s.LiveJobs(t.Context()))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestJobIDIsTakenByLivingJobsOnly(t *testing.T) {
	tests := map[string]struct {
		state cronsole.JobState
		want  cronsole.Kind
	}{
		"active":   {cronsole.JobActive, cronsole.Conflict},
		"paused":   {cronsole.JobPaused, cronsole.Conflict},
		"finished": {cronsole.JobFinished, 0},
		"deleted":  {cronsole.JobDeleted, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, Options{})
			old := addJob(t, s, "x", func(j *cronsole.Job) {
				if tt.state != cronsole.JobDeleted {
					j.State = tt.state
				}
			})
			run := ranRun(t, s, old, noon, cronsole.Succeeded)
			if tt.state == cronsole.JobDeleted {
				must(t, s.DeleteJob(t.Context(), old.Key, noon))
			}
			second := newJob("x")
			err := s.CreateJob(t.Context(), second)
			if kindOf(err) != tt.want {
				t.Fatalf("got %v, want kind %d", err, tt.want)
			}
			if tt.want == cronsole.Conflict {
				if err.Error() != "Job already exists: x" {
					t.Errorf("message %q", err)
				}
				return
			}
			if second.Key <= old.Key {
				t.Errorf("key %d after %d", second.Key, old.Key)
			}
			if got := get(s.JobByKey(t.Context(), old.Key))(t); got.State != cronsole.JobDeleted {
				t.Errorf("the old job is %s", got.State)
			}
			if got := get(s.Run(t.Context(), run.ID))(t); got.JobKey != old.Key {
				t.Errorf("history moved to job %d", got.JobKey)
			}
		})
	}
}

func TestUpdateJob(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	other := addJob(t, s, "y")

	edited := *j
	edited.Definition.Code, edited.Version, edited.UpdatedAt = "other", 2, noon.Add(time.Hour)
	edited.State, edited.Next = cronsole.JobPaused, time.Time{}
	must(t, s.UpdateJob(t.Context(), &edited))
	if diff := cmp.Diff(&edited, get(s.Job(t.Context(), "x"))(t)); diff != "" {
		t.Error(diff)
	}
	var revisions int
	must(t, s.readDB.QueryRow(`SELECT count(*) FROM revisions WHERE job_key = ? AND json_extract(definition, '$.code') IN ('log_something', 'other')`, j.Key).Scan(&revisions))
	if revisions != 2 {
		t.Errorf("%d revisions, want 2", revisions)
	}

	late := *j
	late.Version = 2
	if err := s.UpdateJob(t.Context(), &late); kindOf(err) != cronsole.Stale {
		t.Errorf("second edit of version 1: %v", err)
	}
	renamed := edited
	renamed.ID, renamed.Version = other.ID, 3
	if err := s.UpdateJob(t.Context(), &renamed); kindOf(err) != cronsole.Conflict {
		t.Errorf("id of another job: %v", err)
	}
	must(t, s.DeleteJob(t.Context(), j.Key, noon))
	edited.Version = 3
	if err := s.UpdateJob(t.Context(), &edited); kindOf(err) != cronsole.NotFound {
		t.Errorf("deleted job: %v", err)
	}
}

func TestDeletedJobIsGoneAndItsRunsStay(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	ranRun(t, s, j, noon, cronsole.Succeeded)
	must(t, s.DeleteJob(t.Context(), j.Key, noon))

	if _, err := s.Job(t.Context(), "x"); kindOf(err) != cronsole.NotFound || err.Error() != "Job not found: x" {
		t.Errorf("job: %v", err)
	}
	if err := s.DeleteJob(t.Context(), j.Key, noon); kindOf(err) != cronsole.NotFound {
		t.Errorf("second delete: %v", err)
	}
	if err := s.SetJobState(t.Context(), j, nil); kindOf(err) != cronsole.NotFound {
		t.Errorf("state: %v", err)
	}
	if got := get(s.LastJob(t.Context(), "x"))(t); got.State != cronsole.JobDeleted {
		t.Errorf("last job is %s", got.State)
	}
	if got := get(s.Runs(t.Context(), cronsole.RunQuery{JobID: "x", Limit: 10}))(t); len(got.Runs) != 1 {
		t.Errorf("%d runs, want 1", len(got.Runs))
	}
	if got := get(s.LiveJobs(t.Context()))(t); len(got) != 0 {
		t.Errorf("%d living jobs", len(got))
	}
}

func TestSetJobStateWritesStateAndRowsTogether(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	j.State, j.Reason, j.Cursor, j.Next, j.UpdatedAt = cronsole.JobPaused, "by hand", noon.Add(time.Hour), time.Time{}, noon.Add(time.Hour)
	row := skippedRun(j, noon.Add(time.Minute), cronsole.ReasonPaused)
	row.DueUntil, row.Count = noon.Add(time.Hour), 60
	must(t, s.SetJobState(t.Context(), j, []*cronsole.Run{row}))

	if diff := cmp.Diff(j, get(s.Job(t.Context(), "x"))(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(row, get(s.Run(t.Context(), row.ID))(t)); diff != "" {
		t.Error(diff)
	}

	bad := *j
	bad.Reason = "half"
	broken := newRun(j, noon.Add(2*time.Hour))
	broken.Cause = "nobody"
	if err := s.SetJobState(t.Context(), &bad, []*cronsole.Run{broken}); err == nil {
		t.Fatal("a row that the ledger refuses was accepted")
	}
	if diff := cmp.Diff(j, get(s.Job(t.Context(), "x"))(t)); diff != "" {
		t.Errorf("half written:\n%s", diff)
	}
}

// A definition that an older console wrote has the defaults of rules that it did
// not know.
func TestOlderDefinitionsHaveTheDefaults(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = cronsole.DefaultRules() })
	must(t, s.write(t.Context(), func(t tx) error {
		_, err := t.exec(`UPDATE revisions SET definition = json_remove(definition, '$.rules.retry_backoff', '$.rules.catchup_limit', '$.rules.on_interrupt')`)
		return err
	}))
	if diff := cmp.Diff(j.Definition.Rules, get(s.Job(t.Context(), "x"))(t).Definition.Rules); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
