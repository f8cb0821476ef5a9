package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestRevisions(t *testing.T) {
	s := openStore(t, Options{})
	addJob(t, s, "other")
	j := addJob(t, s, "x")
	want := []cronsole.JobRevision{{Version: 1, Definition: j.Definition, Since: j.UpdatedAt, TZVersion: cronsole.TZVersion()}}
	for i := range 2 {
		j.Version++
		j.Definition.Rules.Description = time.Duration(i).String()
		j.UpdatedAt = j.UpdatedAt.Add(time.Hour)
		must(t, s.UpdateJob(t.Context(), j))
		want = append([]cronsole.JobRevision{{Version: j.Version, Definition: j.Definition, Since: j.UpdatedAt, TZVersion: cronsole.TZVersion()}}, want...)
	}
	if diff := cmp.Diff(want, get(s.Revisions(t.Context(), j.Key, 0, 9))(t)); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:2], get(s.Revisions(t.Context(), j.Key, 3, 1))(t)); diff != "" {
		t.Errorf("one below 3 (-want +got):\n%s", diff)
	}
}
