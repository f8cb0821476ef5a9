package scheduler

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// epoch is when the time of a bubble begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// allStars are the fields of a cron schedule of which nothing was said.
func allStars(change ...func(*cronsole.CronFields)) cronsole.CronFields {
	f := cronsole.CronFields{Year: "*", Month: "*", Day: "*", Week: "*", DayOfWeek: "*", Hour: "*", Minute: "*", Second: "5"}
	for _, c := range change {
		c(&f)
	}
	return f
}

// daily is the .schedule of a job that runs each day at an hour.
func daily(hour string) *cronsole.ScheduleFile {
	cron := allStars(func(f *cronsole.CronFields) { f.Hour, f.Minute, f.Second = hour, "0", "0" })
	return &cronsole.ScheduleFile{
		Text:       "cron\nhour=" + hour + "\nminute=0\nsecond=0\n",
		Definition: cronsole.Definition{Schedule: cronsole.Schedule{Type: cronsole.TypeCron, Cron: cron}, Rules: cronsole.DefaultRules()},
		Enabled:    true,
	}
}

// newJob is a job as Create makes it at the epoch when nothing is asked for, with
// changes.
func newJob(changes ...func(*cronsole.Job)) *cronsole.Job {
	job := &cronsole.Job{
		Key: 1, ID: "work",
		Definition: cronsole.Definition{
			Code:     "work",
			Schedule: cronsole.Schedule{Type: cronsole.TypeCron, Cron: allStars(), Timezone: "UTC"},
			Args:     []any{},
			Rules:    cronsole.DefaultRules(),
			Source:   cronsole.SourceConsole,
		},
		State:  cronsole.JobActive,
		Anchor: epoch, Cursor: epoch, Next: epoch.Add(5 * time.Second),
		Version: 1, CreatedAt: epoch, UpdatedAt: epoch,
	}
	for _, c := range changes {
		c(job)
	}
	return job
}

func inZone(zone string) func(*cronsole.Job) {
	return func(j *cronsole.Job) { j.Definition.Schedule.Timezone = zone }
}

// interval and date change the schedule of a job that is made.
func interval(units cronsole.Units, first time.Time) func(*cronsole.Job) {
	return func(j *cronsole.Job) {
		j.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeInterval, Interval: units, Timezone: "UTC"}
		j.Next = first
	}
}

func date(text string, due time.Time) func(*cronsole.Job) {
	return func(j *cronsole.Job) {
		j.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: text, Timezone: "UTC"}
		j.Next = due
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	tests := map[string]struct {
		req  cronsole.Request
		want *cronsole.Job
	}{
		"a cron job of every minute, when only the name is given": {
			cronsole.Request{JobID: "work"},
			newJob(),
		},
		"the job is named after its code": {
			cronsole.Request{Code: "work"},
			newJob(),
		},
		"several jobs may share a code": {
			cronsole.Request{JobID: "Work.2", Code: "work"},
			newJob(func(j *cronsole.Job) { j.ID = "Work.2" }),
		},
		"an interval of 10 s, when no unit is given": {
			cronsole.Request{JobID: "work", Type: "interval"},
			newJob(interval(cronsole.Units{Seconds: 10}, epoch.Add(10*time.Second))),
		},
		"an interval in numeric strings": {
			cronsole.Request{JobID: "work", Type: "interval", Args: args{"hours": "1", "minutes": "30"}},
			newJob(interval(cronsole.Units{Hours: 1, Minutes: 30}, epoch.Add(90*time.Minute))),
		},
		"a date to come": {
			cronsole.Request{JobID: "work", Type: "date", Args: args{"run_date": "2000-01-02 03:04:05"}},
			newJob(date("2000-01-02 03:04:05", epoch.Add(27*time.Hour+4*time.Minute+5*time.Second))),
		},
		"a date that is past within the grace is due at once": {
			cronsole.Request{JobID: "work", Type: "date", Args: args{"run_date": "1999-12-31 23:59:00"}},
			newJob(date("1999-12-31 23:59:00", epoch.Add(-time.Minute)), func(j *cronsole.Job) { j.Cursor = j.Next.Add(-time.Millisecond) }),
		},
		"the zone of args": {
			cronsole.Request{JobID: "work", Args: args{"timezone": " Europe/Berlin "}},
			newJob(inZone("Europe/Berlin")),
		},
		"the zone beside args wins": {
			cronsole.Request{JobID: "work", Timezone: "Asia/Tokyo", Args: args{"timezone": "Europe/Berlin"}},
			newJob(inZone("Asia/Tokyo")),
		},
		"arguments and rules": {
			cronsole.Request{
				JobID: "work",
				Args:  args{"args": []any{"--full", 3.0}},
				Rules: args{"timeout": "90s", "jitter": "1s", "tags": "night,backup", "enabled": true},
			},
			newJob(func(j *cronsole.Job) {
				j.Definition.Args = []any{"--full", 3.0}
				r := &j.Definition.Rules
				r.Timeout, r.Jitter, r.Tags = cronsole.Duration(90*time.Second), cronsole.Duration(time.Second), []string{"night", "backup"}
			}),
		},
		"paused, when it is not enabled": {
			cronsole.Request{JobID: "work", Rules: args{"enabled": "false"}},
			newJob(func(j *cronsole.Job) {
				j.State, j.Reason, j.Next = cronsole.JobPaused, "made paused: enabled=false", time.Time{}
			}),
		},
		"cron that starts later": {
			cronsole.Request{JobID: "work", Args: args{"start_date": "2001-01-01"}},
			newJob(func(j *cronsole.Job) {
				j.Definition.Schedule.StartDate = "2001-01-01"
				j.Next = time.Date(2001, 1, 1, 0, 0, 5, 0, time.UTC)
			}),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				before := w.rev.Current()
				got, _, err := w.Create(w.ctx, tt.req)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.want, w.store.job(tt.want.ID)); diff != "" && !got.Next.Before(epoch) {
					t.Errorf("ledger (-want +got):\n%s", diff)
				}
				if w.rev.Current() == before {
					t.Error("the revision stayed")
				}
			})
		})
	}
}

