package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// A backup that is taken while runs are being recorded holds the ledger of one
// moment: each job's rows are the unbroken beginning of what was recorded.
func TestBackupUnderLoadRestoresToOneMoment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := get(Open(t.Context(), dir, Options{}))(t)
	jobs := []*cronsole.Job{addJob(t, s, "a"), addJob(t, s, "b"), addJob(t, s, "c")}
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	started := make(chan struct{})
	load.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			batch := make([]*cronsole.Advance, len(jobs))
			for i, j := range jobs {
				batch[i] = tickOf(j)
			}
			if err := s.Advance(context.WithoutCancel(ctx), batch); err != nil {
				t.Error(err)
				return
			}
			if n == 20 {
				close(started)
			}
		}
	})
	<-started
	for i := range 5 {
		file := filepath.Join(t.TempDir(), "backup.db")
		must(t, Backup(t.Context(), dir, file))
		if mode := get(os.Stat(file))(t).Mode().Perm(); mode != 0o600 {
			t.Errorf("the backup has mode %s", mode)
		}
		checkPrefix(t, file, i)
	}
	cancel()
	load.Wait()
	must(t, s.Close())
}

// checkPrefix restores a backup and looks for holes in what its jobs did.
func checkPrefix(t *testing.T, file string, n int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	if kept := get(Restore(t.Context(), file, dir))(t); kept != "" {
		t.Errorf("restored into nothing, it kept %q", kept)
	}
	s := get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	lengths := map[int]bool{}
	for _, id := range []string{"a", "b", "c"} {
		job := get(s.Job(t.Context(), id))(t)
		rows := 0
		due := job.Cursor
		for before := int64(0); ; {
			page := get(s.Runs(t.Context(), cronsole.RunQuery{JobKey: job.Key, Limit: 1000, Before: before}))(t)
			for _, r := range page.Runs {
				if !r.Due.Equal(due) {
					t.Fatalf("backup %d: job %s has %s where %s was due", n, id, r.Due, due)
				}
				due = due.Add(-time.Second)
				rows++
			}
			if before = page.Next; before == 0 {
				break
			}
		}
		lengths[rows] = true
		if !due.Equal(noon) {
			t.Errorf("backup %d: the rows of job %s begin after %s", n, id, due)
		}
	}
	if len(lengths) != 1 {
		t.Errorf("backup %d is not of one moment: %v rows", n, lengths)
	}
}

func TestRestoreKeepsTheLedgerThatWasThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backup.db")
	old := filepath.Join(t.TempDir(), "old")
	s := get(Open(t.Context(), old, Options{}))(t)
	addJob(t, s, "saved")
	must(t, s.Close())
	must(t, Backup(t.Context(), old, file))

	dir := filepath.Join(t.TempDir(), "data")
	s = get(Open(t.Context(), dir, Options{}))(t)
	addJob(t, s, "newer")
	must(t, s.Close())
	kept := get(Restore(t.Context(), file, dir))(t)
	if want := filepath.Join(dir, fileName+".before-restore"); kept != want {
		t.Errorf("kept %q, want %q", kept, want)
	}
	s = get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	var ids []string
	for _, j := range get(s.LiveJobs(t.Context()))(t) {
		ids = append(ids, j.ID)
	}
	if diff := cmp.Diff([]string{"saved"}, ids); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	must(t, checkCopy(t.Context(), kept))
}

// A second restore keeps what the first one kept, and one that fails changes
// nothing.
func TestRestoreLosesNothing(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup.db")
	s := get(Open(t.Context(), dir, Options{}))(t)
	addJob(t, s, "j")
	must(t, s.Close())
	must(t, Backup(t.Context(), dir, file))
	names := map[string]bool{}
	for range 3 {
		names[get(Restore(t.Context(), file, dir))(t)] = true
	}
	for name := range names {
		must(t, checkCopy(t.Context(), name))
	}
	if len(names) != 3 {
		t.Errorf("three restores kept %v", names)
	}
	// A folder in the place of the draft stands for a disk on which it cannot be written.
	draft := filepath.Join(dir, fileName+".part")
	must(t, os.MkdirAll(filepath.Join(draft, "x"), 0o700))
	if kept, err := Restore(t.Context(), file, dir); err == nil || kept != "" {
		t.Errorf("kept %q, %v", kept, err)
	}
	must(t, checkCopy(t.Context(), filepath.Join(dir, fileName)))
}

// What is restored for is often a damaged ledger: it is kept, and its log is not
// taken for that of the backup.
func TestRestoreOverADamagedLedger(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup.db")
	s := get(Open(t.Context(), dir, Options{}))(t)
	addJob(t, s, "j")
	must(t, s.Close())
	must(t, Backup(t.Context(), dir, file))
	path := filepath.Join(dir, fileName)
	for _, suffix := range []string{"", "-wal"} {
		must(t, os.WriteFile(path+suffix, []byte(strings.Repeat("noise ", 4000)), 0o600))
	}
	kept := get(Restore(t.Context(), file, dir))(t)
	if b := get(os.ReadFile(kept))(t); !strings.HasPrefix(string(b), "noise ") {
		t.Errorf("%s does not hold what was there", kept)
	}
	s = get(Open(t.Context(), dir, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	get(s.Job(t.Context(), "j"))(t)
}

func TestBackupAndRestoreRefuse(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	source := filepath.Join(t.TempDir(), "data")
	s := get(Open(t.Context(), source, Options{}))(t)
	defer func() { must(t, s.Close()) }()
	must(t, Backup(t.Context(), source, good))
	junk := filepath.Join(t.TempDir(), "junk")
	must(t, os.WriteFile(junk, []byte(strings.Repeat("text ", 3000)), 0o600))
	empty := filepath.Join(t.TempDir(), "empty")
	must(t, os.WriteFile(empty, nil, 0o600))
	cut := filepath.Join(t.TempDir(), "cut")
	whole := get(os.ReadFile(good))(t)
	must(t, os.WriteFile(cut, whole[:len(whole)-8192], 0o600))

	tests := map[string]struct {
		do   func() error
		want string
	}{
		"backup of nothing":        {func() error { return Backup(t.Context(), t.TempDir(), junk+"2") }, "there is no ledger"},
		"backup over a file":       {func() error { return Backup(t.Context(), source, good) }, "is there already"},
		"backup into nowhere":      {func() error { return Backup(t.Context(), source, "/nowhere/at/all.db") }, "no such file"},
		"restore of nothing":       {restore(t, junk+"3"), "cannot be read"},
		"restore of another file":  {restore(t, junk), "no SQLite database"},
		"restore of an empty file": {restore(t, empty), "is empty"},
		"restore of half a file":   {restore(t, cut), ""},
		"restore under a console": {func() error {
			_, err := Restore(t.Context(), good, source)
			if !errors.Is(err, ErrInUse) {
				t.Errorf("got %v", err)
			}
			return err
		}, "in use"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tt.do(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

// restore tries to restore a file into a new folder, in which nothing may be
// left.
func restore(t *testing.T, file string) func() error {
	return func() error {
		dir := filepath.Join(t.TempDir(), "data")
		_, err := Restore(t.Context(), file, dir)
		if _, there := os.Stat(filepath.Join(dir, fileName)); there == nil {
			t.Errorf("a ledger came of %s", file)
		}
		return err
	}
}
