package scheduler

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// every is the interval job "j" of the epoch, with changes.
func every(seconds int64, changes ...func(*cronsole.Job)) *cronsole.Job {
	all := []func(*cronsole.Job){
		func(j *cronsole.Job) { j.ID = "j" },
		interval(cronsole.Units{Seconds: seconds}, epoch.Add(time.Duration(seconds)*time.Second)),
	}
	return newJob(append(all, changes...)...)
}

// An edit keeps what it does not mention. A schedule that changes counts from
// the edit; one that stays keeps its cursor and its grid.
func TestEdit(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	const at = 25 * time.Second // 10 and 20 have been due
	edited := func(changes ...func(*cronsole.Job)) *cronsole.Job {
		return every(10, append([]func(*cronsole.Job){func(j *cronsole.Job) {
			j.Definition.Args, j.Definition.Rules.Tags = []any{"kept"}, []string{"kept"}
			j.Version, j.UpdatedAt = 2, epoch.Add(at)
			j.Cursor, j.Next = epoch.Add(20*time.Second), epoch.Add(30*time.Second)
		}}, changes...)...)
	}
	fromNow := func(next time.Duration) func(*cronsole.Job) {
		return func(j *cronsole.Job) {
			j.Anchor, j.Cursor, j.Next = epoch.Add(at), epoch.Add(at), epoch.Add(next)
		}
	}
	tests := map[string]struct {
		req  cronsole.Request
		want *cronsole.Job
	}{
		"nothing": {
			cronsole.Request{},
			edited(),
		},
		"a rule": {
			cronsole.Request{Rules: args{"timeout": "5s"}},
			edited(func(j *cronsole.Job) { j.Definition.Rules.Timeout = cronsole.Duration(5 * time.Second) }),
		},
		"the arguments": {
			cronsole.Request{Args: args{"args": []any{"x"}}, Version: 1},
			edited(func(j *cronsole.Job) { j.Definition.Args = []any{"x"} }),
		},
		"the code": {
			cronsole.Request{Code: "other"},
			edited(func(j *cronsole.Job) { j.Definition.Code = "other" }),
		},
		"its own id": {
			cronsole.Request{JobID: "j"},
			edited(),
		},
		"the schedule that it has": {
			cronsole.Request{Type: "interval", Args: args{"seconds": "10"}},
			edited(),
		},
		"the interval": {
			cronsole.Request{Args: args{"minutes": 1.0}},
			edited(interval(cronsole.Units{Minutes: 1}, time.Time{}), fromNow(at+time.Minute)),
		},
		"dst of an interval, which has none": {
			cronsole.Request{DST: "default"},
			edited(),
		},
		"the type": {
			cronsole.Request{Type: "cron", Args: args{"second": "0"}},
			edited(func(j *cronsole.Job) {
				j.Definition.Schedule = cronsole.Schedule{
					Type: cronsole.TypeCron, Cron: allStars(func(f *cronsole.CronFields) { f.Second = "0" }), Timezone: "UTC",
				}
			}, fromNow(time.Minute)),
		},
		"a date to come": {
			cronsole.Request{Type: "date", Args: args{"run_date": "2000-01-01 12:00:00"}},
			edited(date("2000-01-01 12:00:00", time.Time{}), fromNow(12*time.Hour)),
		},
		"a date that is past by less than the grace": {
			cronsole.Request{Type: "date", Args: args{"run_date": "2000-01-01 00:00:24"}},
			edited(date("2000-01-01 00:00:24", time.Time{}), fromNow(24*time.Second), func(j *cronsole.Job) {
				j.Cursor = j.Next.Add(-time.Millisecond)
			}),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.codes.put(&cronsole.Code{Name: "other"})
				_, _, err := w.Create(w.ctx, cronsole.Request{
					JobID: "j", Code: "work", Type: "interval", Args: args{"args": []any{"kept"}}, Rules: args{"tags": "kept"},
				})
				w.must(err)
				w.pass(at)
				got, err := w.Edit(w.ctx, "j", tt.req)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
				w.pass(0)
				if got.Next.After(epoch.Add(at)) { // else it has fired meanwhile
					w.checkMemory(t, got)
				}
			})
		})
	}
}

