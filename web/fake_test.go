package web

import (
	"context"
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
)

func TestMain(m *testing.M) { testkit.Main(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a console without a clock: jobs and runs in maps, nothing ever
// fires. It counts reads, so that a test can see when there were none.
type world struct {
	mu       sync.Mutex
	now      time.Time
	revision cronsole.Revision
	jobs     map[string]*cronsole.Job
	runs     []*cronsole.Run
	output   map[int64][]cronsole.Chunk
	codes    []*cronsole.Code
	keys     int64
	reads    int
	writes   int
	fail     error // what every read answers, when it is set
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

func (w *world) app() *fiber.App {
	return New(Config{
		Scheduler: w, Store: w, Catalog: w, Revision: &w.revision, Zone: "UTC",
		Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Version: "test", JobsDir: "./jobs",
	})
}

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
	schedule, err := cronsole.ParseSchedule(typ, cronsole.FillDefaults(typ, args), zone)
	if err != nil {
		return cronsole.Definition{}, nil, err
	}
	rules, err := cronsole.ParseRules(r.Rules, cronsole.DefaultRules())
	if err != nil {
		return cronsole.Definition{}, nil, err
	}
	list, err := cronsole.ParseArgs(r.Args["args"])
	if err != nil {
		return cronsole.Definition{}, nil, err
	}
	return cronsole.Definition{Code: code, Schedule: schedule, Args: list, Rules: rules, Source: cronsole.SourceConsole}, nil, nil
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
	if !ok {
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
	if !ok {
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
	return cronsole.Health{Started: noon.Add(-time.Hour), LoopAge: 120 * time.Millisecond, Jobs: len(w.jobs), Slots: 32, LastError: w.lastErr}
}

func (w *world) read() error {
	w.reads++
	if w.boom {
		panic("boom: /secret/path")
	}
	return w.fail
}

func (w *world) Jobs(_ context.Context, q cronsole.JobQuery) (cronsole.JobPage, error) {
	if err := w.read(); err != nil {
		return cronsole.JobPage{}, err
	}
	var page cronsole.JobPage
	for _, id := range slices.Sorted(maps.Keys(w.jobs)) {
		j := w.jobs[id]
		page.Counts.All++
		if !strings.Contains(id, q.Text) || q.State == "paused" && j.State != cronsole.JobPaused {
			continue
		}
		page.Total++
		if id <= q.After || len(page.Rows) == q.Limit {
			continue
		}
		page.Rows = append(page.Rows, w.row(j))
	}
	if n := len(page.Rows); n == q.Limit && page.Rows[n-1].Job.ID != slices.Max(slices.Collect(maps.Keys(w.jobs))) {
		page.Next = page.Rows[n-1].Job.ID
	}
	return page, nil
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

func (w *world) Counts(context.Context, time.Time) (cronsole.JobCounts, error) {
	if err := w.read(); err != nil {
		return cronsole.JobCounts{}, err
	}
	return cronsole.JobCounts{All: len(w.jobs)}, nil
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
			if r.State == cronsole.Succeeded && r.Cause == cronsole.CauseSchedule {
				stats.Succeeded++
				stats.Median, stats.P95 = r.Duration(w.now), r.Duration(w.now)
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
