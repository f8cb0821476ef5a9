package scheduler

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cronsole/internal/cronsole"
	"cronsole/internal/verify"
)

// fired is what a row of the ledger says about due instants.
type fired struct {
	Due, Until time.Time
	Count      int64
	State      string
	Started    time.Time
}

func firedRows(rows []cronsole.Run) []fired {
	out := make([]fired, len(rows))
	for i, r := range rows {
		out[i] = fired{r.Due, r.DueUntil, r.Count, states(rows[i : i+1])[0], r.StartedAt}
	}
	return out
}

// onTime are runs that started when they were due.
func onTime(due []time.Time) []fired {
	out := make([]fired, len(due))
	for i, d := range due {
		out[i] = fired{Due: d, Count: 1, State: "succeeded", Started: d}
	}
	return out
}

// policy is what is to happen to instants that were missed.
type policy struct {
	misfire cronsole.Misfire
	limit   int // of run_all
}

// caughtUp is what the ledger says of instants that were missed under
// misfire=run_once.
func caughtUp(missed []time.Time, back time.Time) []fired {
	return policy{misfire: cronsole.MisfireRunOnce}.caughtUp(missed, back)
}

// caughtUp is what the ledger says of instants that were missed, when the
// console is back: the newest one runs, unless all that is late is skipped; of
// the older ones those run that run_all catches up with; 100 that do not run are
// listed, or as many as could run, and the rest is one range.
func (p policy) caughtUp(missed []time.Time, back time.Time) (out []fired) {
	if len(missed) == 0 {
		return nil
	}
	older, newest := missed[:len(missed)-1], missed[len(missed)-1]
	listed := 100
	if p.misfire == cronsole.MisfireRunAll {
		listed = p.limit - 1
	}
	if n := len(older) - listed; n > 1 {
		out = append(out, fired{Due: older[0], Until: older[n-1], Count: int64(n), State: "skipped(misfire)"})
		older = older[n:]
	}
	for i, d := range older {
		f := fired{Due: d, Count: 1, State: "skipped(misfire)"}
		if p.misfire == cronsole.MisfireRunAll && len(older)-i < p.limit && !d.Before(back.Add(-24*time.Hour)) {
			f.State, f.Started = "succeeded", back
		}
		out = append(out, f)
	}
	last := fired{Due: newest, Count: 1, State: "succeeded", Started: back}
	if p.misfire == cronsole.MisfireSkip && back.Sub(newest) > time.Minute {
		last.State, last.Started = "skipped(misfire)", time.Time{}
	}
	return append(out, last)
}