// checkMemory compares what memory and ledger have of a job with want.
func (w *world) checkMemory(t *testing.T, want *cronsole.Job) {
	t.Helper()
	w.Scheduler.mu.Lock()
	defer w.Scheduler.mu.Unlock()
	e := w.ids[want.ID]
	if e == nil {
		t.Fatalf("job %s is not in memory", want.ID)
	}
	if diff := cmp.Diff(want, e.job); diff != "" {
		t.Errorf("memory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, w.store.job(want.ID)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	wakes := parked
	if want.State == cronsole.JobActive {
		wakes = nanos(wake(want, want.Next))
	}
	if e.wake != wakes || e.alarm.wake != wakes {
		t.Errorf("it rings at %d, and the heap has %d, want %d", e.wake, e.alarm.wake, wakes)
	}
}

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	tests := map[string]struct {
		id   string
		req  cronsole.Request
		kind cronsole.Kind
		want string
	}{
		"a job that is not there":        {"nothing", cronsole.Request{}, cronsole.NotFound, "Job not found"},
		"a finished one":                 {"once", cronsole.Request{}, cronsole.Conflict, "Job once is finished; schedule it again under the same name"},
		"an old version":                 {"j", cronsole.Request{Version: 7}, cronsole.Stale, "Job j was changed meanwhile: it is at version 1, you read 7"},
		"another id":                     {"j", cronsole.Request{JobID: "k"}, cronsole.Invalid, "job_id cannot be changed; make a new job and delete this one"},
		"a code that is not there":       {"j", cronsole.Request{Code: "nothing"}, cronsole.NotFound, "Job folder not found."},
		"a code without .schedule":       {"j", cronsole.Request{FromFile: true}, cronsole.NotFound, "Schedule file not found"},
		"every faulty value":             {"j", cronsole.Request{Args: args{"seconds": "-1"}, Rules: args{"timeout": "soon"}}, cronsole.Invalid, "Some values cannot be accepted: seconds, timeout"},
		"an end that is past":            {"j", cronsole.Request{Args: args{"seconds": 5, "end_date": "1999-01-01"}}, cronsole.Invalid, "The schedule can never fire."},
		"an end that is past, of a cron": {"j", cronsole.Request{Type: "cron", Args: args{"end_date": "1999-01-01"}}, cronsole.Invalid, "end_date is past, so that nothing would be due any more; write a later one or leave it out"},
		"a date beyond the grace":        {"j", cronsole.Request{Type: "date", Args: args{"run_date": "1999-01-01"}}, cronsole.Invalid, "run_date is past: 1999-01-01 00:00:00 UTC is 365d25s ago, further than the grace of 1m; write a date to come"},
		"a date already covered":         {"j", cronsole.Request{Type: "date", Args: args{"run_date": "2000-01-01 00:00:19"}}, cronsole.Invalid, "run_date is past: 2000-01-01 00:00:19 UTC is 6s ago, before what this job has accounted for already; write a date to come"},
		"a date without run_date":        {"j", cronsole.Request{Type: "date"}, cronsole.Invalid, "run_date"},
		"a type that is none":            {"j", cronsole.Request{Type: "weekly"}, cronsole.Invalid, `type must be cron, interval or date, not "weekly"`},
		"a zone that is none":            {"j", cronsole.Request{Timezone: "Mars/Olympus"}, cronsole.Invalid, "timezone"},
		"another type than the file":     {"filed", cronsole.Request{FromFile: true, Type: "date"}, cronsole.Invalid, "type is"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.deployForCreate()
				w.create("once", "date", args{"run_date": "2000-01-01 00:00:01"})
				w.create("j", "interval", nil)
				w.create("filed", "interval", args{"hours": 1})
				if _, err := w.Edit(w.ctx, "filed", cronsole.Request{Code: "filed"}); err != nil {
					t.Fatal(err)
				}
				w.pass(25 * time.Second)
				before := w.store.job(tt.id)
				_, err := w.Edit(w.ctx, tt.id, tt.req)
				if kind(err) != tt.kind || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("answered %v, want %q", err, tt.want)
				}
				if diff := cmp.Diff(before, w.store.job(tt.id)); diff != "" {
					t.Errorf("the refused edit changed the job:\n%s", diff)
				}
			})
		})
	}
}

