package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cronsole/internal/cronsole"
)

func TestAdvance(t *testing.T) {
	due := noon.Add(time.Minute)
	tests := map[string]struct {
		job     func(*cronsole.Job)
		advance func(*cronsole.Advance)
		applied bool
		state   cronsole.JobState
		cursor  time.Time
		next    time.Time
	}{
		"moves the cursor":           {applied: true, state: cronsole.JobActive, cursor: due, next: due.Add(time.Minute)},
		"no next instant finishes":   {advance: func(a *cronsole.Advance) { a.Next = time.Time{} }, applied: true, state: cronsole.JobFinished, cursor: due},
		"another cursor: left alone": {advance: func(a *cronsole.Advance) { a.From = noon.Add(time.Second) }, state: cronsole.JobActive, cursor: noon, next: due},
		"paused: left alone": {
			job:   func(j *cronsole.Job) { j.State, j.Next = cronsole.JobPaused, time.Time{} },
			state: cronsole.JobPaused, cursor: noon,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, Options{})
			j := newJob("x")
			if tt.job != nil {
				tt.job(j)
			}
			must(t, s.CreateJob(t.Context(), j))
			run := newRun(j, due)
			a := &cronsole.Advance{JobKey: j.Key, From: noon, To: due, Next: due.Add(time.Minute), Runs: []*cronsole.Run{run}}
			if tt.advance != nil {
				tt.advance(a)
			}
			must(t, s.Advance(t.Context(), []*cronsole.Advance{a}))
			if a.Applied != tt.applied || (run.ID != 0) != tt.applied {
				t.Errorf("applied %v, run %d; want %v", a.Applied, run.ID, tt.applied)
			}
			got := get(s.Job(t.Context(), "x"))(t)
			if got.State != tt.state || !got.Cursor.Equal(tt.cursor) || !got.Next.Equal(tt.next) {
				t.Errorf("job is %s, cursor %v, next %v", got.State, got.Cursor, got.Next)
			}
			if got := get(s.Runs(t.Context(), cronsole.RunQuery{Limit: 10}))(t); (len(got.Runs) == 1) != tt.applied {
				t.Errorf("%d rows", len(got.Runs))
			}
		})
	}
}

func TestAnInstantIsInTheLedgerOnce(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	due := noon.Add(time.Minute)
	first := addRun(t, s, newRun(j, due))

	again, fresh := newRun(j, due), newRun(j, due.Add(time.Second))
	a := &cronsole.Advance{JobKey: j.Key, From: noon, To: due.Add(time.Second), Next: due.Add(time.Minute), Runs: []*cronsole.Run{again, fresh}}
	must(t, s.Advance(t.Context(), []*cronsole.Advance{a}))
	if !a.Applied || again.ID != 0 || fresh.ID <= first.ID {
		t.Errorf("applied %v, ids %d and %d: want the known instant left out", a.Applied, again.ID, fresh.ID)
	}
	if err := s.AddRun(t.Context(), newRun(j, due)); kindOf(err) != cronsole.Conflict {
		t.Errorf("add: %v", err)
	}
}

func TestRunFromQueueToEnd(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	run := newRun(j, noon)
	run.Args = []any{"a", 2.0}
	addRun(t, s, run)
	if diff := cmp.Diff([]*cronsole.Run{run}, get(s.QueuedRuns(t.Context()))(t)); diff != "" {
		t.Error(diff)
	}

	started := noon.Add(3 * time.Millisecond)
	must(t, s.StartRuns(t.Context(), []int64{run.ID}, started))
	p := cronsole.Process{RunID: run.ID, Attempt: 1, PID: 42, StartTime: 99, BootID: "b"}
	must(t, s.SaveProcess(t.Context(), p))
	if diff := cmp.Diff([]cronsole.Process{p}, get(s.Processes(t.Context()))(t)); diff != "" {
		t.Error(diff)
	}
	exit := 3
	must(t, s.FinishRun(t.Context(), cronsole.Outcome{
		RunID: run.ID, Attempt: 1, State: cronsole.Failed, StartedAt: started, FinishedAt: noon.Add(time.Second),
		ExitCode: &exit, Error: "no", OutputBytes: 10, OutputFrom: 4,
	}))
	want := *run
	want.State, want.Attempt, want.StartedAt, want.FinishedAt = cronsole.Failed, 1, started, noon.Add(time.Second)
	want.ExitCode, want.Error, want.OutputBytes, want.OutputFrom = &exit, "no", 10, 4
	if diff := cmp.Diff(&want, get(s.Run(t.Context(), run.ID))(t)); diff != "" {
		t.Error(diff)
	}
	if got := get(s.Processes(t.Context()))(t); len(got) != 0 {
		t.Errorf("processes left: %v", got)
	}
}

