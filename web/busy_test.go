package web

import (
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// newBusyWorld is a console in the middle of its day: a job in every state, and
// a run in every state.
func newBusyWorld() *world {
	w := newWorld()
	backup := w.schedule("backup_database", cronsole.Request{
		Args: map[string]any{"expression": "30 2 * * *", "args": []any{"--full", 3.0}}, Timezone: "Europe/Berlin",
		Rules: map[string]any{"tags": "nightly, db", "description": "Dump of <every> table"},
	})
	failing := w.schedule("sync_orders", cronsole.Request{Code: "log_something", Args: map[string]any{"expression": "*/5 * * * *"}})
	late := w.schedule("late_report", cronsole.Request{Code: "log_with_args", Type: "interval", Args: map[string]any{"minutes": "15"}})
	paused := w.schedule("old_cleanup", cronsole.Request{Code: "log_something", Args: map[string]any{"expression": "@daily"}})
	running := w.schedule("get_random_user", cronsole.Request{FromFile: true})
	finished := w.schedule("one_off", cronsole.Request{
		Code: "log_with_args", Type: "date", Args: map[string]any{"run_date": "2026-11-23 18:30:00"},
	})
	w.schedule("weekly_mail", cronsole.Request{
		Code: "log_something", Args: map[string]any{"expression": "0 0 7 * * sun", "end_date": "2027-06-30 18:00"},
		Rules: map[string]any{"jitter": "10m"},
	})
	broken := w.schedule("needs_repair", cronsole.Request{Code: "broken", Type: "interval", Args: map[string]any{"hours": "1"}})
	gone := w.schedule("gone_code", cronsole.Request{Code: "log_something", Type: "interval", Args: map[string]any{"hours": "6"}})
	w.schedule("random_fast", cronsole.Request{Code: "get_random_user", Args: map[string]any{"second": "*/2"}})

	failing.FailStreak = 3
	late.Next = noon.Add(-10 * time.Minute)
	paused.State, paused.Reason, paused.Next = cronsole.JobPaused, "maintenance until Monday", time.Time{}
	finished.State, finished.Next = cronsole.JobFinished, time.Time{}
	gone.Definition.Code = "gone"

	for day := 25; day > 0; day-- {
		due := noon.AddDate(0, 0, -day).Add(-10*time.Hour - 30*time.Minute)
		w.ran(backup, cronsole.Succeeded, due, time.Duration(200+day)*time.Second)
	}
	w.ran(failing, cronsole.Succeeded, noon.Add(-20*time.Minute), 900*time.Millisecond)
	w.ran(failing, cronsole.TimedOut, noon.Add(-15*time.Minute), time.Hour).Error = "longer than the time limit of 1h"
	w.ran(failing, cronsole.Interrupted, noon.Add(-10*time.Minute), 4*time.Second).Error = "the console was shut down"
	last := w.ran(failing, cronsole.Failed, noon.Add(-5*time.Minute), 1200*time.Millisecond)
	last.ExitCode, last.Error = new(3), "dial tcp: connection refused"
	w.say(last, cronsole.Stdout, "fetching <orders> & more\n")
	w.say(last, cronsole.Stderr, "\x1b[31mdial tcp: connection refused\x1b[0m\n")

	cancelled := w.ran(finished, cronsole.Cancelled, noon.Add(-time.Hour), 5*time.Minute)
	cancelled.Cause, cancelled.Due, cancelled.Count = cronsole.CauseManual, time.Time{}, 0
	killed := w.ran(broken, cronsole.Failed, noon.Add(-2*time.Hour), time.Second)
	killed.Signal, killed.Error = "SIGKILL", "killed"
	skipped := w.addRun(paused, cronsole.Run{
		Cause: cronsole.CauseSchedule, State: cronsole.Skipped, Reason: cronsole.ReasonPaused, Count: 12,
		Due: noon.AddDate(0, 0, -12), DueUntil: noon.AddDate(0, 0, -1), FinishedAt: noon.Add(-time.Hour),
	})
	skipped.Args = []any{}
	w.addRun(running, cronsole.Run{
		Cause: cronsole.CauseSchedule, State: cronsole.Running, Count: 1, Attempt: 1,
		Due: noon.Add(-42 * time.Second), StartedAt: noon.Add(-41500 * time.Millisecond),
	})
	w.say(w.runs[len(w.runs)-1], cronsole.Stdout, "first line\nsecond li")
	w.addRun(w.jobs["random_fast"], cronsole.Run{
		Cause: cronsole.CauseSchedule, State: cronsole.Queued, Count: 1, Due: noon.Add(-2 * time.Second),
	})
	return w
}

// schedule makes a job without the console.
func (w *world) schedule(id string, r cronsole.Request) *cronsole.Job {
	r.JobID = id
	d, _, err := w.definition(r)
	if err != nil {
		panic(err)
	}
	if r.FromFile {
		d.Source = cronsole.SourceFile
	}
	job, err := w.job(id, d)
	if err != nil {
		panic(err)
	}
	w.jobs[id] = job
	return job
}

// ran adds a run that was due, started a little later and has ended.
func (w *world) ran(j *cronsole.Job, state cronsole.State, due time.Time, took time.Duration) *cronsole.Run {
	started := due.Add(120 * time.Millisecond)
	r := w.addRun(j, cronsole.Run{
		Cause: cronsole.CauseSchedule, State: state, Count: 1, Attempt: 1,
		Due: due, StartedAt: started, FinishedAt: started.Add(took), Args: j.Definition.Args,
	})
	if state == cronsole.Succeeded {
		r.ExitCode = new(0)
	}
	return r
}

// say adds to the output of a run.
func (w *world) say(r *cronsole.Run, stream cronsole.Stream, text string) {
	w.output[r.ID] = append(w.output[r.ID], cronsole.Chunk{
		Offset: r.OutputBytes, Time: r.StartedAt.Add(time.Second), Stream: stream, Data: []byte(text),
	})
	r.OutputBytes += int64(len(text))
}

// of is the newest run of a job.
func (w *world) of(jobID string) *cronsole.Run {
	for i := len(w.runs) - 1; i >= 0; i-- {
		if w.runs[i].JobID == jobID {
			return w.runs[i]
		}
	}
	panic("no run of " + jobID)
}

func lines(n int, line string) string { return strings.Repeat(line+"\n", n) }
