package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestRestoreJob(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.State, j.Reason = cronsole.JobPaused, "holiday" })
	ranRun(t, s, j, noon, cronsole.Succeeded)
	before := get(s.Job(t.Context(), "x"))(t)
	must(t, s.DeleteJob(t.Context(), j.Key, noon.Add(time.Hour), "first"))

	d := get(s.DeletedBy(t.Context(), "first"))(t)
	want := *before
	want.Next, want.UpdatedAt = time.Time{}, noon.Add(time.Hour)
	if diff := cmp.Diff(&cronsole.Deleted{Job: &want, At: noon.Add(time.Hour), Undo: "first"}, d); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d, get(s.Deleted(t.Context(), "x"))(t)); diff != "" {
		t.Errorf("by id (-want +got):\n%s", diff)
	}

	other := addJob(t, s, "x")
	if err := s.RestoreJob(t.Context(), d.Job, nil); kindOf(err) != cronsole.Conflict {
		t.Errorf("beside another job of the id: %v", err)
	}
	must(t, s.DeleteJob(t.Context(), other.Key, noon.Add(time.Hour), "second"))
	row := skippedRun(j, noon.Add(2*time.Hour), cronsole.ReasonPaused)
	must(t, s.RestoreJob(t.Context(), d.Job, []*cronsole.Run{row}))
	if row.ID == 0 {
		t.Error("the row was not written")
	}
	if diff := cmp.Diff(d.Job, get(s.Job(t.Context(), "x"))(t)); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	if err := s.RestoreJob(t.Context(), d.Job, nil); kindOf(err) != cronsole.NotFound {
		t.Errorf("once more: %v", err)
	}
	if _, err := s.DeletedBy(t.Context(), "first"); kindOf(err) != cronsole.NotFound {
		t.Errorf("what brought it back is still there: %v", err)
	}
}

// However little is kept, a deleted job and its definition can be brought back
// for as long as is said.
func TestRetentionWaitsForTheUndo(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = cronsole.Rules{KeepDays: 1, KeepRuns: 1} })
	deleted := noon.Add(time.Hour)
	must(t, s.DeleteJob(t.Context(), j.Key, deleted, "undo"))
	purge(t, s, deleted.Add(cronsole.UndoFor-time.Second))
	must(t, s.RestoreJob(t.Context(), get(s.DeletedBy(t.Context(), "undo"))(t).Job, nil))
	if diff := cmp.Diff(j.Definition, get(s.Job(t.Context(), "x"))(t).Definition); diff != "" {
		t.Errorf("definition (-want +got):\n%s", diff)
	}
}