func TestOnlyWhatIsDueToChangeChanges(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	queued, other := addRun(t, s, newRun(j, noon)), addRun(t, s, newRun(j, noon.Add(time.Minute)))
	ended := ranRun(t, s, j, noon.Add(2*time.Minute), cronsole.Succeeded)
	finish := func(id int64, attempt int) error {
		return s.FinishRun(t.Context(), cronsole.Outcome{RunID: id, Attempt: attempt, State: cronsole.Cancelled, FinishedAt: noon})
	}
	if err := s.StartRuns(t.Context(), []int64{queued.ID, ended.ID}, noon); kindOf(err) != cronsole.Stale {
		t.Errorf("start an ended run: %v", err)
	}
	if got := get(s.Run(t.Context(), queued.ID))(t); got.State != cronsole.Queued {
		t.Errorf("its neighbour is %s", got.State)
	}
	if err := finish(queued.ID, 1); kindOf(err) != cronsole.Stale {
		t.Errorf("finish a queued run: %v", err)
	}
	must(t, finish(queued.ID, 0))
	must(t, s.StartRuns(t.Context(), []int64{other.ID}, noon))
	if err := finish(other.ID, 0); kindOf(err) != cronsole.Stale {
		t.Errorf("cancel before start, after it: %v", err)
	}
	if err := finish(other.ID, 2); kindOf(err) != cronsole.Stale {
		t.Errorf("finish another attempt: %v", err)
	}
	must(t, finish(other.ID, 1))
	if err := finish(other.ID, 1); kindOf(err) != cronsole.Stale {
		t.Errorf("finish twice: %v", err)
	}
	if err := finish(999, 1); kindOf(err) != cronsole.NotFound {
		t.Errorf("finish nothing: %v", err)
	}
}

func TestFailStreak(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	due := noon
	for i, step := range []struct {
		state cronsole.State
		want  int
	}{
		{cronsole.Succeeded, 0},
		{cronsole.Failed, 1},
		{cronsole.TimedOut, 2},
		{cronsole.Cancelled, 2},
		{cronsole.Interrupted, 3},
		{cronsole.Succeeded, 0},
		{cronsole.Failed, 1},
	} {
		due = due.Add(time.Minute)
		ranRun(t, s, j, due, step.state)
		if got := get(s.Job(t.Context(), "x"))(t).FailStreak; got != step.want {
			t.Errorf("after run %d (%s): %d, want %d", i, step.state, got, step.want)
		}
	}
}

func TestInterruptRuns(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	a, b, queued := addRun(t, s, newRun(j, noon)), addRun(t, s, newRun(j, noon.Add(time.Minute))), addRun(t, s, newRun(j, noon.Add(time.Hour)))
	must(t, s.StartRuns(t.Context(), []int64{a.ID, b.ID}, noon))
	must(t, s.SaveProcess(t.Context(), cronsole.Process{RunID: a.ID, Attempt: 1, PID: 42, BootID: "b"}))

	at := noon.Add(time.Hour)
	got := get(s.InterruptRuns(t.Context(), at, map[int64]string{b.ID: "Its process 7 was ended."}, never))(t)
	if len(got) != 2 || got[0].Error != interruptedText || got[1].Error != interruptedText+" Its process 7 was ended." {
		t.Fatalf("got %+v", got)
	}
	for _, r := range got {
		if diff := cmp.Diff(r, get(s.Run(t.Context(), r.ID))(t)); diff != "" || r.State != cronsole.Interrupted || !r.FinishedAt.Equal(at) {
			t.Errorf("run %+v\n%s", r, diff)
		}
	}
	if diff := cmp.Diff([]int64{queued.ID}, runIDs(get(s.QueuedRuns(t.Context()))(t))); diff != "" {
		t.Error(diff)
	}
	if got := get(s.Processes(t.Context()))(t); len(got) != 0 {
		t.Errorf("processes left: %v", got)
	}
	if got := get(s.Job(t.Context(), "x"))(t).FailStreak; got != 2 {
		t.Errorf("streak %d", got)
	}
	if got := get(s.InterruptRuns(t.Context(), at, nil, never))(t); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
}

