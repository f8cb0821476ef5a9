package scheduler

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
	"cronsole/internal/verify"
)

// onDisk runs a test in a bubble on a real ledger; the job "j" is due every 10 s.
func onDisk(t *testing.T, test func(t *testing.T, w *diskWorld)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &diskWorld{t: t, dir: t.TempDir()}
		w.start()
		w.create("j", 10)
		test(t, w)
		w.stop()
		w.verify()
	})
}

// verify lets the checker of the ledger look at it.
func (w *diskWorld) verify() {
	w.t.Helper()
	w.must(sqlite.Histories(context.Background(), filepath.Join(w.dir, "data"), time.Now(), func(h verify.History) error {
		found, err := verify.Check(h, time.Time{}, time.Time{})
		for _, f := range found {
			w.t.Error(f)
		}
		return err
	}))
}

func (w *diskWorld) create(id string, seconds int) {
	w.t.Helper()
	_, _, err := w.Create(w.t.Context(), cronsole.Request{JobID: id, Code: "work", Type: "interval", Args: map[string]any{"seconds": seconds}})
	w.must(err)
}

func (w *diskWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time go by, and everything that is due in it happen.
func (w *diskWorld) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// away lets time go by while nothing runs.
func (w *diskWorld) away(d time.Duration) {
	w.stop()
	<-time.After(d)
	w.start()
	synctest.Wait()
}

// seen is what one row of the ledger says.
type seen struct {
	Due   time.Duration // since the beginning
	Until time.Duration // of a range
	State string
	Said  string
}

// rows are the rows of "j" with a due instant, oldest first.
func (w *diskWorld) rows() []seen {
	w.t.Helper()
	page, err := w.store.Runs(w.t.Context(), cronsole.RunQuery{JobID: "j", Limit: 1000})
	w.must(err)
	var out []seen
	for i := len(page.Runs) - 1; i >= 0; i-- {
		r := page.Runs[i]
		if r.Due.IsZero() {
			continue
		}
		s := seen{Due: r.Due.Sub(epoch), State: states([]cronsole.Run{*r})[0], Said: r.Error}
		if !r.DueUntil.IsZero() {
			s.Until = r.DueUntil.Sub(epoch)
		}
		out = append(out, s)
	}
	return out
}

func (w *diskWorld) check(t *testing.T, want ...seen) {
	t.Helper()
	if diff := cmp.Diff(want, w.rows()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

const (
	ran    = "succeeded"
	passed = "skipped(paused)"
)

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// A job that was deleted comes back as it was, over a restart too, and what was
// due meanwhile is in the ledger and does not run.
func TestUndoOfADeletion(t *testing.T) {
	onDisk(t, func(t *testing.T, w *diskWorld) {
		w.pass(seconds(15))
		before, err := w.store.Job(t.Context(), "j")
		w.must(err)
		d, err := w.Delete(t.Context(), "j")
		w.must(err)
		w.away(seconds(30))
		job, err := w.Undo(t.Context(), d.Undo)
		w.must(err)
		want := clone(before)
		now := epoch.Add(seconds(45))
		want.Cursor, want.Next, want.UpdatedAt = now, epoch.Add(seconds(50)), now
		if diff := cmp.Diff(want, job); diff != "" {
			t.Errorf("job (-want +got):\n%s", diff)
		}
		w.pass(seconds(10))
		w.check(
			t, seen{Due: seconds(10), State: ran},
			seen{Due: seconds(20), Until: seconds(40), State: passed, Said: "The job was deleted at 2000-01-01T00:00:15Z and brought back later."},
			seen{Due: seconds(50), State: ran},
		)
		if _, err := w.Undo(t.Context(), d.Undo); kind(err) != cronsole.NotFound {
			t.Errorf("the second undo was answered %v", err)
		}
	})
}

// A paused job stays paused, with its reason; a finished one stays finished.
func TestUndoKeepsTheState(t *testing.T) {
	onDisk(t, func(t *testing.T, w *diskWorld) {
		w.must(w.Pause(t.Context(), "j", "holiday", ""))
		_, _, err := w.Create(t.Context(), cronsole.Request{JobID: "once", Code: "work", Type: "date", Args: map[string]any{"run_date": "2000-01-01 00:00:05"}})
		w.must(err)
		w.pass(seconds(15))
		for id, want := range map[string]cronsole.JobState{"j": cronsole.JobPaused, "once": cronsole.JobFinished} {
			before, err := w.store.Job(t.Context(), id)
			w.must(err)
			d, err := w.Delete(t.Context(), id)
			w.must(err)
			w.pass(time.Second)
			job, err := w.Undo(t.Context(), d.Undo)
			w.must(err)
			if job.State != want || job.Reason != before.Reason || job.Key != before.Key {
				t.Errorf("%s came back as %+v", id, job)
			}
		}
		w.pass(seconds(20))
		w.must(w.Resume(t.Context(), "j"))
		w.check(t, seen{Due: seconds(10), State: passed}, seen{Due: seconds(20), Until: seconds(30), State: passed})
	})
}

func TestUndoThatCannotBe(t *testing.T) {
	onDisk(t, func(t *testing.T, w *diskWorld) {
		d, err := w.Delete(t.Context(), "j")
		w.must(err)
		w.create("j", 3600)
		if _, err := w.Undo(t.Context(), d.Undo); kind(err) != cronsole.Conflict {
			t.Errorf("with another job of the name: %v", err)
		}
		second, err := w.Delete(t.Context(), "j")
		w.must(err)
		w.pass(24*time.Hour - time.Second)
		if _, err := w.Undo(t.Context(), second.Undo); err != nil {
			t.Errorf("a second before the day is over: %v", err)
		}
		_, err = w.Delete(t.Context(), "j")
		w.must(err)
		w.pass(time.Second)
		if _, err := w.Undo(t.Context(), d.Undo); kind(err) != cronsole.Gone {
			t.Errorf("after a day: %v", err)
		}
		if _, err := w.Undo(t.Context(), "nonsense"); kind(err) != cronsole.NotFound {
			t.Errorf("of nothing: %v", err)
		}
	})
}