// What was refused names every faulty value, and nothing is made.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	refuse := func(kind cronsole.Kind, message string, fields ...cronsole.FieldError) *cronsole.Error {
		return &cronsole.Error{Kind: kind, Message: message, Fields: fields}
	}
	tests := map[string]struct {
		req  cronsole.Request
		want *cronsole.Error
	}{
		"no folder": {
			cronsole.Request{JobID: "nothing"},
			refuse(cronsole.NotFound, "Job folder not found."),
		},
		"no folder, from a file": {
			cronsole.Request{JobID: "nothing", FromFile: true},
			refuse(cronsole.NotFound, "Job folder not found."),
		},
		"no .schedule": {
			cronsole.Request{JobID: "work", FromFile: true},
			refuse(cronsole.NotFound, "Schedule file not found"),
		},
		"a faulty .schedule": {
			cronsole.Request{JobID: "faulty", FromFile: true},
			refuse(cronsole.Invalid, "The .schedule file of faulty has a mistake in line 2.",
				cronsole.FieldError{Field: "hour", Message: `"25" is no hour (line 2 of .schedule)`}),
		},
		"a code that cannot run": {
			cronsole.Request{JobID: "broken"},
			refuse(cronsole.Invalid, "code cannot run: two entry files",
				cronsole.FieldError{Field: "code", Message: "cannot run: two entry files"}),
		},
		"an id that is taken": {
			cronsole.Request{JobID: "taken", Code: "work"},
			refuse(cronsole.Conflict, "Job already exists"),
		},
		"an id that is a path": {
			cronsole.Request{JobID: "../etc", Code: "work"},
			refuse(cronsole.Invalid, "job_id may hold 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit",
				cronsole.FieldError{Field: "job_id", Message: "may hold 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit"}),
		},
		"another type than the file's": {
			cronsole.Request{JobID: "filed", FromFile: true, Type: "interval"},
			refuse(cronsole.Invalid, `type is "interval", but the .schedule file says cron; leave it out, or send from_file false with a schedule of your own`,
				cronsole.FieldError{Field: "type", Message: `is "interval", but the .schedule file says cron; leave it out, or send from_file false with a schedule of your own`}),
		},
		"no type of trigger": {
			cronsole.Request{JobID: "work", Type: "weekly"},
			refuse(cronsole.Invalid, `type must be cron, interval or date, not "weekly"`,
				cronsole.FieldError{Field: "type", Message: `must be cron, interval or date, not "weekly"`}),
		},
		"a zone that is no text": {
			cronsole.Request{JobID: "work", Args: args{"timezone": 1.0}},
			refuse(cronsole.Invalid, "timezone must be the IANA name of a zone, such as Europe/Berlin",
				cronsole.FieldError{Field: "timezone", Message: "must be the IANA name of a zone, such as Europe/Berlin"}),
		},
		"a date beyond the grace": {
			cronsole.Request{JobID: "work", Type: "date", Args: args{"run_date": "1999-12-31 23:58:59"}},
			refuse(cronsole.Invalid, "run_date is past: 1999-12-31 23:58:59 UTC is 61s ago, further than the grace of 1m; write a date to come",
				cronsole.FieldError{Field: "run_date", Message: "is past: 1999-12-31 23:58:59 UTC is 61s ago, further than the grace of 1m; write a date to come"}),
		},
		"an end that is past": {
			cronsole.Request{JobID: "work", Args: args{"end_date": "1999-12-31"}},
			refuse(cronsole.Invalid, "end_date is past, so that nothing would be due any more; write a later one or leave it out",
				cronsole.FieldError{Field: "end_date", Message: "is past, so that nothing would be due any more; write a later one or leave it out"}),
		},
		"every faulty value": {
			cronsole.Request{
				JobID: "work",
				Args:  args{"hour": "25", "minute": "-", "timezone": "Mars/Olympus", "args": "no list"},
				Rules: args{"timeout": "soon", "enabled": "perhaps"},
			},
			refuse(cronsole.Invalid, "Some values cannot be accepted: hour, minute, timezone, args, enabled, timeout"),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.deployForCreate()
				w.create("taken", "interval", nil)
				_, _, err := w.Create(w.ctx, tt.req)
				opts := cmp.Options{cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Err" }, cmp.Ignore())}
				if tt.want.Kind == cronsole.Invalid && tt.want.Fields == nil { // the message lists them
					opts = append(opts, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Fields" }, cmp.Ignore()))
				}
				got, ok := errors.AsType[*cronsole.Error](err)
				if !ok {
					t.Fatalf("answered %v", err)
				}
				if diff := cmp.Diff(tt.want, got, opts); diff != "" {
					t.Errorf("error (-want +got):\n%s", diff)
				}
				if jobs := w.Health().Jobs; jobs != 1 {
					t.Errorf("%d jobs, want the one that was there", jobs)
				}
			})
		})
	}
}