func TestRuns(t *testing.T) {
	s := openStore(t, Options{})
	gone := addJob(t, s, "x")
	r1 := ranRun(t, s, gone, noon, cronsole.Failed)
	must(t, s.DeleteJob(t.Context(), gone.Key, noon))
	x, y := addJob(t, s, "x"), addJob(t, s, "y")
	r2 := ranRun(t, s, x, noon, cronsole.Succeeded)
	r3 := ranRun(t, s, y, noon, cronsole.TimedOut)
	r4 := addRun(t, s, skippedRun(x, noon.Add(time.Minute), cronsole.ReasonOverlap))
	manual := newRun(x, time.Time{})
	manual.Cause, manual.Count, manual.QueuedAt = cronsole.CauseManual, 0, noon
	r5 := addRun(t, s, manual)
	r6 := addRun(t, s, skippedRun(y, noon.Add(time.Minute), cronsole.ReasonMisfire))

	tests := map[string]struct {
		q    cronsole.RunQuery
		want []*cronsole.Run
	}{
		"all, newest first":    {cronsole.RunQuery{}, []*cronsole.Run{r6, r5, r4, r3, r2, r1}},
		"of an id":             {cronsole.RunQuery{JobID: "x"}, []*cronsole.Run{r5, r4, r2, r1}},
		"of an unknown id":     {cronsole.RunQuery{JobID: "z"}, nil},
		"of a job":             {cronsole.RunQuery{JobKey: x.Key}, []*cronsole.Run{r5, r4, r2}},
		"bad":                  {cronsole.RunQuery{States: []cronsole.State{cronsole.Failed, cronsole.TimedOut}}, []*cronsole.Run{r3, r1}},
		"bad of an id":         {cronsole.RunQuery{JobID: "x", States: []cronsole.State{cronsole.Failed}}, []*cronsole.Run{r1}},
		"waiting":              {cronsole.RunQuery{States: []cronsole.State{cronsole.Queued}}, []*cronsole.Run{r5}},
		"mixed states":         {cronsole.RunQuery{States: []cronsole.State{cronsole.Succeeded, cronsole.Failed}}, []*cronsole.Run{r2, r1}},
		"missed":               {cronsole.RunQuery{Reason: cronsole.ReasonMisfire}, []*cronsole.Run{r6}},
		"manual":               {cronsole.RunQuery{Cause: cronsole.CauseManual}, []*cronsole.Run{r5}},
		"scheduled of a job":   {cronsole.RunQuery{JobKey: x.Key, Cause: cronsole.CauseSchedule}, []*cronsole.Run{r4, r2}},
		"before a run":         {cronsole.RunQuery{Before: r3.ID}, []*cronsole.Run{r2, r1}},
		"before a run, of id":  {cronsole.RunQuery{JobID: "x", Before: r4.ID}, []*cronsole.Run{r2, r1}},
		"skipped, of the id y": {cronsole.RunQuery{JobID: "y", States: []cronsole.State{cronsole.Skipped}}, []*cronsole.Run{r6}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.q.Limit = 100
			got := get(s.Runs(t.Context(), tt.q))(t)
			if diff := cmp.Diff(runIDs(tt.want), runIDs(got.Runs), cmpopts.EquateEmpty()); diff != "" || got.Next != 0 {
				t.Errorf("next %d\n%s", got.Next, diff)
			}
			var paged []int64
			q := tt.q
			q.Limit = 1
			for range 10 {
				page := get(s.Runs(t.Context(), q))(t)
				paged = append(paged, runIDs(page.Runs)...)
				if q.Before = page.Next; page.Next == 0 {
					break
				}
			}
			if diff := cmp.Diff(runIDs(tt.want), paged, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("one by one:\n%s", diff)
			}
		})
	}
	for _, limit := range []int{0, -1, 1001} {
		if _, err := s.Runs(t.Context(), cronsole.RunQuery{Limit: limit}); kindOf(err) != cronsole.Invalid {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	if _, err := s.Run(t.Context(), 12345); kindOf(err) != cronsole.NotFound {
		t.Errorf("unknown run: %v", err)
	}
}

func never(*cronsole.Run) bool { return false }

// A run that is tried again is queued with what its attempts were, until the
// last one ends it.
func TestRunIsTriedAgain(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "j")
	a := tickOf(j)
	must(t, s.Advance(t.Context(), []*cronsole.Advance{a}))
	id := a.Runs[0].ID
	code := 3
	first := cronsole.Outcome{
		RunID: id, Attempt: 1, State: cronsole.Failed, StartedAt: noon, FinishedAt: noon.Add(time.Second),
		ExitCode: &code, Error: "no answer", OutputBytes: 40,
	}
	must(t, s.RetryRun(t.Context(), first, noon.Add(11*time.Second)))
	if err := s.RetryRun(t.Context(), first, noon); kindOf(err) != cronsole.Stale {
		t.Errorf("the same outcome again: %v", err)
	}
	waiting := get(s.QueuedRuns(t.Context()))(t)
	if len(waiting) != 1 || waiting[0].Attempt != 1 || !waiting[0].NotBefore.Equal(noon.Add(11*time.Second)) || waiting[0].OutputBytes != 40 {
		t.Fatalf("waiting: %+v", waiting)
	}
	must(t, s.StartRuns(t.Context(), []int64{id}, noon.Add(12*time.Second)))
	again := func(r *cronsole.Run) bool { return r.Attempt == 2 }
	if got := get(s.InterruptRuns(t.Context(), noon.Add(13*time.Second), nil, again))(t); len(got) != 1 {
		t.Fatalf("interrupted: %v", got)
	}
	must(t, s.StartRuns(t.Context(), []int64{id}, noon.Add(14*time.Second)))
	must(t, s.FinishRun(t.Context(), cronsole.Outcome{
		RunID: id, Attempt: 3, State: cronsole.Succeeded, StartedAt: noon.Add(14 * time.Second), FinishedAt: noon.Add(15 * time.Second),
	}))
	r := get(s.Run(t.Context(), id))(t)
	if r.State != cronsole.Succeeded || r.Attempt != 3 || r.Error != "" || !r.NotBefore.IsZero() {
		t.Errorf("at last: %+v", r)
	}
	want := []cronsole.Attempt{
		{Number: 1, State: cronsole.Failed, StartedAt: noon, FinishedAt: noon.Add(time.Second), ExitCode: &code, Error: "no answer"},
		{Number: 2, State: cronsole.Interrupted, StartedAt: noon.Add(12 * time.Second), FinishedAt: noon.Add(13 * time.Second), Error: interruptedText},
	}
	if diff := cmp.Diff(want, get(s.Attempts(t.Context(), id))(t)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if streak := get(s.Job(t.Context(), "j"))(t).FailStreak; streak != 0 {
		t.Errorf("the job fails %d times in a row", streak)
	}
}

func TestQueuedRunsEnd(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "j")
	retried, fresh := tickOf(j), tickOf(j)
	fresh.Runs[0].State, fresh.Runs[0].Attempt, fresh.Runs[0].StartedAt = cronsole.Queued, 0, time.Time{}
	must(t, s.Advance(t.Context(), []*cronsole.Advance{retried, fresh}))
	must(t, s.RetryRun(t.Context(), cronsole.Outcome{RunID: retried.Runs[0].ID, Attempt: 1, State: cronsole.Failed, FinishedAt: noon}, noon))
	must(t, s.FinishRun(t.Context(), cronsole.Outcome{RunID: retried.Runs[0].ID, State: cronsole.Cancelled, FinishedAt: noon}))
	ids := []int64{retried.Runs[0].ID, fresh.Runs[0].ID}
	must(t, s.ExpireRuns(t.Context(), ids, noon))
	for i, want := range []cronsole.State{cronsole.Cancelled, cronsole.Skipped} {
		if r := get(s.Run(t.Context(), ids[i]))(t); r.State != want {
			t.Errorf("run %d is %s, want %s", i, r.State, want)
		}
	}
}

