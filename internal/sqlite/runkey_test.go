package sqlite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestRunByKey(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = cronsole.Rules{KeepDays: 1} })
	r := &cronsole.Run{
		JobKey: j.Key, JobID: "x", Code: "backup", Cause: cronsole.CauseManual, State: cronsole.Skipped, Reason: cronsole.ReasonOverlap,
		Args: []any{}, QueuedAt: noon, FinishedAt: noon,
	}
	must(t, s.AddRunOnce(t.Context(), r, "k", `["a"]`))
	got, asked, err := s.RunByKey(t.Context(), j.Key, "k")
	must(t, err)
	if diff := cmp.Diff(r, got); diff != "" || asked != `["a"]` {
		t.Errorf("asked %s (-want +got):\n%s", asked, diff)
	}
	again := *r
	if err := s.AddRunOnce(t.Context(), &again, "k", ""); err == nil {
		t.Error("a second run was written under the key")
	}
	if n := get(s.JobStats(t.Context(), j.Key, noon))(t).Total; n != 1 {
		t.Errorf("%d runs", n)
	}
	if _, _, err := s.RunByKey(t.Context(), j.Key+1, "k"); kindOf(err) != cronsole.NotFound {
		t.Errorf("of another job: %v", err)
	}
	purge(t, s, noon.Add(3*day)) // takes the key with the run
	if _, _, err := s.RunByKey(t.Context(), j.Key, "k"); kindOf(err) != cronsole.NotFound {
		t.Errorf("after retention: %v", err)
	}
}
