package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
	"cronsole/views"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a console without a clock: jobs and runs in maps, nothing ever
// fires. It counts reads, so that a test can see when there were none.
type world struct {
	mu       sync.Mutex // held by writes; a test reads and writes one after the other
	now      time.Time
	revision cronsole.Revision
	jobs     map[string]*cronsole.Job
	runs     []*cronsole.Run
	output   map[int64][]cronsole.Chunk
	attempts map[int64][]cronsole.Attempt
	frozen   *cronsole.Freeze
	waiting  map[int64]string
	backlog  []cronsole.Backlog
	codes    []*cronsole.Code
	keys     int64
	reads    int
	writes   int
	fail     error // what every read answers, when it is set
	failAt   int   // the read that fails, from 1
	refuse   error // what every write answers, when it is set
	boom     bool  // reads panic
	lastErr  string
	log      strings.Builder
}

func newWorld() *world {
	w := &world{now: noon, jobs: map[string]*cronsole.Job{}, output: map[int64][]cronsole.Chunk{}}
	for _, name := range []string{"backup_database", "log_something", "log_with_args"} {
		w.codes = append(w.codes, &cronsole.Code{Name: name, Kind: cronsole.CodeExecutable, Entry: "main.sh"})
	}
	w.codes = append(w.codes, w.fileCode("get_random_user", "cron\nsecond=*/10\n"))
	w.codes = append(w.codes, &cronsole.Code{
		Name: "broken", Kind: cronsole.CodeExecutable, Problem: "There is no executable file main.",
		File: &cronsole.ScheduleFile{
			Text: "cron\nhour=25\n", Changed: noon.Add(-72 * time.Hour),
			Err: &cronsole.FileError{Line: 2, Key: "hour", Message: "25 is not 0 to 23"},
		},
	})
	sort.Slice(w.codes, func(i, j int) bool { return w.codes[i].Name < w.codes[j].Name })
	return w
}

func (w *world) fileCode(name, text string) *cronsole.Code {
	args := cronsole.FillDefaults(cronsole.TypeCron, map[string]any{"second": "*/10"})
	schedule, err := cronsole.ParseSchedule(cronsole.TypeCron, args, "UTC")
	if err != nil {
		panic(err)
	}
	return &cronsole.Code{
		Name: name, Kind: cronsole.CodeGo,
		File: &cronsole.ScheduleFile{
			Text: text, Changed: noon.Add(-72 * time.Hour), Enabled: true,
			Definition: cronsole.Definition{
				Code: name, Schedule: schedule, Args: []any{}, Rules: cronsole.DefaultRules(), Source: cronsole.SourceFile,
			},
		},
	}
}

func (w *world) app() *fiber.App { return w.appFor() }

// appFor is the app with names beside those of loopback.
func (w *world) appFor(hosts ...string) *fiber.App {
	return New(Config{
		Scheduler: w, Store: w, Catalog: w, Revision: &w.revision, Zone: "UTC",
		Now: w.clock, Log: w.logger(),
		Version: "test", JobsDir: "./jobs", Hosts: hosts,
	})
}

func (w *world) clock() time.Time { return w.now }

func (w *world) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&w.log, nil)) }

func (w *world) wrote() { w.writes++; w.revision.Bump() }

func missing(id string) error {
	return &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found: " + id}
}

func (w *world) definition(r cronsole.Request) (cronsole.Definition, []string, error) {
	code := r.Code
	if code == "" {
		code = r.JobID
	}
	c, ok := w.Code(code)
	if !ok {
		return cronsole.Definition{}, nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job folder not found."}
	}
	args := maps.Clone(r.Args)
	delete(args, "args")
	delete(args, "timezone")
	if r.FromFile {
		var warnings []string
		if len(args) > 0 {
			warnings = append(warnings, "The schedule comes from the .schedule file; ignored: "+
				strings.Join(slices.Sorted(maps.Keys(args)), ", ")+".")
		}
		if c.File == nil {
			return cronsole.Definition{}, nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Schedule file not found"}
		}
		return c.File.Definition, warnings, nil
	}
	typ := cronsole.TypeCron
	if r.Type != "" {
		typ = cronsole.Type(r.Type)
	}
	zone := r.Timezone
	if v, ok := r.Args["timezone"].(string); ok && zone == "" {
		zone = v
	}
	if zone == "" {
		zone = "UTC"
	}
	schedule, scheduleErr := cronsole.ParseSchedule(typ, cronsole.FillDefaults(typ, args), zone)
	rules, rulesErr := cronsole.ParseRules(r.Rules, cronsole.DefaultRules())
	list, argsErr := cronsole.ParseArgs(r.Args["args"])
	if err := together(scheduleErr, rulesErr, argsErr); err != nil {
		return cronsole.Definition{}, nil, err
	}
	return cronsole.Definition{Code: code, Schedule: schedule, Args: list, Rules: rules, Source: cronsole.SourceConsole}, nil, nil
}

