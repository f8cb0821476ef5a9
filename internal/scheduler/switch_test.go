package scheduler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// What is due while a job is paused is one row that stands for all of it, and is
// not run afterwards.
func TestPauseAndResume(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(15 * time.Second)
		paused := epoch.Add(15 * time.Second)
		w.must(w.Pause(w.ctx, "j", "holiday", ""))
		want := every(10, func(j *cronsole.Job) {
			j.State, j.Reason, j.Next, j.Cursor, j.UpdatedAt = cronsole.JobPaused, "holiday", time.Time{}, paused, paused
		})
		w.checkMemory(t, want)

		w.pass(40 * time.Second) // 20, 30, 40 and 50 are due
		w.must(w.Resume(w.ctx, "j"))
		resumed := epoch.Add(55 * time.Second)
		w.checkMemory(t, every(10, func(j *cronsole.Job) {
			j.Next, j.Cursor, j.UpdatedAt = epoch.Add(time.Minute), resumed, resumed
		}))
		w.pass(10 * time.Second)

		rows := w.store.rows("j")
		if diff := cmp.Diff([]string{"succeeded", "skipped(paused)", "succeeded"}, states(rows)); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		skipped := cronsole.Run{
			ID: 2, JobKey: want.Key, JobID: "j", Code: "work",
			Due: epoch.Add(20 * time.Second), DueUntil: epoch.Add(50 * time.Second), Count: 4,
			Cause: cronsole.CauseSchedule, State: cronsole.Skipped, Reason: cronsole.ReasonPaused,
			Args: []any{}, QueuedAt: resumed, FinishedAt: resumed,
		}
		if diff := cmp.Diff(skipped, rows[1]); diff != "" {
			t.Errorf("range row (-want +got):\n%s", diff)
		}
		if got := rows[2].Due; !got.Equal(epoch.Add(time.Minute)) {
			t.Errorf("goes on at %s, want the grid that it had", got)
		}
	})
}

func TestPauseOfAPausedJobGivesItAnotherReason(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		for _, reason := range []string{"holiday", "", "repair"} {
			w.must(w.Pause(w.ctx, "j", reason, ""))
			w.pass(25 * time.Second)
			if got := w.store.job("j"); got.State != cronsole.JobPaused || got.Reason != reason {
				t.Errorf("job is %s because of %q, want paused because of %q", got.State, got.Reason, reason)
			}
		}
		w.must(w.Resume(w.ctx, "j"))
		rows := w.store.rows("j")
		if len(rows) != 1 || rows[0].Count != 7 || rows[0].Reason != cronsole.ReasonPaused {
			t.Errorf("rows %+v, want one for the seven instants of all three pauses", rows)
		}
	})
}

func TestResumeOfAnActiveJobChangesNothing(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		want := w.create("j", "interval", map[string]any{"minutes": 1})
		w.pass(5 * time.Second)
		before := w.rev.Current()
		w.must(w.Resume(w.ctx, "j"))
		w.checkMemory(t, want)
		if n := w.store.count("SetJobState"); n != 0 || w.rev.Current() != before {
			t.Errorf("%d writes", n)
		}
	})
}

// A pause that lasts beyond the last instant ends the job.
func TestResumeAfterTheLastInstantFinishesTheJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "date", map[string]any{"run_date": "2000-01-01 00:00:10"})
		w.must(w.Pause(w.ctx, "j", "", ""))
		w.pass(time.Minute)
		w.must(w.Resume(w.ctx, "j"))
		if got := w.store.job("j").State; got != cronsole.JobFinished || w.Health().Jobs != 0 {
			t.Errorf("job is %s, %d in memory", got, w.Health().Jobs)
		}
		if diff := cmp.Diff([]string{"skipped(paused)"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// Pausing while something is due that could not be written: it is accounted for
// as paused, and nothing of it runs.
func TestPauseAccountsForWhatIsDue(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.down(25500 * time.Millisecond)
		w.must(w.Pause(w.ctx, "j", "", ""))
		w.pass(time.Minute)
		rows := w.store.rows("j")
		if diff := cmp.Diff([]string{"skipped(paused)"}, states(rows)); diff != "" || rows[0].Count != 2 {
			t.Errorf("rows for %d instants (-want +got):\n%s", rows[0].Count, diff)
		}
	})
}

// A run goes on while its job is paused; a queued one still starts.
func TestPauseLetsRunsGoOn(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(30 * time.Second)
		for _, id := range []string{"a", "b"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
		}
		w.pass(11 * time.Second)
		for _, id := range []string{"a", "b"} {
			w.must(w.Pause(w.ctx, id, "", ""))
		}
		w.pass(2 * time.Minute)
		for _, id := range []string{"a", "b"} {
			if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows(id))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
	})
}

func TestSwitchRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do   func(w *world, id string) error
		want map[string]cronsole.Kind
	}{
		"pause":    {func(w *world, id string) error { return w.Pause(w.ctx, id, "", "") }, map[string]cronsole.Kind{"nothing": cronsole.NotFound, "once": cronsole.Conflict}},
		"resume":   {func(w *world, id string) error { return w.Resume(w.ctx, id) }, map[string]cronsole.Kind{"nothing": cronsole.NotFound, "once": cronsole.Conflict}},
		"delete":   {func(w *world, id string) error { _, err := w.Delete(w.ctx, id); return err }, map[string]cronsole.Kind{"nothing": cronsole.NotFound}},
		"run now":  {func(w *world, id string) error { _, err := w.RunNow(w.ctx, id, nil, ""); return err }, map[string]cronsole.Kind{"nothing": cronsole.NotFound}},
		"use file": {func(w *world, id string) error { return w.UseFile(w.ctx, id) }, map[string]cronsole.Kind{"nothing": cronsole.NotFound, "once": cronsole.Conflict}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:01"})
				w.pass(2 * time.Second)
				for id, want := range tt.want {
					if err := tt.do(w, id); kind(err) != want {
						t.Errorf("%s was answered %v, want kind %d", id, err, want)
					}
				}
			})
		})
	}
}