// Who edits the trigger keeps the zone, unless another is named.
func TestEditKeepsTheZone(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "cron", map[string]any{"hour": "3", "timezone": "Europe/Berlin"})
		for _, tt := range []struct {
			req  cronsole.Request
			zone string
		}{
			{cronsole.Request{Args: map[string]any{"hour": "4"}}, "Europe/Berlin"},
			{cronsole.Request{Args: map[string]any{"hour": "4", "timezone": "Asia/Tokyo"}}, "Asia/Tokyo"},
			{cronsole.Request{Type: "interval", Args: map[string]any{"hours": 1}}, "Asia/Tokyo"},
			{cronsole.Request{Timezone: "UTC", Args: map[string]any{"hours": 1}}, "UTC"},
		} {
			job, err := w.Edit(w.ctx, "j", tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if got := job.Definition.Schedule.Timezone; got != tt.zone {
				t.Errorf("%+v: zone %s, want %s", tt.req, got, tt.zone)
			}
		}
	})
}

// down keeps what is due from being written for d, and ends without the engine
// noticing.
func (w *world) down(d time.Duration) {
	w.store.failWith(func(call string) error {
		if call == "Advance" {
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
		}
		return nil
	})
	w.pass(d)
	w.store.failWith(nil)
}

// What was due under the old schedule has its rows before the new one counts.
func TestEditClosesTheBooks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pause bool
		req   cronsole.Request
		want  []string
	}{
		"active, schedule changed": {
			req:  cronsole.Request{Args: map[string]any{"seconds": 60}},
			want: []string{"skipped(misfire)", "succeeded"},
		},
		"active, a rule changed: the books stay open": {
			req: cronsole.Request{Rules: map[string]any{"timeout": "5s"}},
		},
		"active, refused": {
			req: cronsole.Request{Args: map[string]any{"seconds": 60, "end_date": "2000-01-01 00:00:30"}},
		},
		"active, a date that is overtaken by what was due": {
			req:  cronsole.Request{Type: "date", Args: map[string]any{"run_date": "2000-01-01 00:00:15"}},
			want: []string{"skipped(misfire)", "succeeded"},
		},
		"paused, schedule changed": {
			pause: true,
			req:   cronsole.Request{Args: map[string]any{"seconds": 60}},
			want:  []string{"skipped(paused)"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.create("j", "interval", map[string]any{"seconds": 10})
				if tt.pause {
					w.must(w.Pause(w.ctx, "j", ""))
				}
				w.down(25500 * time.Millisecond)
				_, _ = w.Edit(w.ctx, "j", tt.req) // whether it is refused is seen in the rows
				<-time.After(time.Millisecond)    // before the next tick
				if diff := cmp.Diff(tt.want, states(w.store.rows("j")), cmpEmpty); diff != "" {
					t.Errorf("rows after the edit (-want +got):\n%s", diff)
				}
				w.pass(2 * time.Minute)
				w.checkOnce(t, "j")
			})
		})
	}
}

// An instant that is due and waits for its jitter is not lost with the schedule
// that it belongs to: it starts before that goes.
func TestEditClosesTheBooksOfJitter(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		_, _, err := w.Create(w.ctx, cronsole.Request{
			JobID: "j", Code: "work", Type: "interval", Args: map[string]any{"minutes": 1}, Rules: map[string]any{"jitter": "59s"},
		})
		w.must(err)
		w.pass(time.Minute + time.Millisecond)
		if n := len(w.store.rows("j")); n != 0 {
			t.Fatal("the jitter of this instant is too small for this test")
		}
		_, err = w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"hours": 1}})
		w.must(err)
		w.pass(0)
		want := []fired{{Due: epoch.Add(time.Minute), Count: 1, State: "succeeded", Started: epoch.Add(time.Minute + time.Millisecond)}}
		if diff := cmp.Diff(want, firedRows(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// The books are closed, but what the job was to become is not written.
func TestEditThatIsNotWrittenKeepsTheOldSchedule(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		before := w.create("j", "interval", map[string]any{"seconds": 10})
		w.store.failWith(func(call string) error {
			if call == "UpdateJob" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		_, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"seconds": 60}})
		if kind(err) != cronsole.Unavailable {
			t.Errorf("answered %v, want unavailable", err)
		}
		w.store.failWith(nil)
		w.checkMemory(t, before)
		w.pass(21 * time.Second)
		if n := len(w.store.rows("j")); n != 2 {
			t.Errorf("%d rows in 21 s, want 2 of the old schedule", n)
		}
	})
}

