package scheduler

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// following runs a test in a bubble, in a world whose jobs follow their files;
// the code "filed" has one for 3 o'clock each day.
func following(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.apply = true
		w.deploy("filed", daily("3"))
		test(t, w.start())
	})
}

// deploy puts a code there, or another file into its folder. When the scheduler
// runs it is told.
func (w *world) deploy(name string, file *cronsole.ScheduleFile) {
	w.t.Helper()
	if file != nil {
		file.Changed = time.Now()
	}
	w.codes.put(&cronsole.Code{Name: name, File: file})
	if w.Scheduler != nil {
		w.must(w.CodesChanged(w.ctx))
	}
}

// filed is the job of the file for 3 o'clock, made at the epoch.
func filed(changes ...func(*cronsole.Job)) *cronsole.Job {
	return newJob(append([]func(*cronsole.Job){func(j *cronsole.Job) {
		j.ID, j.Definition.Code, j.Definition.Source = "filed", "filed", cronsole.SourceFile
		j.Definition.Schedule.Cron = daily("3").Definition.Schedule.Cron
		j.Next = epoch.Add(3 * time.Hour)
	}}, changes...)...)
}

func TestApplyMakesJobsOfFiles(t *testing.T) {
	t.Parallel()
	off := func(f *cronsole.ScheduleFile) { f.Enabled = false }
	past := func(f *cronsole.ScheduleFile) {
		f.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "1999-01-01"}
	}
	tests := map[string]struct {
		code   cronsole.Code
		change func(*cronsole.ScheduleFile)
		want   *cronsole.Job // nil: none
	}{
		"a file": {cronsole.Code{File: daily("3")}, nil, filed()},
		"a file that is not enabled": {cronsole.Code{File: daily("3")}, off, filed(func(j *cronsole.Job) {
			j.State, j.Reason, j.Next = cronsole.JobPaused, "made paused: enabled=false", time.Time{}
		})},
		"no file":                        {cronsole.Code{}, nil, nil},
		"a faulty file":                  {cronsole.Code{File: &cronsole.ScheduleFile{Err: &cronsole.FileError{Line: 1, Message: "no type"}}}, nil, nil},
		"a code that cannot run":         {cronsole.Code{File: daily("3"), Problem: "two entry files"}, nil, nil},
		"a file whose date is long past": {cronsole.Code{File: daily("3")}, past, nil},
	}
	for name, tt := range tests {
		for _, when := range []string{"at start", "on change"} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.apply = true
					if when == "on change" {
						w.start()
					}
					code := tt.code
					code.Name = "filed"
					if tt.change != nil {
						code.File = daily("3")
						tt.change(code.File)
					}
					w.codes.put(&code)
					if when == "on change" {
						w.must(w.CodesChanged(w.ctx))
						w.must(w.CodesChanged(w.ctx)) // nothing new
					} else {
						w.start()
					}
					if got := w.store.job("filed"); tt.want == nil && got != nil {
						t.Errorf("made %+v", got)
					}
					if tt.want != nil {
						w.checkMemory(t, tt.want)
					}
				})
			})
		}
	}
}

// A changed file changes its jobs, also those of another name; it counts from
// now on, and what was due before has its rows.
func TestApplyChangesJobsWithTheirFile(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "second", Code: "filed", FromFile: true})
		w.must(err)
		w.pass(4 * time.Hour)
		w.deploy("filed", daily("5"))
		now := epoch.Add(4 * time.Hour)
		changed := filed(func(j *cronsole.Job) {
			j.Definition.Schedule.Cron.Hour = "5"
			j.Anchor, j.Cursor, j.Next = now, now, epoch.Add(5*time.Hour)
			j.Version, j.UpdatedAt = 2, now
		})
		w.checkMemory(t, changed)
		second := clone(changed)
		second.Key, second.ID = 2, "second"
		w.checkMemory(t, second)
		w.pass(2 * time.Hour)
		for _, id := range []string{"filed", "second"} {
			want := onTime([]time.Time{epoch.Add(3 * time.Hour), epoch.Add(5 * time.Hour)})
			if diff := cmp.Diff(want, firedRows(w.store.rows(id))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
	})
}