// together is the first error, with the fields of the others too.
func together(errs ...error) error {
	var all *cronsole.Error
	for _, err := range errs {
		e, ok := asError(err)
		switch {
		case err == nil:
		case !ok:
			return err
		case all == nil:
			first := *e
			all = &first
		default:
			all.Fields = append(slices.Clone(all.Fields), e.Fields...)
		}
	}
	if all == nil {
		return nil
	}
	return all
}

func (w *world) job(id string, d cronsole.Definition) (*cronsole.Job, error) {
	t, err := cronsole.NewTrigger(d.Schedule, w.now)
	if err != nil {
		return nil, err
	}
	next, ok := t.Next(w.now)
	if !ok {
		return nil, &cronsole.Error{
			Kind: cronsole.Invalid, Message: "The schedule has no time left.",
			Fields: []cronsole.FieldError{{Field: "run_date", Message: "is past"}},
		}
	}
	w.keys++
	return &cronsole.Job{
		Key: w.keys, ID: id, Definition: d, State: cronsole.JobActive, Anchor: w.now, Cursor: w.now, Next: next,
		Version: 1, CreatedAt: w.now, UpdatedAt: w.now,
	}, nil
}

func (w *world) Create(_ context.Context, r cronsole.Request) (*cronsole.Job, []string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		return nil, nil, w.refuse
	}
	if why := cronsole.CheckJobID(r.JobID); why != "" {
		return nil, nil, &cronsole.Error{
			Kind: cronsole.Invalid, Message: "The job has mistakes.",
			Fields: []cronsole.FieldError{{Field: "job_id", Message: why}},
		}
	}
	if _, ok := w.jobs[r.JobID]; ok {
		return nil, nil, &cronsole.Error{Kind: cronsole.Conflict, Message: "Job already exists"}
	}
	d, warnings, err := w.definition(r)
	if err != nil {
		return nil, nil, err
	}
	job, err := w.job(r.JobID, d)
	if err != nil {
		return nil, nil, err
	}
	w.jobs[r.JobID] = job
	w.wrote()
	return job, warnings, nil
}

func (w *world) Edit(_ context.Context, id string, r cronsole.Request) (*cronsole.Job, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old, ok := w.jobs[id]
	switch {
	case w.refuse != nil:
		return nil, w.refuse
	case !ok:
		return nil, missing(id)
	}
	if r.Version != 0 && r.Version != old.Version {
		return nil, &cronsole.Error{Kind: cronsole.Stale, Message: "The job was changed since you read it."}
	}
	if r.Code == "" {
		r.Code = old.Definition.Code
	}
	d, _, err := w.definition(r)
	if err != nil {
		return nil, err
	}
	job, err := w.job(id, d)
	if err != nil {
		return nil, err
	}
	job.Key, job.Version = old.Key, old.Version+1
	w.jobs[id] = job
	w.wrote()
	return job, nil
}

func (w *world) change(id string, f func(*cronsole.Job)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	job, ok := w.jobs[id]
	switch {
	case w.refuse != nil:
		return w.refuse
	case !ok:
		return missing(id)
	}
	f(job)
	w.wrote()
	return nil
}

func (w *world) Delete(_ context.Context, id string) error {
	return w.change(id, func(*cronsole.Job) { delete(w.jobs, id) })
}

func (w *world) Pause(_ context.Context, id, reason string) error {
	return w.change(id, func(j *cronsole.Job) { j.State, j.Reason = cronsole.JobPaused, reason })
}

func (w *world) Resume(_ context.Context, id string) error {
	return w.change(id, func(j *cronsole.Job) { j.State, j.Reason = cronsole.JobActive, "" })
}

func (w *world) Freeze(_ context.Context, reason string) error {
	return w.setFreeze(&cronsole.Freeze{Since: w.now, Reason: reason})
}

func (w *world) Unfreeze(context.Context) error { return w.setFreeze(nil) }

func (w *world) setFreeze(f *cronsole.Freeze) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		return w.refuse
	}
	w.writes++
	w.frozen = f
	w.revision.Bump()
	return nil
}

func (w *world) UseFile(_ context.Context, id string) error {
	return w.change(id, func(j *cronsole.Job) { j.Version++ })
}