// The books cannot be closed: the schedule stays, and what was due runs later.
func TestEditWhoseBooksCannotBeClosed(t *testing.T) {
	t.Parallel()
	full := func(call string) error {
		if call == "Advance" || call == "SetJobState" {
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
		}
		return nil
	}
	tests := map[string]struct {
		id     string
		meddle func(f *fakeStore)
		kind   cronsole.Kind
	}{
		"the disk is full":                {"j", func(f *fakeStore) { f.fail = full }, cronsole.Unavailable},
		"the disk is full, a paused job":  {"paused", func(f *fakeStore) { f.fail = full }, cronsole.Unavailable},
		"another program moved the job":   {"j", func(f *fakeStore) { f.jobs[1].Cursor = epoch.Add(10 * time.Second) }, cronsole.Stale},
		"another program deleted the job": {"j", func(f *fakeStore) { f.jobs[1].State = cronsole.JobDeleted }, cronsole.Stale},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.create("j", "interval", map[string]any{"seconds": 10})
				w.create("paused", "interval", map[string]any{"seconds": 10})
				w.must(w.Pause(w.ctx, "paused", ""))
				w.down(25500 * time.Millisecond)
				w.store.mu.Lock()
				tt.meddle(w.store)
				w.store.mu.Unlock()
				if _, err := w.Edit(w.ctx, tt.id, cronsole.Request{Args: map[string]any{"seconds": 60}}); kind(err) != tt.kind {
					t.Errorf("answered %v, want kind %d", err, tt.kind)
				}
				w.store.failWith(nil)
				if got := w.store.job(tt.id); got.Version != 1 || got.Definition.Schedule.Interval.Seconds != 10 {
					t.Errorf("version %d, every %d s", got.Version, got.Definition.Schedule.Interval.Seconds)
				}
				w.pass(time.Second)
				if got := w.store.job(tt.id); got.State != cronsole.JobDeleted {
					w.checkMemory(t, got)
				}
			})
		})
	}
}

// A paused job stays paused and counts the new schedule from the edit on.
func TestEditOfAPausedJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.must(w.Pause(w.ctx, "j", "holiday"))
		w.pass(25 * time.Second)
		got, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"seconds": 60}})
		if err != nil {
			t.Fatal(err)
		}
		now := epoch.Add(25 * time.Second)
		want := every(60, func(j *cronsole.Job) {
			j.State, j.Reason, j.Next = cronsole.JobPaused, "holiday", time.Time{}
			j.Anchor, j.Cursor, j.UpdatedAt, j.Version = now, now, now, 2
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("job (-want +got):\n%s", diff)
		}
		w.checkMemory(t, want)
		w.pass(90 * time.Second)
		w.must(w.Resume(w.ctx, "j"))
		w.pass(time.Minute)
		rows := w.store.rows("j")
		if diff := cmp.Diff([]string{"skipped(paused)", "skipped(paused)", "succeeded"}, states(rows)); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
		due := []time.Time{rows[0].Due, rows[0].DueUntil, rows[1].Due, rows[2].Due}
		if diff := cmp.Diff([]time.Time{epoch.Add(10 * time.Second), epoch.Add(20 * time.Second), now.Add(time.Minute), now.Add(2 * time.Minute)}, due); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
	})
}

func TestEditWhileRunningLetsTheRunGoOn(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.exec.run = lasting(time.Minute)
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(15 * time.Second)
		if _, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"hours": 1}}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// The last instant of the old schedule was due and ran: the job is finished, and