// The file may also have changed while the console was down.
func TestApplyChangesJobsAtStart(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		w.stop()
		w.pass(4 * time.Hour)
		w.codes.put(&cronsole.Code{Name: "filed", File: daily("5")})
		w.start()
		w.pass(2 * time.Hour)
		want := append(caughtUp([]time.Time{epoch.Add(3 * time.Hour)}, epoch.Add(4*time.Hour)), onTime([]time.Time{epoch.Add(5 * time.Hour)})...)
		if diff := cmp.Diff(want, firedRows(w.store.rows("filed"))); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// Without its file a job is paused and says why; it comes back with the file.
func TestApplyPausesAJobWithoutItsFile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		remove func(w *world)
		hour   string // of the file that comes back
	}{
		"file removed, and back":      {func(w *world) { w.deploy("filed", nil) }, "3"},
		"folder removed, and changed": {func(w *world) { w.codes.remove("filed"); w.must(w.CodesChanged(w.ctx)) }, "5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			following(t, func(t *testing.T, w *world) {
				w.pass(time.Hour)
				tt.remove(w)
				w.must(w.CodesChanged(w.ctx)) // nothing new
				gone := epoch.Add(time.Hour)
				w.checkMemory(t, filed(func(j *cronsole.Job) {
					j.State, j.Reason, j.Next = cronsole.JobPaused, "its .schedule file was removed", time.Time{}
					j.Cursor, j.UpdatedAt = gone, gone
				}))
				w.pass(3 * time.Hour)
				w.deploy("filed", daily(tt.hour))
				if got := w.store.job("filed"); got.State != cronsole.JobActive || got.Reason != "" {
					t.Errorf("job is %s because of %q", got.State, got.Reason)
				}
				w.pass(24 * time.Hour)
				if diff := cmp.Diff([]string{"skipped(paused)", "succeeded"}, states(w.store.rows("filed"))); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A file that comes or changes does not undo what an operator has switched off.
func TestApplyLeavesAnOperatorsPause(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		w.must(w.Pause(w.ctx, "filed", "holiday", ""))
		for _, file := range []*cronsole.ScheduleFile{nil, daily("3"), daily("5")} {
			w.deploy("filed", file)
			if got := w.store.job("filed"); got.State != cronsole.JobPaused || got.Reason != "holiday" {
				t.Errorf("job is %s because of %q", got.State, got.Reason)
			}
		}
		if got := w.store.job("filed").Definition.Schedule.Cron.Hour; got != "5" {
			t.Errorf("the paused job has hour %s, want that of the file", got)
		}
	})
}

func TestApplyOfAFaultyFileChangesNothing(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		w.deploy("filed", &cronsole.ScheduleFile{Text: "cron\nhour=25\n", Err: &cronsole.FileError{Line: 2, Key: "hour", Message: "no hour"}})
		w.checkMemory(t, filed())
		past := daily("3")
		past.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "1999-01-01"}
		w.deploy("filed", past)
		w.checkMemory(t, filed())
		w.deploy("filed", daily("5"))
		if got := w.store.job("filed"); got.Version != 2 || got.Definition.Schedule.Cron.Hour != "5" {
			t.Errorf("the mended file was not taken over: %+v", got)
		}
	})
}

// A deleted job, and one that has finished, stays away until its file changes.
func TestApplyLeavesADeletedJob(t *testing.T) {
	t.Parallel()
	hourly := cronsole.Request{Type: "interval", Args: map[string]any{"hours": 1}}
	tests := map[string]func(w *world){
		"deleted": func(w *world) { w.remove("filed") },
		"edited and deleted": func(w *world) {
			_, err := w.Edit(w.ctx, "filed", hourly)
			w.must(err)
			w.remove("filed")
		},
		"finished": func(w *world) {
			once := daily("3")
			once.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "2000-01-01 00:00:01"}
			w.deploy("filed", once)
			w.pass(2 * time.Second)
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			following(t, func(t *testing.T, w *world) {
				w.pass(time.Minute)
				end(w)
				w.pass(time.Second)
				w.must(w.CodesChanged(w.ctx))
				w.stop()
				w.start()
				if n := w.Health().Jobs; n != 0 {
					t.Fatalf("%d jobs, want none", n)
				}
				w.deploy("filed", daily("5"))
				if n := w.Health().Jobs; n != 1 {
					t.Errorf("%d jobs after the file has changed, want 1", n)
				}
			})
		})
	}
}

// A job that was edited in the console is the operator's until it is told to use
// the file again.
func TestApplyLeavesAnEditedJob(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		edited, err := w.Edit(w.ctx, "filed", cronsole.Request{Rules: map[string]any{"timeout": "5s"}})
		w.must(err)
		w.deploy("filed", daily("5"))
		w.checkMemory(t, edited)
		w.deploy("filed", nil)
		w.checkMemory(t, edited)
		w.deploy("filed", daily("6"))
		w.must(w.UseFile(w.ctx, "filed"))
		w.deploy("filed", daily("7"))
		if got := w.store.job("filed"); got.Definition.Schedule.Cron.Hour != "7" || got.Version != 4 {
			t.Errorf("hour %s at version %d, want 7 at 4", got.Definition.Schedule.Cron.Hour, got.Version)
		}
	})
}

// A folder whose file has a job of another name has its job.
func TestApplyCountsAJobOfAnotherName(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.deploy("filed", daily("3"))
		_, _, err := w.Create(w.ctx, cronsole.Request{JobID: "second", Code: "filed", FromFile: true})
		w.must(err)
		w.stop()
		w.apply = true
		w.start()
		w.deploy("filed", daily("5"))
		if got := w.store.job("second").Definition.Schedule.Cron.Hour; got != "5" || w.store.job("filed") != nil {
			t.Errorf("second has hour %s, and filed is %+v", got, w.store.job("filed"))
		}
	})
}