// What cannot be written has not happened: the job is as it was, in memory too.
func TestSwitchThatIsNotWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world) error{
		"pause":  func(w *world) error { return w.Pause(w.ctx, "j", "", "") },
		"delete": func(w *world) error { _, err := w.Delete(w.ctx, "j"); return err },
		"run":    func(w *world) error { _, err := w.RunNow(w.ctx, "j", nil, ""); return err },
		"resume": func(w *world) error { return w.Resume(w.ctx, "paused") },
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.create("j", "interval", map[string]any{"seconds": 10})
				w.create("paused", "interval", map[string]any{"seconds": 10})
				w.must(w.Pause(w.ctx, "paused", "", ""))
				w.pass(time.Second)
				jobs := []*cronsole.Job{w.store.job("j"), w.store.job("paused")}
				full := &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
				w.store.failWith(func(string) error { return full })
				if err := do(w); kind(err) != cronsole.Unavailable {
					t.Errorf("answered %v, want unavailable", err)
				}
				w.store.failWith(nil)
				for _, job := range jobs {
					w.checkMemory(t, job)
				}
				if h := w.Health(); h.SlotsUsed != 0 || h.Running != 0 || h.Queued != 0 {
					t.Errorf("health %+v", h)
				}
				w.pass(10 * time.Second)
				if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows("j"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A deleted job's history has no hole: what was due before its end is accounted
// for. Its running run goes on, what waits is cancelled, and the id starts clean.
func TestDelete(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.slots = 1
		w.exec.run = lasting(time.Minute)
		running := w.create("running", "interval", map[string]any{"seconds": 10})
		w.pass(time.Millisecond) // so that it is due before the other
		waiting := w.create("waiting", "interval", map[string]any{"seconds": 10})
		w.pass(15*time.Second - time.Millisecond)
		w.down(20500 * time.Millisecond) // 20 and 30 are due
		for _, id := range []string{"running", "waiting"} {
			w.remove(id)
			if got := w.store.job(id); got.State != cronsole.JobDeleted || !got.UpdatedAt.Equal(epoch.Add(35500*time.Millisecond)) {
				t.Errorf("%s is %s since %s", id, got.State, got.UpdatedAt)
			}
			if again := w.create(id, "interval", map[string]any{"hours": 1}); again.Key == running.Key || again.Key == waiting.Key || again.Version != 1 {
				t.Errorf("%s made again has key %d and version %d", id, again.Key, again.Version)
			}
		}
		run, err := w.RunNow(w.ctx, "running", nil, "")
		if err != nil || run.State != cronsole.Queued {
			t.Errorf("run of the new job: %+v, %v; the old one's run must not count as its own", run, err)
		}
		w.pass(3 * time.Minute)
		want := map[string][]string{
			"running": {"succeeded", "skipped(paused)", "succeeded"},
			"waiting": {"cancelled", "skipped(paused)"},
		}
		for id, states := range map[string][]string{"running": states(w.store.rows("running")), "waiting": states(w.store.rows("waiting"))} {
			if diff := cmp.Diff(want[id], states); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
		if got := w.store.rows("waiting")[0].Error; got != "the job was deleted before the run could start" {
			t.Errorf("the cancelled run says %q", got)
		}
		if ran := len(w.exec.executions()); ran != 2 {
			t.Errorf("%d runs were carried out, want 2", ran)
		}
	})
}

// The last instant of a job is due, and cannot be written before it is deleted.
func TestDeleteAtTheLastInstant(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "date", map[string]any{"run_date": "2000-01-01 00:00:10"})
		w.down(10500 * time.Millisecond)
		w.remove("j")
		w.pass(time.Minute)
		if diff := cmp.Diff([]string{"skipped(paused)"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if got := w.store.job("j").State; got != cronsole.JobDeleted || w.Health().Jobs != 0 {
			t.Errorf("job is %s, %d in memory", got, w.Health().Jobs)
		}
	})
}

func TestDeleteOfAFinishedOrPausedJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:01"})
		w.create("paused", "interval", map[string]any{"seconds": 10})
		w.must(w.Pause(w.ctx, "paused", "", ""))
		w.pass(25 * time.Second)
		want := map[string][]string{"once": {"succeeded"}, "paused": {"skipped(paused)"}}
		for id, rows := range want {
			w.remove(id)
			if diff := cmp.Diff(rows, states(w.store.rows(id))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
			if _, err := w.Delete(w.ctx, id); kind(err) != cronsole.NotFound {
				t.Errorf("the second deletion of %s was answered %v", id, err)
			}
		}
		w.pass(time.Minute)
		if h := w.Health(); h.Jobs != 0 || len(w.store.rows("paused")) != 1 {
			t.Errorf("a deleted job fires: %+v", h)
		}
	})
}

// A job whose trigger is broken can be switched off and deleted.
func TestSwitchOfABrokenJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.Scheduler.mu.Lock()
		w.ids["j"].trigger = panicTrigger{}
		w.Scheduler.mu.Unlock()
		w.pass(15 * time.Second)
		if err := w.Pause(w.ctx, "j", "broken", ""); err != nil {
			t.Error(err)
		}
		if err := w.Resume(w.ctx, "j"); err == nil {
			t.Error("it was resumed")
		}
		if _, err := w.Delete(w.ctx, "j"); err != nil {
			t.Error(err)
		}
	})
}