// the edit comes too late.
func TestEditAfterTheLastInstant(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "date", map[string]any{"run_date": "2000-01-01 00:00:10"})
		w.down(10500 * time.Millisecond)
		_, err := w.Edit(w.ctx, "j", cronsole.Request{Type: "interval"})
		if kind(err) != cronsole.Conflict || err.Error() != "Job j has just run for the last time and is finished" {
			t.Errorf("answered %v", err)
		}
		w.pass(time.Second)
		if diff := cmp.Diff([]string{"succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A schedule that cannot be computed must not keep a working one from taking
// its place.
func TestEditMendsABrokenTrigger(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.Scheduler.mu.Lock()
		w.ids["j"].trigger = panicTrigger{}
		w.Scheduler.mu.Unlock()
		w.pass(15 * time.Second)
		if _, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"seconds": 5}}); err != nil {
			t.Fatal(err)
		}
		w.pass(11 * time.Second)
		if diff := cmp.Diff([]string{"succeeded", "succeeded"}, states(w.store.rows("j"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// While the clock is behind, what a job has accounted for lies ahead. A new
// schedule begins after it, and says so.
func TestEditWhileTheClockIsBehind(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "interval", map[string]any{"seconds": 10})
		w.pass(time.Hour + 5*time.Second)
		w.setClock(-30 * time.Minute)
		w.pass(2 * time.Second)
		covered := w.store.job("j").Cursor.Add(-time.Minute).Format(time.RFC3339)
		_, err := w.Edit(w.ctx, "j", cronsole.Request{Type: "date", Args: map[string]any{"run_date": covered}})
		want := "run_date lies before what this job has accounted for already; write a later one"
		if kind(err) != cronsole.Invalid || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("answered %v, want %s", err, want)
		}
		job, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"seconds": 60}})
		if err != nil {
			t.Fatal(err)
		}
		if !job.Cursor.Equal(epoch.Add(time.Hour)) || !job.Next.After(job.Cursor) {
			t.Errorf("cursor %s, next %s", job.Cursor, job.Next)
		}
		w.pass(0)
		w.checkMemory(t, job)
		before := len(w.store.rows("j"))
		w.pass(31 * time.Minute)
		rows := w.store.rows("j")[before:]
		if len(rows) == 0 || !rows[0].Due.Equal(job.Next) {
			t.Errorf("fired %v, want first %s", rows, job.Next)
		}
	})
}

func TestUseFile(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.deployForCreate()
		for id, code := range map[string]string{"bare": "work", "faulty": "faulty", "second": "filed"} {
			if _, _, err := w.Create(w.ctx, cronsole.Request{JobID: id, Code: code, Type: "interval", Rules: map[string]any{"tags": "old"}}); err != nil {
				t.Fatal(err)
			}
		}
		for id, want := range map[string]cronsole.Kind{
			"nothing": cronsole.NotFound, "bare": cronsole.NotFound, "faulty": cronsole.Invalid,
		} {
			if err := w.UseFile(w.ctx, id); kind(err) != want {
				t.Errorf("%s was answered %v, want kind %d", id, err, want)
			}
		}
		w.must(w.UseFile(w.ctx, "second"))
		got := w.store.job("second")
		want := newJob(func(j *cronsole.Job) {
			j.Key, j.ID, j.Definition.Code, j.Definition.Source = got.Key, "second", "filed", cronsole.SourceFile
			j.Definition.Schedule.Cron = daily("3").Definition.Schedule.Cron
			j.Next, j.Version = epoch.Add(3*time.Hour), 2
		})
		w.checkMemory(t, want)
		if differs, _ := w.Differs(got); differs {
			t.Error("it differs from the file that it uses")
		}
	})
}

