package scheduler

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cronsole/internal/cronsole"
)

// clockFault is something a wall clock does while the time that passes goes on.
type clockFault struct {
	step  time.Duration // at once
	slew  time.Duration // in each second, for ten minutes
	shown bool          // it is to be called a step
	rearm bool          // jobs count from the clock as it is now
	quiet time.Duration // for how long what was due already comes by again
}

var clockFaults = map[string]clockFault{
	"1 h forward":       {step: time.Hour, shown: true},
	"1 h back":          {step: -time.Hour, shown: true, quiet: time.Hour},
	"2 s forward":       {step: 2 * time.Second},
	"2 s back":          {step: -2 * time.Second, shown: true, quiet: 2 * time.Second},
	"400 d forward":     {step: 400 * 24 * time.Hour, shown: true},
	"400 d back":        {step: -400 * 24 * time.Hour, shown: true, rearm: true},
	"10 % too fast":     {slew: 100 * time.Millisecond},
	"10 % too slow":     {slew: -100 * time.Millisecond},
	"resume after 8 h":  {step: 8 * time.Hour, shown: true},
	"9 h back":          {step: -9 * time.Hour, shown: true, rearm: true},
	"59 min back":       {step: -59 * time.Minute, shown: true, quiet: 59 * time.Minute},
	"a step of a month": {step: 31 * 24 * time.Hour, shown: true},
}

// TestTrustClock lets the wall clock do what clocks do, over jobs of each type:
// 36 cases. No instant is in two rows and none is left out, nothing is done twice, a
// step is shown within two seconds, and firing goes on.
func TestTrustClock(t *testing.T) {
	t.Parallel()
	for name, fault := range clockFaults {
		for _, typ := range []string{"interval", "cron", "date"} {
			t.Run(name+", "+typ, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t).start()
					w.checkClock(t, typ, fault)
					w.stop()
				})
			})
		}
	}
}

func (w *world) checkClock(t *testing.T, typ string, fault clockFault) {
	t.Helper()
	const before = 10*time.Minute + 5*time.Second
	dates := map[string]time.Time{"past": w.wall().Add(before - 30*time.Second), "next": w.wall().Add(before + 20*time.Second)}
	switch typ {
	case "date":
		for id, at := range dates {
			w.create(id, typ, map[string]any{"run_date": at.Format(time.RFC3339)})
		}
	case "cron":
		w.create("j", typ, map[string]any{"second": "*/10"})
	default:
		w.create("j", typ, map[string]any{"seconds": 10})
	}
	w.pass(before)
	w.goWrong(fault)
	w.pass(2 * time.Second)
	if got := w.Health().ClockStep; (got != 0) != fault.shown {
		t.Errorf("step shown as %s", got)
	}
	started := len(w.exec.executions())
	w.pass(fault.quiet + time.Minute)
	w.checkExecutions(t)
	if typ == "date" {
		for id, at := range dates {
			want := 0
			if id == "past" || !w.wall().Before(at) {
				want = 1
			}
			if rows := w.store.rows(id); len(rows) != want {
				t.Errorf("%s has rows %v, want %d", id, states(rows), want)
			}
		}
		return
	}
	if n := len(w.exec.executions()) - started; n < 5 || n > 8 {
		t.Errorf("%d runs in the minute after %s, want about 6", n, fault.quiet)
	}
	w.checkOnce(t, "j")
	gaps := 0 // the clock went back to where nothing had been recorded, or a grid of its own began
	if fault.rearm {
		gaps = 1
	}
	if got := gapsOf(w.store.rows("j"), 10*time.Second); len(got) > gaps {
		t.Errorf("instants without a row: %v", got)
	}
}

// goWrong does to the clock what the fault says.
func (w *world) goWrong(fault clockFault) {
	w.setClock(fault.step)
	if fault.slew != 0 {
		for range 600 {
			w.pass(time.Second)
			w.setClock(fault.slew)
		}
	}
}

// gapsOf lists where rows do not follow one another on a grid.
func gapsOf(rows []cronsole.Run, every time.Duration) (gaps []string) {
	slices.SortFunc(rows, func(a, b cronsole.Run) int { return a.Due.Compare(b.Due) })
	for i := 1; i < len(rows); i++ {
		if end := later(rows[i-1].Due, rows[i-1].DueUntil); !rows[i].Due.Equal(end.Add(every)) {
			gaps = append(gaps, fmt.Sprintf("%s to %s", end, rows[i].Due))
		}
		if r := rows[i]; r.Count > 1 && r.Count != int64(r.DueUntil.Sub(r.Due)/every)+1 {
			gaps = append(gaps, fmt.Sprintf("run %d counts %d", r.ID, r.Count))
		}
	}
	return gaps
}

// checkExecutions makes sure that no run was carried out twice, and each that was
// has a row that says so.
func (w *world) checkExecutions(t *testing.T) {
	t.Helper()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	times := map[int64]int{}
	for _, e := range w.exec.executions() {
		times[e.RunID]++
		r := w.store.runs[e.RunID]
		if times[e.RunID] > 1 || r == nil || r.State == cronsole.Skipped || r.State == cronsole.Queued {
			t.Errorf("run %d was carried out %d times; its row: %+v", e.RunID, times[e.RunID], r)
		}
	}
}