// deployForCreate deploys a code with a file, one whose file has a mistake, and
// one that cannot run.
func (w *world) deployForCreate() {
	w.codes.put(&cronsole.Code{Name: "filed", File: daily("3")})
	w.codes.put(&cronsole.Code{Name: "broken", Problem: "two entry files"})
	w.codes.put(&cronsole.Code{Name: "faulty", File: &cronsole.ScheduleFile{
		Text: "cron\nhour=25\n", Enabled: true,
		Err: &cronsole.FileError{Line: 2, Key: "hour", Message: `"25" is no hour`},
	}})
}

func TestCreateFromFile(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	filed := func(changes ...func(*cronsole.Job)) *cronsole.Job {
		return newJob(append([]func(*cronsole.Job){func(j *cronsole.Job) {
			j.ID, j.Definition.Code, j.Definition.Source = "filed", "filed", cronsole.SourceFile
			j.Definition.Schedule.Cron = daily("3").Definition.Schedule.Cron
			j.Next = epoch.Add(3 * time.Hour)
		}}, changes...)...)
	}
	paused := func(j *cronsole.Job) {
		j.State, j.Reason, j.Next = cronsole.JobPaused, "made paused: enabled=false", time.Time{}
	}
	tests := map[string]struct {
		zone     string // --timezone
		file     func(*cronsole.ScheduleFile)
		req      cronsole.Request
		want     *cronsole.Job
		warnings []string
	}{
		"as the file says": {
			req:  cronsole.Request{JobID: "filed", FromFile: true},
			want: filed(),
		},
		"under another name, with the file's type": {
			req:  cronsole.Request{JobID: "second", Code: "filed", FromFile: true, Type: "cron"},
			want: filed(func(j *cronsole.Job) { j.ID = "second" }),
		},
		"in the console's zone, when the file names none": {
			zone: "Asia/Tokyo",
			req:  cronsole.Request{JobID: "filed", FromFile: true},
			want: filed(inZone("Asia/Tokyo"), func(j *cronsole.Job) { j.Next = epoch.Add(18 * time.Hour) }),
		},
		"in the file's zone": {
			zone: "Asia/Tokyo",
			file: func(f *cronsole.ScheduleFile) { f.Definition.Schedule.Timezone = "Europe/Berlin" },
			req:  cronsole.Request{JobID: "filed", FromFile: true},
			want: filed(inZone("Europe/Berlin"), func(j *cronsole.Job) { j.Next = epoch.Add(2 * time.Hour) }),
		},
		"trigger keys are ignored, aloud; arguments and rules count": {
			req: cronsole.Request{
				JobID: "filed", FromFile: true, Timezone: "Asia/Tokyo",
				Args:  args{"minute": "7", "hour": "4", "args": []any{"x"}},
				Rules: args{"timeout": "5s"},
			},
			want: filed(func(j *cronsole.Job) {
				j.Definition.Args, j.Definition.Rules.Timeout = []any{"x"}, cronsole.Duration(5*time.Second)
			}),
			warnings: []string{"The schedule comes from the .schedule file; ignored: hour, minute, timezone."},
		},
		"paused, when the file is not enabled": {
			file: func(f *cronsole.ScheduleFile) { f.Enabled = false },
			req:  cronsole.Request{JobID: "filed", FromFile: true},
			want: filed(paused),
		},
		"paused, when the request says so": {
			req:  cronsole.Request{JobID: "filed", FromFile: true, Rules: args{"enabled": false}},
			want: filed(paused),
		},
		"active, when the request says so": {
			file: func(f *cronsole.ScheduleFile) { f.Enabled = false },
			req:  cronsole.Request{JobID: "filed", FromFile: true, Rules: args{"enabled": true}},
			want: filed(),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.zone = tt.zone
				file := daily("3")
				if tt.file != nil {
					tt.file(file)
				}
				w.codes.put(&cronsole.Code{Name: "filed", File: file})
				got, warnings, err := w.start().Create(w.ctx, tt.req)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("job (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestCreateWarnsOfSurprises(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		_, warnings, err := w.Create(w.ctx, cronsole.Request{JobID: "work", Args: map[string]any{"hour": "3", "second": "0"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"hour without minute: 60 runs a day; write minute=0 for one"}, warnings); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	})
}

// A date that is past by less than the grace runs at once, and once.
func TestDateWithinTheGraceRunsAtOnce(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		due := epoch.Add(-time.Minute)
		job := w.create("late", "date", map[string]any{"run_date": due.Format(time.RFC3339)})
		w.pass(time.Minute)
		want := []cronsole.Run{{
			ID: 1, JobKey: job.Key, JobID: "late", Code: "work", Due: due, Count: 1, Cause: cronsole.CauseSchedule,
			State: cronsole.Succeeded, Args: []any{}, Attempt: 1, QueuedAt: epoch, StartedAt: epoch, FinishedAt: epoch,
		}}
		if diff := cmp.Diff(want, w.store.rows("late")); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// A finished job does not occupy its id; the one that takes it begins with an
// empty history.
func TestCreateReplacesAFinishedJob(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		old := w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:01"})
		w.pass(2 * time.Second)
		if s := w.store.job("once").State; s != cronsole.JobFinished {
			t.Fatalf("the job is %s, want finished", s)
		}
		job := w.create("once", "date", map[string]any{"run_date": "2000-01-01 00:00:03"})
		w.pass(2 * time.Second)
		keys := map[int64]int{}
		for _, r := range w.store.rows("once") {
			keys[r.JobKey]++
		}
		if diff := cmp.Diff(map[int64]int{old.Key: 1, job.Key: 1}, keys); diff != "" {
			t.Errorf("runs by job (-want +got):\n%s", diff)
		}
	})
}

// The answer of a create says that the job is on disk. What is not, is not made.
func TestCreateThatIsNotWrittenMakesNothing(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.store.failWith(func(call string) error {
			if call == "CreateJob" {
				return &cronsole.Error{Kind: cronsole.Unavailable, Message: "the disk is full"}
			}
			return nil
		})
		_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "work"})
		if kind(err) != cronsole.Unavailable || w.Health().Jobs != 0 {
			t.Errorf("answered %v with %d jobs, want unavailable and none", err, w.Health().Jobs)
		}
		w.store.failWith(nil)
		w.create("work", "", nil)
	})
}

// Whoever asks first gets the id, the others hear that it is taken, even when
// the one that has it is known to the store only.
func TestCreateOfOneIDAtOnce(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		errs := make(chan error, 20)
		for range cap(errs) {
			go func() {
				_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "work"})
				errs <- err
			}()
		}
		made := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				made++
			} else if kind(err) != cronsole.Conflict {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Errorf("%d jobs of one id", made)
		}
		stranger := strange("stranger")
		w.store.mu.Lock()
		w.store.jobs[stranger.Key] = stranger
		w.store.mu.Unlock()
		if _, _, err := w.Create(w.ctx, cronsole.Request{JobID: "stranger", Code: "work"}); err == nil || err.Error() != "Job already exists" {
			t.Errorf("answered %v, want that the job exists", err)
		}
	})
}

// strange is a job that another program has put into the store.
func strange(id string) *cronsole.Job {
	return newJob(func(j *cronsole.Job) { j.Key, j.ID = 99, id })
}
