package scheduler

import (
	"fmt"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// TestTrustDowntime stops the console for a while, under each misfire rule and for
// each type of trigger: 60 cases. What runs afterwards is counted by hand; all
// else that was missed is skipped(misfire), in rows of its own or in a range.
func TestTrustDowntime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	const grace, window, limit = time.Minute, day, 100 // the defaults
	triggers := map[string]struct {
		args  map[string]any
		every time.Duration
	}{
		"cron":     {map[string]any{"minute": "*/30", "second": "0"}, 30 * time.Minute},
		"interval": {map[string]any{"minutes": 1}, time.Minute},
		"date":     {map[string]any{"run_date": "2000-01-01 00:31:00"}, 0},
	}
	policies := map[string]struct {
		rules map[string]any
		runs  func(missed []time.Time, back time.Time) int
	}{
		"skip": {map[string]any{"misfire": "skip"}, func(missed []time.Time, back time.Time) int {
			return countFrom(missed[len(missed)-1:], back.Add(-grace))
		}},
		"run_once": {map[string]any{"misfire": "run_once"}, func([]time.Time, time.Time) int { return 1 }},
		"run_all": {map[string]any{"misfire": "run_all"}, func(missed []time.Time, back time.Time) int {
			return min(limit, max(1, countFrom(missed, back.Add(-window))))
		}},
		"run_all, five": {map[string]any{"misfire": "run_all", "catchup_limit": 5}, func(missed []time.Time, back time.Time) int {
			return min(5, max(1, countFrom(missed, back.Add(-window))))
		}},
	}
	for typ, trigger := range triggers {
		for policy, p := range policies {
			for _, down := range []time.Duration{0, 61 * time.Second, time.Hour, 40 * day, 400 * day} {
				t.Run(fmt.Sprintf("%s, %s, down for %s", typ, policy, down), func(t *testing.T) {
					live(t, func(t *testing.T, w *world) {
						_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "j", Code: "work", Type: typ, Args: trigger.args, Rules: p.rules})
						if err != nil {
							t.Fatal(err)
						}
						ends := epoch.Add(30*time.Minute + 30*time.Second)
						w.pass(ends.Sub(epoch))
						w.stop()
						w.pass(down)
						w.start()
						w.pass(20 * time.Second)
						w.stop()

						back := ends.Add(down)
						missed := []time.Time{epoch.Add(31 * time.Minute)}
						if trigger.every > 0 {
							missed = grid(trigger.every, ends, back)
						}
						if len(missed) > 0 && missed[len(missed)-1].After(back) {
							missed = nil
						}
						want := 0
						if len(missed) > 0 {
							want = p.runs(missed, back)
						}
						w.checkMissed(t, missed, ends, back, want)
					})
				})
			}
		}
	}
}

// countFrom is how many of the instants are not before at.
func countFrom(due []time.Time, at time.Time) (n int) {
	for _, d := range due {
		if !d.Before(at) {
			n++
		}
	}
	return n
}

// checkMissed holds the rows of what was due in (from, until] against the
// instants: the newest ran, as many as wanted, and the others were skipped.
func (w *world) checkMissed(t *testing.T, missed []time.Time, from, until time.Time, runs int) {
	t.Helper()
	ran := 0
	for _, r := range w.store.rows("j") {
		if !r.Due.After(from) || r.Due.After(until) {
			continue
		}
		if int64(len(missed)) < r.Count || !r.Due.Equal(missed[0]) {
			t.Fatalf("a row of %d instants from %s on, and %d were due", r.Count, r.Due, len(missed))
		}
		missed = missed[r.Count:]
		switch {
		case r.State == cronsole.Succeeded:
			ran++
		case r.Reason != cronsole.ReasonMisfire:
			t.Errorf("%s is %s %s", r.Due, r.State, r.Reason)
		case ran > 0:
			t.Errorf("%s was skipped, and an older one ran", r.Due)
		}
	}
	if ran != runs || len(missed) > 0 {
		t.Errorf("%d ran, want %d; %d have no row", ran, runs, len(missed))
	}
}
