package scheduler

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// A pause with an end resumes by itself: at that time, and when nothing ran then,
// as if it had. What was due up to it is skipped, what was due since then fires
// by the misfire rule.
func TestPauseEndsByItself(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(w *diskWorld) // 45 s
		want      []seen
	}{
		"while it runs": {
			func(w *diskWorld) { w.pass(seconds(45)) },
			[]seen{
				{Due: seconds(20), Until: seconds(30), State: passed},
				{Due: seconds(40), State: ran},
				{Due: seconds(50), State: ran},
				{Due: seconds(60), State: ran},
			},
		},
		"over a restart": {
			func(w *diskWorld) {
				w.away(seconds(5))
				w.pass(seconds(40))
			},
			[]seen{
				{Due: seconds(20), Until: seconds(30), State: passed},
				{Due: seconds(40), State: ran},
				{Due: seconds(50), State: ran},
				{Due: seconds(60), State: ran},
			},
		},
		"while nothing ran": {
			func(w *diskWorld) { w.away(seconds(45)) },
			[]seen{
				{Due: seconds(20), Until: seconds(30), State: passed},
				{Due: seconds(40), State: "skipped(misfire)"},
				{Due: seconds(50), State: "skipped(misfire)"},
				{Due: seconds(60), State: ran},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onDisk(t, func(t *testing.T, w *diskWorld) {
				w.pass(seconds(15))
				w.must(w.Pause(t.Context(), "j", "repair", "20s")) // until 35
				job, err := w.store.Job(t.Context(), "j")
				w.must(err)
				if want := epoch.Add(seconds(35)); job.State != cronsole.JobPaused || !job.PausedUntil.Equal(want) {
					t.Errorf("job is %s until %s, want %s", job.State, job.PausedUntil, want)
				}
				tt.meanwhile(w)
				w.check(t, append([]seen{{Due: seconds(10), State: ran}}, tt.want...)...)
				job, err = w.store.Job(t.Context(), "j")
				w.must(err)
				if job.State != cronsole.JobActive || job.Reason != "" || !job.PausedUntil.IsZero() {
					t.Errorf("afterwards: %+v", job)
				}
			})
		})
	}
}

// Resuming it before, or pausing it again without an end, takes the end away.
func TestPauseThatIsChangedDoesNotEnd(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		for _, id := range []string{"resumed", "paused"} {
			w.create(id, "interval", map[string]any{"seconds": 10})
			w.must(w.Pause(w.ctx, id, "", "30s"))
		}
		w.must(w.Resume(w.ctx, "resumed"))
		w.must(w.Pause(w.ctx, "paused", "", ""))
		w.pass(time.Minute)
		if got := w.store.job("paused").State; got != cronsole.JobPaused {
			t.Errorf("paused for good is %s", got)
		}
		if n := len(w.store.rows("resumed")); n != 6 {
			t.Errorf("the resumed job has %d rows, want 6", n)
		}
	})
}

// A ring that comes too early, as after the clock was set back, does not lose the
// end of the pause.
func TestPauseEndThatIsRungForTooEarly(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.must(w.Pause(w.ctx, "j", "", "25s"))
		w.Scheduler.mu.Lock()
		e := w.ids["j"]
		w.Scheduler.mu.Unlock()
		w.alarms.set(e.alarm, nanos(epoch.Add(seconds(5))))
		w.pass(seconds(31))
		if diff := cmp.Diff([]string{"skipped(paused)", "succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// While nothing can be written a pause does not end; then it ends as of its time.
func TestPauseEndThatCannotBeWritten(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.must(w.Pause(w.ctx, "j", "", "25s"))
		w.store.failWith(func(string) error { return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"} })
		w.pass(seconds(36))
		if w.Health().LastError == "" {
			t.Error("nobody is told")
		}
		w.store.failWith(nil)
		w.pass(seconds(2))
		if diff := cmp.Diff([]string{"skipped(paused)", "succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A job that is brought back after its pause was over is active.
func TestUndoAfterTheEndOfThePause(t *testing.T) {
	onDisk(t, func(t *testing.T, w *diskWorld) {
		w.must(w.Pause(t.Context(), "j", "repair", "15s"))
		d, err := w.Delete(t.Context(), "j")
		w.must(err)
		w.pass(seconds(25))
		job, err := w.Undo(t.Context(), d.Undo)
		w.must(err)
		if job.State != cronsole.JobActive || job.Reason != "" || !job.Next.Equal(epoch.Add(seconds(30))) {
			t.Errorf("came back as %+v", job)
		}
		if again, err := w.store.Job(t.Context(), "j"); err != nil || !cmp.Equal(again, job) {
			t.Errorf("the ledger has %+v, %v", again, err)
		}
	})
}

func TestPauseEndsThatAreNone(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10, "timezone": "Asia/Kolkata"})
		for until, want := range map[string]string{
			"soon":                 "\"soon\" is no instant; write how long from now, such as 2h, or a date such as 2026-12-24 18:00",
			"0":                    "is past; write an instant to come, or how long from now, such as 2h",
			"2000-01-01 05:30":     "is past; write an instant to come, or how long from now, such as 2h",
			"1999-12-31T23:59:59Z": "is past; write an instant to come, or how long from now, such as 2h",
		} {
			err := w.Pause(w.ctx, "j", "", until)
			e, _ := errors.AsType[*cronsole.Error](err)
			if e == nil || e.Kind != cronsole.Invalid {
				t.Errorf("%s: %v", until, err)
				continue
			}
			if diff := cmp.Diff([]cronsole.FieldError{{Field: "until", Message: want}}, e.Fields); diff != "" {
				t.Errorf("%s (-want +got):\n%s", until, diff)
			}
		}
		w.must(w.Pause(w.ctx, "j", "", "2000-01-01 05:31")) // a minute from now on the job's clock
		if got := w.store.job("j").PausedUntil; !got.Equal(epoch.Add(time.Minute)) {
			t.Errorf("until %s", got)
		}
	})
}