// An edit that is under way when the file changes is the operator's last word.
func TestApplyDuringAnEdit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, gate := newWorld(t), make(chan struct{})
		w.apply, w.ledger = true, &gatedStore{w.store, gate}
		w.deploy("filed", daily("3"))
		w.start()
		edited, followed := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := w.Edit(w.ctx, "filed", cronsole.Request{Args: map[string]any{"hour": "4"}})
			edited <- err
		}()
		w.pass(time.Second)
		w.codes.put(&cronsole.Code{Name: "filed", File: daily("5")})
		go func() { followed <- w.CodesChanged(w.ctx) }()
		w.pass(time.Second)
		close(gate)
		w.must(<-edited)
		w.must(<-followed)
		if got := w.store.job("filed"); got.Definition.Schedule.Cron.Hour != "4" || got.Version != 2 {
			t.Errorf("hour %s at version %d, want 4 at 2", got.Definition.Schedule.Cron.Hour, got.Version)
		}
	})
}

// Without --apply a changed file changes nothing, and the job says that it
// differs.
func TestFilesWithoutApply(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.codes.put(&cronsole.Code{Name: "other", File: daily("1")})
		w.deploy("filed", daily("3"))
		job, _, err := w.Create(w.ctx, cronsole.Request{JobID: "filed", FromFile: true})
		w.must(err)
		for _, file := range []*cronsole.ScheduleFile{daily("5"), nil, daily("5")} {
			before := w.rev.Current()
			w.deploy("filed", file)
			w.checkMemory(t, job)
			if w.rev.Current() == before {
				t.Error("pages are not told that the file has changed")
			}
		}
		if h := w.Health(); h.Jobs != 1 {
			t.Errorf("%d jobs, want the one that was made", h.Jobs)
		}
		if differs, text := w.Differs(job); !differs || text != daily("5").Text {
			t.Errorf("differs: %v from %q", differs, text)
		}
		w.stop()
		w.start()
		w.checkMemory(t, job)
		w.must(w.UseFile(w.ctx, "filed"))
		if differs, _ := w.Differs(w.store.job("filed")); differs {
			t.Error("it differs from the file that it uses")
		}
	})
}

func TestDiffers(t *testing.T) {
	t.Parallel()
	console := func(j *cronsole.Job) { j.Definition.Source = cronsole.SourceConsole }
	another := func(j *cronsole.Job) { j.Definition.Schedule.Cron.Hour = "5" }
	named := func(j *cronsole.Job) { j.ID = "second" }
	ruled := func(j *cronsole.Job) { j.Definition.Rules.Timeout = 0 }
	tests := map[string]struct {
		job  *cronsole.Job
		file *cronsole.ScheduleFile
		want bool
	}{
		"the file's own":                                {filed(), daily("3"), false},
		"written by hand as the file says":              {filed(console), daily("3"), false},
		"another schedule":                              {filed(another), daily("3"), true},
		"another rule":                                  {filed(ruled), daily("3"), true},
		"edited in the console":                         {filed(another, console), daily("3"), true},
		"of another name, made from the file":           {filed(another, named), daily("3"), true},
		"of another name, made in the console":          {filed(another, named, console), daily("3"), false},
		"a faulty file says nothing":                    {filed(another), &cronsole.ScheduleFile{Text: "?", Err: &cronsole.FileError{Line: 1}}, false},
		"no file":                                       {filed(), nil, false},
		"of another zone, which the file does not name": {filed(inZone("Asia/Tokyo")), daily("3"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.deploy("filed", tt.file)
				differs, text := w.Differs(tt.job)
				want := ""
				if tt.file != nil {
					want = tt.file.Text
				}
				if differs != tt.want || text != want {
					t.Errorf("differs: %v from %q, want %v", differs, text, tt.want)
				}
			})
		})
	}
}

// What one job cannot do must not keep the others from following their files.
func TestApplyGoesOnAfterATrouble(t *testing.T) {
	following(t, func(t *testing.T, w *world) {
		w.store.failWith(func(call string) error {
			if call == "UpdateJob" {
				return errDead
			}
			return nil
		})
		w.codes.put(&cronsole.Code{Name: "filed", File: daily("5")})
		w.codes.put(&cronsole.Code{Name: "new", File: daily("6")})
		if err := w.CodesChanged(w.ctx); !errors.Is(err, errDead) {
			t.Errorf("answered %v, want the trouble", err)
		}
		if w.store.job("new") == nil {
			t.Error("the other folder's job was not made")
		}
		w.store.failWith(nil)
		w.must(w.CodesChanged(w.ctx))
		if got := w.store.job("filed").Definition.Schedule.Cron.Hour; got != "5" {
			t.Errorf("hour %s, want 5", got)
		}
	})
}

// Files are looked at by Start; before it and after Stop nothing follows them.
func TestCodesChangedOutsideALife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.apply = true
		w.codes.put(&cronsole.Code{Name: "filed", File: daily("3")})
		w.must(w.life().CodesChanged(w.ctx))
		if w.store.job("filed") != nil {
			t.Error("a job was made before the start")
		}
		w.start()
		w.stop()
		w.deploy("filed", daily("5"))
		if got := w.store.job("filed").Version; got != 1 {
			t.Errorf("version %d after the stop, want 1", got)
		}
	})
}
