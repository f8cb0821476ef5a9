package scheduler

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// Whatever the wall clock does, no due instant gets two rows, firing goes on,
// and the step is shown within two seconds.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step   time.Duration
		shown  bool
		quiet  time.Duration // how long nothing fires afterwards
		missed bool          // the step passes over due instants
	}{
		"2 s forward":   {2 * time.Second, false, 0, false},
		"1 h forward":   {time.Hour, true, 0, true},
		"400 d forward": {400 * 24 * time.Hour, true, 0, true},
		"2 s back":      {-2 * time.Second, true, 2 * time.Second, false},
		"30 min back":   {-30 * time.Minute, true, 30 * time.Minute, false},
		"1 h back":      {-time.Hour, true, time.Hour, false},
		"2 h back":      {-2 * time.Hour, true, 0, false},
		"400 d back":    {-400 * 24 * time.Hour, true, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				w.create("j", "interval", map[string]any{"seconds": 10})
				w.pass(3*time.Hour + 5*time.Second)
				w.setClock(tt.step)
				w.pass(2 * time.Second)
				if got := w.Health().ClockStep; (got != 0) != tt.shown {
					t.Errorf("step shown as %s", got)
				}
				before := len(w.store.rows("j"))
				w.pass(tt.quiet + time.Minute)
				fired := len(w.store.rows("j")) - before
				if fired < 5 || fired > 7 {
					t.Errorf("%d rows in the minute after %s, want about 6", fired, tt.quiet)
				}
				w.stop()
				w.checkLedger(t, "j", tt.missed)
			})
		})
	}
}

// checkLedger looks for doubled rows and, when the clock passed over instants,
// for the rows that say so.
func (w *world) checkLedger(t *testing.T, id string, missed bool) {
	t.Helper()
	seen, misfires := map[time.Time]bool{}, int64(0)
	for _, r := range w.store.rows(id) {
		if seen[r.Due] {
			t.Errorf("two rows for %s", r.Due)
		}
		seen[r.Due] = true
		if r.Reason == cronsole.ReasonMisfire {
			misfires += r.Count
		}
	}
	if (misfires > 0) != missed {
		t.Errorf("%d instants skipped(misfire), want some: %v", misfires, missed)
	}
}

// The clock was far ahead when the console stopped and is right when it starts.
func TestStartWithAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.setClock(10 * 365 * 24 * time.Hour)
		w.start()
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.create("paused", "interval", map[string]any{"seconds": 10})
		if err := w.Pause(w.ctx, "paused", "", ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute + time.Second)
		w.stop()
		w.setClock(-10 * 365 * 24 * time.Hour)
		before := len(w.store.rows("j"))
		w.start()
		w.pass(time.Minute)
		if fired := len(w.store.rows("j")) - before; fired < 5 || fired > 7 {
			t.Errorf("%d rows in the first minute, want about 6", fired)
		}
		if err := w.Resume(w.ctx, "paused"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if rows := w.store.rows("paused"); len(rows) < 6 {
			t.Errorf("resumed job has %d rows, want 6 and a range", len(rows))
		}
		w.stop()
	})
}

// After a large step back a cron job comes by its old instants again. They have
// their rows and do not run a second time; what was never due fires.
func TestClockSetBackOverACron(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "cron", map[string]any{"minute": "*", "second": "0"})
		w.pass(3*time.Hour + 5*time.Second)
		w.setClock(-2 * time.Hour)
		w.pass(time.Hour)
		if n := len(w.store.rows("j")); n != 180 {
			t.Errorf("%d rows, want the 180 that were there", n)
		}
		if h := w.Health(); h.SlotsUsed != 0 || h.Running != 0 {
			t.Errorf("health %+v", h)
		}
		w.pass(time.Hour + 2*time.Minute)
		if diff := cmp.Diff(onTime(grid(time.Minute, epoch, epoch.Add(3*time.Hour+2*time.Minute))), startedWhenDue(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		w.checkOnce(t, "j")
	})
}

// startedWhenDue takes a start within a second of the due instant for one in
// time: go-quartz rings by a clock that was not set back.
func startedWhenDue(rows []cronsole.Run) []fired {
	out := firedRows(rows)
	for i, f := range out {
		if d := f.Started.Sub(f.Due); d >= 0 && d <= time.Second {
			out[i].Started = f.Due
		}
	}
	return out
}

// While cursors cannot be set back the jobs stand still, and go on when it was
// written.
func TestClockSetBackWithAFullDisk(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(3*time.Hour + 5*time.Second)
		w.setClock(-2 * time.Hour)
		w.store.failWith(func(call string) error {
			if call == "SetJobState" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		before := len(w.store.rows("j"))
		w.pass(30 * time.Second)
		if got := w.Health().LastError; got != "set jobs back to the clock: job j: the disk is full" {
			t.Errorf("last error %q", got)
		}
		w.store.failWith(nil)
		w.pass(31 * time.Second)
		rows := w.store.rows("j")[before:]
		if diff := cmp.Diff([]string{"succeeded", "succeeded", "succeeded"}, states(rows)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if h := w.Health(); h.LastError != "" || h.ClockStep > -2*time.Hour+time.Minute {
			t.Errorf("health %+v", h)
		}
	})
}