// checkBooks lets the ledger of a job that was never edited be verified.
func (w *world) checkBooks(t *testing.T, id string) {
	t.Helper()
	job := w.store.job(id)
	h := verify.History{Job: job, Revisions: []cronsole.JobRevision{{Version: 1, Definition: job.Definition, Since: job.CreatedAt}}}
	for _, r := range w.store.rows(id) {
		if !r.Due.IsZero() {
			h.Rows = append(h.Rows, verify.Row{Run: r.ID, Due: r.Due, Until: r.DueUntil, Count: r.Count, Ran: r.State != cronsole.Skipped})
		}
	}
	found, err := verify.Check(h, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// grid lists the instants in (from, until] that are whole intervals after the
// epoch; from is not before it.
func grid(every time.Duration, from, until time.Time) (due []time.Time) {
	for d := epoch.Add(from.Sub(epoch)/every*every + every); !d.After(until); d = d.Add(every) {
		due = append(due, d)
	}
	return due
}

// After every downtime, under every policy and for every kind of trigger each
// instant that was missed has its row, as the policy says.
func TestDowntime(t *testing.T) {
	t.Parallel()
	triggers := map[string]struct {
		typ  string
		args map[string]any
		due  func(from, until time.Time) []time.Time
	}{
		"cron": {"cron", map[string]any{"minute": "*/30", "second": "0"}, func(from, until time.Time) []time.Time {
			return grid(30*time.Minute, from, until)
		}},
		"interval": {"interval", map[string]any{"minutes": 1}, func(from, until time.Time) []time.Time {
			return grid(time.Minute, from, until)
		}},
		"date": {"date", map[string]any{"run_date": "2000-01-01 00:31:00"}, func(from, until time.Time) []time.Time {
			at := epoch.Add(31 * time.Minute)
			return slices.DeleteFunc([]time.Time{at}, func(time.Time) bool { return !at.After(from) || at.After(until) })
		}},
	}
	policies := map[string]policy{
		"skip":             {cronsole.MisfireSkip, 100},
		"run_once":         {cronsole.MisfireRunOnce, 100},
		"run_all":          {cronsole.MisfireRunAll, 100},
		"run_all, a few":   {cronsole.MisfireRunAll, 5},
		"run_all, but one": {cronsole.MisfireRunAll, 59}, // of those that an hour misses
	}
	const day = 24 * time.Hour
	for name, tt := range triggers {
		for choice, p := range policies {
			for _, down := range []time.Duration{0, 61 * time.Second, time.Hour, 40 * day, 400 * day} {
				t.Run(fmt.Sprintf("%s, %s, down for %s", name, choice, down), func(t *testing.T) {
					live(t, func(t *testing.T, w *world) {
						_, _, err := w.Create(w.ctx, cronsole.Request{
							JobID: "j", Code: "work", Type: tt.typ, Args: tt.args,
							Rules: map[string]any{"misfire": string(p.misfire), "catchup_limit": p.limit},
						})
						w.must(err)
						ends := epoch.Add(30*time.Minute + 30*time.Second)
						w.pass(ends.Sub(epoch))
						w.stop()
						began := len(w.exec.executions())
						w.pass(down)
						back := ends.Add(down)
						w.start()
						synctest.Wait()
						if n := len(w.exec.executions()) - began; n > p.limit {
							t.Errorf("%d runs started when the console was back, at most %d may", n, p.limit)
						}
						w.pass(time.Hour)
						w.stop()

						want := onTime(tt.due(epoch, ends))
						want = append(want, p.caughtUp(tt.due(ends, back), back)...)
						want = append(want, onTime(tt.due(back, back.Add(time.Hour)))...)
						if diff := cmp.Diff(want, firedRows(w.store.rows("j"))); diff != "" {
							t.Errorf("rows (-want +got):\n%s", diff)
						}
						w.checkBooks(t, "j")
					})
				})
			}
		}
	}
}

// How long the console was down makes no difference to what it costs to find
// out what was missed.
func TestSurveyOf400DaysIsQuick(t *testing.T) {
	t.Parallel()
	schedules := map[string]cronsole.Schedule{
		"interval": {Type: cronsole.TypeInterval, Interval: cronsole.Units{Seconds: 1}, Timezone: "UTC"},
		"cron":     {Type: cronsole.TypeCron, Cron: allStars(func(f *cronsole.CronFields) { f.Second = "*" }), Timezone: "Europe/Berlin"},
	}
	for name, schedule := range schedules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := newJob(func(j *cronsole.Job) {
				j.Definition.Schedule, j.Definition.Rules.Jitter = schedule, cronsole.Duration(time.Hour)
			})
			trigger, err := job.Trigger()
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			o, err := survey(job, trigger, epoch.AddDate(0, 0, 400), true)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %s", took)
			}
			if got := o.missed[0]; len(o.missed) != 101 || got.count != 400*86400-101 {
				t.Errorf("%d spans, the first of %d instants", len(o.missed), got.count)
			}
		})
	}
}