func (w *world) RunNow(_ context.Context, id string, args []any) (*cronsole.Run, error) {
	var run *cronsole.Run
	err := w.change(id, func(j *cronsole.Job) {
		run = w.addRun(j, cronsole.Run{Cause: cronsole.CauseManual, State: cronsole.Running, Attempt: 1, StartedAt: w.now, Args: args})
		for _, r := range w.runs[:len(w.runs)-1] {
			if r.JobKey == j.Key && r.State == cronsole.Running {
				run.State, run.Reason, run.Attempt, run.StartedAt = cronsole.Skipped, cronsole.ReasonOverlap, 0, time.Time{}
				run.FinishedAt = w.now
			}
		}
	})
	return run, err
}

func (w *world) addRun(j *cronsole.Job, r cronsole.Run) *cronsole.Run {
	r.ID, r.JobKey, r.JobID, r.Code, r.QueuedAt = int64(len(w.runs)+1284), j.Key, j.ID, j.Definition.Code, w.now
	if r.Args == nil {
		r.Args = []any{}
	}
	w.runs = append(w.runs, &r)
	return &r
}

func (w *world) Cancel(_ context.Context, n int64) error {
	run, err := w.run(n)
	if err != nil {
		return err
	}
	if run.State.Final() {
		return &cronsole.Error{Kind: cronsole.Conflict, Message: "The run has ended already."}
	}
	run.State, run.FinishedAt = cronsole.Cancelled, w.now
	w.wrote()
	return nil
}

func (w *world) Preview(_ context.Context, r cronsole.Request, after time.Time, count int) (cronsole.Preview, error) {
	if r.Code == "" && r.JobID == "" && !r.FromFile {
		r.Code = "log_something" // a preview needs no code
	}
	d, warnings, err := w.definition(r)
	if err != nil {
		return cronsole.Preview{}, err
	}
	t, err := cronsole.NewTrigger(d.Schedule, after)
	if err != nil {
		return cronsole.Preview{}, err
	}
	return cronsole.Preview{
		Schedule: d.Schedule, Words: d.Schedule.Words(), Frequency: d.Schedule.Frequency(),
		Next: cronsole.NextN(t, after, count), Warnings: append(warnings, d.Schedule.Warnings(after)...),
	}, nil
}

func (w *world) Health() cronsole.Health {
	return cronsole.Health{Started: noon.Add(-time.Hour), LoopAge: 120 * time.Millisecond, Jobs: len(w.jobs), Slots: 32, LastError: w.lastErr, Freeze: w.frozen}
}

func (w *world) Waiting(runID int64) string { return w.waiting[runID] }

func (w *world) Backlog() []cronsole.Backlog { return w.backlog }

func (w *world) read() error {
	w.reads++
	switch {
	case w.boom:
		panic("boom: /secret/path")
	case w.reads == w.failAt:
		return errors.New("one read failed")
	}
	return w.fail
}

func (w *world) Jobs(_ context.Context, q cronsole.JobQuery) (cronsole.JobPage, error) {
	if err := w.read(); err != nil {
		return cronsole.JobPage{}, err
	}
	page := cronsole.JobPage{Counts: w.counts()}
	skip := 0
	if q.After == "" && q.Page > 1 {
		skip = (q.Page - 1) * q.Limit
	}
	for _, id := range slices.Sorted(maps.Keys(w.jobs)) {
		row := w.row(w.jobs[id])
		if !w.matches(row, q) {
			continue
		}
		page.Total++
		switch {
		case id <= q.After || page.Total <= skip:
		case len(page.Rows) == q.Limit:
			page.Next = page.Rows[q.Limit-1].Job.ID
		default:
			page.Rows = append(page.Rows, row)
		}
	}
	return page, nil
}

func (w *world) matches(row cronsole.JobRow, q cronsole.JobQuery) bool {
	j := row.Job
	switch {
	case !strings.Contains(j.ID, q.Text):
	case q.Type != "" && j.Definition.Schedule.Type != q.Type:
	case q.Tag != "" && !slices.Contains(j.Definition.Rules.Tags, q.Tag):
	case q.State != "" && !slices.Contains(w.states(row), q.State):
	default:
		return true
	}
	return false
}

// states are the tabs under which a job is found.
func (w *world) states(row cronsole.JobRow) []string {
	states := []string{string(row.Job.State)}
	if slices.ContainsFunc(row.Active, func(r *cronsole.Run) bool { return r.State == cronsole.Running }) {
		states = append(states, "running")
	}
	if row.Job.FailStreak > 0 {
		states = append(states, "failing")
	}
	if seen := views.NewJobRow(row, nil, w.now); seen.Late {
		states = append(states, "late")
	}
	return states
}

func (w *world) counts() cronsole.JobCounts {
	counts := cronsole.JobCounts{All: len(w.jobs)}
	for _, j := range w.jobs {
		for _, state := range w.states(w.row(j)) {
			switch state {
			case "running":
				counts.Running++
			case "failing":
				counts.Failing++
			case "late":
				counts.Late++
			case "paused":
				counts.Paused++
			}
		}
	}
	return counts
}