// Changes of one job wait for each other; who gives up waiting changes nothing.
func TestChangeThatWaitsForAnother(t *testing.T) {
	gated(t, func(t *testing.T, w *world, gate chan struct{}) {
		w.create("j", "interval", map[string]any{"hours": 1})
		done := make(chan error)
		go func() {
			_, err := w.Edit(w.ctx, "j", cronsole.Request{Args: map[string]any{"hours": 2}})
			done <- err
		}()
		w.pass(time.Second)
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		err := w.Pause(ctx, "j", "")
		if want := "wait for another change of job j: context deadline exceeded"; err == nil || err.Error() != want {
			t.Errorf("answered %v, want %s", err, want)
		}
		go func() { done <- w.Pause(w.ctx, "j", "later") }()
		w.pass(time.Second)
		close(gate)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := w.store.job("j"); got.State != cronsole.JobPaused || got.Version != 2 {
			t.Errorf("job is %s at version %d, want paused at 2", got.State, got.Version)
		}
	})
}

// A caller that goes away while its change is written does not take it back.
func TestChangeOutlivesItsCaller(t *testing.T) {
	gated(t, func(t *testing.T, w *world, gate chan struct{}) {
		w.create("j", "interval", map[string]any{"hours": 1})
		done := make(chan error)
		ctx, cancel := context.WithCancel(w.ctx)
		go func() {
			_, err := w.Edit(ctx, "j", cronsole.Request{Args: map[string]any{"hours": 2}})
			done <- err
		}()
		w.pass(time.Second)
		cancel()
		w.pass(time.Second)
		close(gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := w.store.job("j").Version; got != 2 {
			t.Errorf("version %d, want 2", got)
		}
	})
}

// gated runs a test in a bubble, in a world where the change of a job is not
// written before close(gate).
func gated(t *testing.T, test func(t *testing.T, w *world, gate chan struct{})) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, gate := newWorld(t), make(chan struct{})
		w.ledger = &gatedStore{w.store, gate}
		test(t, w.start(), gate)
	})
}

// gatedStore lets no update through before its gate is closed, and none whose
// caller has gone by then.
type gatedStore struct {
	*fakeStore
	gate chan struct{}
}

func (g *gatedStore) UpdateJob(ctx context.Context, job *cronsole.Job) error {
	select {
	case <-g.gate:
		return g.fakeStore.UpdateJob(ctx, job)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dst is part of the schedule: changing it counts from the edit, and an edit
// that does not say keeps it, as long as the job stays a cron job.
func TestEditOfDST(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.create("j", "cron", map[string]any{"hour": "2", "minute": "30", "second": "0", "timezone": "Europe/Berlin"})
		type step struct {
			req    cronsole.Request
			want   cronsole.DST
			anchor time.Duration
		}
		for i, s := range []step{
			{cronsole.Request{DST: "literal"}, cronsole.DSTLiteral, time.Second},
			{cronsole.Request{Rules: map[string]any{"timeout": "5m"}}, cronsole.DSTLiteral, time.Second},
			{cronsole.Request{DST: "literal"}, cronsole.DSTLiteral, time.Second},
			{cronsole.Request{Type: "cron", Args: map[string]any{"hour": "3"}}, cronsole.DSTLiteral, 4 * time.Second},
			{cronsole.Request{Type: "cron", Args: map[string]any{"hour": "3", "dst": "default"}}, cronsole.DSTDefault, 5 * time.Second},
			{cronsole.Request{Args: map[string]any{"hour": "3"}, DST: "literal"}, cronsole.DSTLiteral, 6 * time.Second},
			{cronsole.Request{Type: "interval", Args: map[string]any{"hours": 1}}, cronsole.DSTDefault, 7 * time.Second},
		} {
			w.pass(time.Second)
			job, err := w.Edit(w.ctx, "j", s.req)
			w.must(err)
			if got := job.Definition.Schedule.DST; got != s.want || !job.Anchor.Equal(epoch.Add(s.anchor)) {
				t.Errorf("edit %d: dst %s, counts from %s", i, got, job.Anchor)
			}
		}
		_, err := w.Edit(w.ctx, "j", cronsole.Request{DST: "literal"})
		want := []cronsole.FieldError{{Field: "dst", Message: "belongs to the type cron; leave it out of an interval schedule"}}
		e, ok := errors.AsType[*cronsole.Error](err)
		if !ok {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, e.Fields); diff != "" {
			t.Errorf("literal for an interval (-want +got):\n%s", diff)
		}
	})
}