// A jitter of many intervals hides for how long none of the newest instants may
// start; what is older than all of it is found nevertheless.
func TestSurveyWithALargeJitter(t *testing.T) {
	t.Parallel()
	const jitter = time.Hour
	now := epoch.Add(3 * jitter)
	for key := range int64(20) {
		job := newJob(interval(cronsole.Units{Seconds: 1}, time.Time{}), func(j *cronsole.Job) {
			j.Key, j.Definition.Rules.Jitter = key, cronsole.Duration(jitter)
		})
		trigger, err := job.Trigger()
		if err != nil {
			t.Fatal(err)
		}
		o, err := survey(job, trigger, now, false)
		if err != nil || o.newest.Before(now.Add(-jitter)) || wake(job, o.newest).After(now) {
			t.Errorf("job %d: newest %s, %v", key, o.newest, err)
		}
	}
}

// A survey names every due instant in (cursor, now] once, in order, and never
// one whose jitter has not passed as the newest.
func TestSurveyCoversEveryInstantOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 90).Draw(t, "every")) * time.Second
		jitter := time.Duration(rapid.IntRange(0, 4000).Draw(t, "jitter")) * time.Second
		elapsed := time.Duration(rapid.IntRange(0, 400*1000).Draw(t, "elapsed")) * every / 1000
		hurry := rapid.Bool().Draw(t, "hurry")
		job := newJob(interval(cronsole.Units{Seconds: int64(every / time.Second)}, time.Time{}), func(j *cronsole.Job) {
			j.Key = rapid.Int64Range(1, 1000).Draw(t, "key")
			j.Definition.Rules.Jitter = cronsole.Duration(jitter)
		})
		trigger, err := job.Trigger()
		if err != nil {
			t.Fatal(err)
		}
		now := epoch.Add(elapsed)
		o, err := survey(job, trigger, now, hurry)
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Time
		for _, s := range o.missed {
			n := grid(every, s.from.Add(-every), later(s.from, s.until))
			if int64(len(n)) != s.count || (s.count > 1) == s.until.IsZero() {
				t.Fatalf("span %v of %d instants counts %d", s, len(n), s.count)
			}
			got = append(got, n...)
		}
		if !o.newest.IsZero() {
			got = append(got, o.newest.UTC())
		}
		covered := epoch.Add(time.Duration(len(got)) * every)
		if diff := cmp.Diff(grid(every, epoch, covered), got, cmpEmpty); diff != "" {
			t.Fatalf("covered (-want +got):\n%s", diff)
		}
		if next := covered.Add(every); !o.next.Equal(next) {
			t.Fatalf("next %s, want %s", o.next, next)
		}
		sure := grid(every, epoch, now.Add(-jitter)) // their jitter has passed, whatever it is
		switch {
		case len(sure) > len(got):
			t.Fatalf("%s is left for later", sure[len(sure)-1])
		case !o.newest.IsZero() && (o.newest.After(now) || !hurry && wake(job, o.newest).After(now)):
			t.Fatalf("%s runs too early", o.newest)
		case !o.next.After(now) && (hurry || jitter < every && !wake(job, o.next).After(now)):
			t.Fatalf("%s is left for later", o.next)
		}
	})
}

// Due stays on the grid; the start is put off by the jitter of the instant, the
// same each time it is computed.
func TestJitter(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		job, _, err := w.Create(w.ctx, cronsole.Request{
			JobID: "j", Code: "work", Type: "interval",
			Args: map[string]any{"minutes": 1}, Rules: map[string]any{"jitter": "30s"},
		})
		w.must(err)
		w.pass(20*time.Minute + 30*time.Second)
		var want []fired
		delays := map[time.Duration]bool{}
		for _, d := range grid(time.Minute, epoch, epoch.Add(20*time.Minute)) {
			delay := cronsole.JitterOffset(job.Key, d, cronsole.Duration(30*time.Second))
			want = append(want, fired{Due: d, Count: 1, State: "succeeded", Started: d.Add(delay)})
			delays[delay] = true
		}
		if diff := cmp.Diff(want, firedRows(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if len(delays) < 15 {
			t.Errorf("%d different delays in 20 runs", len(delays))
		}
	})
}