func (w *world) row(j *cronsole.Job) cronsole.JobRow {
	row := cronsole.JobRow{Job: j}
	for _, r := range w.runs {
		switch {
		case r.JobKey != j.Key:
		case r.State.Final():
			row.Recent = append(row.Recent, r)
			if !r.StartedAt.IsZero() {
				row.Last = r
			}
		default:
			row.Active = append(row.Active, r)
		}
	}
	return row
}

func (w *world) JobRow(_ context.Context, id string, _ int) (cronsole.JobRow, error) {
	if err := w.read(); err != nil {
		return cronsole.JobRow{}, err
	}
	j, ok := w.jobs[id]
	if !ok {
		return cronsole.JobRow{}, missing(id)
	}
	return w.row(j), nil
}

func (w *world) Attempts(_ context.Context, runID int64) ([]cronsole.Attempt, error) {
	if err := w.read(); err != nil {
		return nil, err
	}
	return w.attempts[runID], nil
}

func (w *world) JobsByCode(context.Context) (map[string][]string, error) {
	if err := w.read(); err != nil {
		return nil, err
	}
	ids := map[string][]string{}
	for _, j := range w.jobs {
		ids[j.Definition.Code] = append(ids[j.Definition.Code], j.ID)
	}
	for _, list := range ids {
		slices.Sort(list)
	}
	return ids, nil
}

func (w *world) Stats(context.Context) (cronsole.StoreStats, error) {
	if err := w.read(); err != nil {
		return cronsole.StoreStats{}, err
	}
	return cronsole.StoreStats{Jobs: len(w.jobs), DatabaseBytes: 106496, WALBytes: 4152}, nil
}

func (w *world) Counts(context.Context, time.Time) (cronsole.JobCounts, error) {
	if err := w.read(); err != nil {
		return cronsole.JobCounts{}, err
	}
	return w.counts(), nil
}

func (w *world) Runs(_ context.Context, q cronsole.RunQuery) (cronsole.RunPage, error) {
	if err := w.read(); err != nil {
		return cronsole.RunPage{}, err
	}
	var page cronsole.RunPage
	for _, r := range slices.Backward(w.runs) {
		switch {
		case q.JobID != "" && r.JobID != q.JobID, q.JobKey != 0 && r.JobKey != q.JobKey:
		case len(q.States) > 0 && !slices.Contains(q.States, r.State), q.Cause != "" && r.Cause != q.Cause:
		case q.Reason != "" && r.Reason != q.Reason:
		case q.Before != 0 && r.ID >= q.Before:
		case len(page.Runs) == q.Limit:
			page.Next = page.Runs[len(page.Runs)-1].ID
		default:
			page.Runs = append(page.Runs, r)
		}
	}
	return page, nil
}

func (w *world) run(n int64) (*cronsole.Run, error) {
	for _, r := range w.runs {
		if r.ID == n {
			return r, nil
		}
	}
	return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: fmt.Sprintf("Run not found: %d", n)}
}

func (w *world) Run(_ context.Context, n int64) (*cronsole.Run, error) {
	if err := w.read(); err != nil {
		return nil, err
	}
	return w.run(n)
}

func (w *world) Output(_ context.Context, n, from int64) ([]cronsole.Chunk, error) {
	if err := w.read(); err != nil {
		return nil, err
	}
	var chunks []cronsole.Chunk
	for _, c := range w.output[n] {
		if c.Offset+int64(len(c.Data)) > from {
			chunks = append(chunks, c)
		}
	}
	return chunks, nil
}

func (w *world) JobStats(_ context.Context, key int64, _ time.Time) (cronsole.JobStats, error) {
	if err := w.read(); err != nil {
		return cronsole.JobStats{}, err
	}
	var stats cronsole.JobStats
	for _, r := range w.runs {
		if r.JobKey == key {
			stats.Total++
			switch {
			case r.Cause != cronsole.CauseSchedule:
			case r.State == cronsole.Succeeded:
				stats.Succeeded++
				stats.Median, stats.P95 = r.Duration(w.now), r.Duration(w.now)
			case r.State.Bad():
				stats.Failed++
			}
		}
	}
	return stats, nil
}

func (w *world) NearestJobIDs(_ context.Context, id string, n int) ([]string, error) {
	if err := w.read(); err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(w.jobs))
	return ids[:min(n, len(ids))], nil
}

func (w *world) Codes() []*cronsole.Code { return w.codes }

func (w *world) Code(name string) (*cronsole.Code, bool) {
	for _, c := range w.codes {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}
