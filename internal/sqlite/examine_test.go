package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// wrong lists what is wrong with a data folder.
func wrong(t *testing.T, dir string, now time.Time) []string {
	t.Helper()
	var out []string
	for _, f := range get(Examine(t.Context(), dir, now))(t) {
		if f.OK != (f.Do == "") {
			t.Errorf("%s: ok is %v, and to be done is %q", f.What, f.OK, f.Do)
		}
		if !f.OK {
			out = append(out, f.What)
		}
	}
	return out
}

func TestExamineFindsWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		harm func(t *testing.T, dir string, s *Store)
		now  time.Time
		want []string
	}{
		"nothing": {now: noon},
		"open folder": {harm: func(t *testing.T, dir string, _ *Store) {
			must(t, os.Chmod(dir, 0o755)) //nolint:gosec // what is to be found
		}, now: noon, want: []string{"data folder"}},
		"open file": {harm: func(t *testing.T, dir string, _ *Store) {
			must(t, os.Chmod(filepath.Join(dir, fileName), 0o644)) //nolint:gosec // what is to be found
		}, now: noon, want: []string{"database"}},
		"end in the middle of a run": {harm: func(t *testing.T, _ string, s *Store) {
			j := get(s.Job(t.Context(), "j"))(t)
			must(t, s.Advance(t.Context(), []*cronsole.Advance{tickOf(j)}))
		}, now: noon, want: []string{"console"}},
		"clock set back": {now: noon.Add(-time.Hour), want: []string{"clock"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s := get(Open(t.Context(), dir, Options{}))(t)
			addJob(t, s, "j")
			if tt.harm != nil {
				tt.harm(t, dir, s)
			}
			must(t, s.Close())
			if diff := cmp.Diff(tt.want, wrong(t, dir, tt.now)); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExamineFindsDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := get(Open(t.Context(), dir, Options{}))(t)
	for range 200 {
		addJob(t, s, jobName(get(s.Stats(t.Context()))(t).Jobs))
	}
	must(t, s.Close())
	f := get(os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR, 0))(t)
	for page := int64(10); page < 20; page++ {
		_, err := f.WriteAt([]byte(strings.Repeat("\xff", 3000)), page*4096)
		must(t, err)
	}
	must(t, f.Close())
	// Which of the two sees it first depends on what lies in those pages.
	if got := wrong(t, dir, noon); len(got) == 0 || got[0] != "integrity" && got[0] != "content" {
		t.Errorf("damage was taken for %v", got)
	}
}

func TestExamineNamesTheConsoleThatUsesTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	var said string
	for _, f := range get(Examine(t.Context(), dir, noon))(t) {
		if f.What == "console" {
			said = f.Detail
		}
	}
	if !strings.Contains(said, "uses the folder") {
		t.Errorf("it said %q", said)
	}
	if _, err := Examine(t.Context(), t.TempDir(), noon); err == nil {
		t.Error("an empty folder was examined")
	}
}