// Rows that are skipped do not count towards max_runs, nor do those that the
// ledger has already.
func TestAdvanceCountsWhatRuns(t *testing.T) {
	s := openStore(t, Options{})
	j := newJob("x")
	must(t, s.CreateJob(t.Context(), j))
	skipped := newRun(j, noon.Add(time.Minute))
	skipped.State, skipped.Reason, skipped.FinishedAt = cronsole.Skipped, cronsole.ReasonMisfire, noon
	known := newRun(j, noon.Add(2*time.Minute))
	must(t, s.AddRun(t.Context(), known))
	advance := func(from, to int, counts bool, rows ...*cronsole.Run) {
		t.Helper()
		at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
		a := &cronsole.Advance{JobKey: j.Key, From: at(from), To: at(to), Next: at(to + 1), Runs: rows, Counts: counts}
		must(t, s.Advance(t.Context(), []*cronsole.Advance{a}))
		if !a.Applied {
			t.Fatalf("not applied at %d", to)
		}
	}
	again := newRun(j, noon.Add(2*time.Minute))
	advance(0, 3, true, skipped, again, newRun(j, noon.Add(3*time.Minute)))
	advance(3, 4, false, newRun(j, noon.Add(4*time.Minute)))
	if got := get(s.Job(t.Context(), "x"))(t); got.Ran != 1 {
		t.Errorf("%d have run, want 1", got.Ran)
	}
}