// After downtime, what is past its jitter is caught up with at once, and what is
// not yet starts when it would have started anyway.
func TestDowntimeWithJitter(t *testing.T) {
	t.Parallel()
	const jitter = 50 * time.Second
	due := epoch.Add(15 * time.Minute)
	for cronsole.JitterOffset(1, due, cronsole.Duration(jitter)) < 10*time.Second {
		due = due.Add(time.Minute)
	}
	start := due.Add(cronsole.JitterOffset(1, due, cronsole.Duration(jitter)))
	tests := map[string]struct {
		back   time.Time
		newest time.Time // that is caught up with
		want   []fired   // after it, up to the next minute
	}{
		"back before the jitter has passed": {
			start.Add(-time.Millisecond), due.Add(-time.Minute),
			[]fired{{Due: due, Count: 1, State: "succeeded", Started: start}},
		},
		"back when it has passed": {start, due, nil},
		"back after it":           {start.Add(time.Millisecond), due, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				_, _, err := w.Create(w.ctx, cronsole.Request{
					JobID: "j", Code: "work", Type: "interval",
					Args: map[string]any{"minutes": 1}, Rules: map[string]any{"jitter": "50s"},
				})
				w.must(err)
				w.stop()
				w.pass(time.Until(tt.back))
				w.start()
				w.pass(time.Until(due.Add(time.Minute)))
				want := append(caughtUp(grid(time.Minute, epoch, tt.newest), tt.back), tt.want...)
				if diff := cmp.Diff(want, firedRows(w.store.rows("j"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A job that was down while its last run was going on, or whose code has gone,
// accounts for the newest instant like any other.
func TestDowntimeWithoutTheCode(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.stop()
		w.codes.remove("work")
		w.pass(35 * time.Second)
		w.start()
		synctest.Wait()
		want := []string{"skipped(misfire)", "skipped(misfire)", "skipped(code_missing)"}
		if diff := cmp.Diff(want, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A trigger that is exhausted finishes its job and never deletes it.
func TestLastInstantFinishesTheJob(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typ  string
		args map[string]any
		down bool
		want []string
	}{
		"date":                          {"date", map[string]any{"run_date": "2000-01-01 00:00:30"}, false, []string{"succeeded"}},
		"interval":                      {"interval", map[string]any{"seconds": 10, "end_date": "2000-01-01 00:00:30"}, false, []string{"succeeded", "succeeded", "succeeded"}},
		"cron":                          {"cron", map[string]any{"second": "*/15", "end_date": "2000-01-01 00:00:44"}, false, []string{"succeeded", "succeeded"}},
		"date, while it was down":       {"date", map[string]any{"run_date": "2000-01-01 00:00:30"}, true, []string{"succeeded"}},
		"interval, while it was down":   {"interval", map[string]any{"seconds": 10, "end_date": "2000-01-01 00:00:30"}, true, []string{"skipped(misfire)", "skipped(misfire)", "succeeded"}},
		"interval, with an odd end":     {"interval", map[string]any{"seconds": 10, "end_date": "2000-01-01 00:00:29.5"}, false, []string{"succeeded", "succeeded"}},
		"interval that starts and ends": {"interval", map[string]any{"seconds": 7, "start_date": "2000-01-01 00:00:20", "end_date": "2000-01-01 00:00:30"}, false, []string{"succeeded", "succeeded"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.create("j", tt.typ, tt.args)
				if tt.down {
					w.stop()
					w.pass(time.Minute)
					w.start()
				}
				w.pass(time.Hour)
				if diff := cmp.Diff(tt.want, states(w.store.rows("j"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				job := w.store.job("j")
				if job.State != cronsole.JobFinished || !job.Next.IsZero() || w.Health().Jobs != 0 {
					t.Errorf("job is %s, next %s, %d in memory", job.State, job.Next, w.Health().Jobs)
				}
			})
		})
	}
}
