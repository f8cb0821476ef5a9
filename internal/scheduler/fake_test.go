package scheduler

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fakeStore is a ledger in memory that keeps the rules of the real one: unique
// (job, due), cursors compared before they move, outcomes only for what runs.
type fakeStore struct {
	mu    sync.Mutex
	fail  func(call string) error // nil: nothing fails
	jobs  map[int64]*cronsole.Job
	runs  map[int64]*cronsole.Run
	due   map[string]bool
	key   int64
	id    int64
	calls map[string]int
	purge int

	frozen *cronsole.Freeze
}

func newStore() *fakeStore {
	return &fakeStore{jobs: map[int64]*cronsole.Job{}, runs: map[int64]*cronsole.Run{}, due: map[string]bool{}, calls: map[string]int{}}
}

// enter locks, counts the call and lets it fail on request.
func (f *fakeStore) enter(call string) (func(), error) {
	f.mu.Lock()
	entered := false
	defer func() {
		if !entered { // refused, or panicked
			f.mu.Unlock()
		}
	}()
	f.calls[call]++
	if f.fail != nil {
		if err := f.fail(call); err != nil {
			return nil, err
		}
	}
	entered = true
	return f.mu.Unlock, nil
}

func (f *fakeStore) failWith(fail func(call string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func (f *fakeStore) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *fakeStore) LiveJobs(context.Context) ([]*cronsole.Job, error) {
	leave, err := f.enter("LiveJobs")
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []*cronsole.Job
	for _, j := range f.jobs {
		if j.State == cronsole.JobActive || j.State == cronsole.JobPaused {
			out = append(out, clone(j))
		}
	}
	slices.SortFunc(out, func(a, b *cronsole.Job) int { return cmp.Compare(a.Key, b.Key) })
	return out, nil
}

func (f *fakeStore) Job(_ context.Context, id string) (*cronsole.Job, error) {
	leave, err := f.enter("Job")
	if err != nil {
		return nil, err
	}
	defer leave()
	return f.latest(id, false)
}

func (f *fakeStore) JobByKey(_ context.Context, key int64) (*cronsole.Job, error) {
	leave, err := f.enter("JobByKey")
	if err != nil {
		return nil, err
	}
	defer leave()
	if j := f.jobs[key]; j != nil {
		return clone(j), nil
	}
	// Rows that a test puts there itself belong to a job that was deleted.
	return newJob(func(j *cronsole.Job) { j.Key, j.State = key, cronsole.JobDeleted }), nil
}

func (f *fakeStore) LastJob(_ context.Context, id string) (*cronsole.Job, error) {
	leave, err := f.enter("LastJob")
	if err != nil {
		return nil, err
	}
	defer leave()
	return f.latest(id, true)
}

func (f *fakeStore) latest(id string, deleted bool) (*cronsole.Job, error) {
	var found *cronsole.Job
	for _, j := range f.jobs {
		if j.ID == id && (deleted || j.State != cronsole.JobDeleted) && (found == nil || j.Key > found.Key) {
			found = j
		}
	}
	if found == nil {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found"}
	}
	return clone(found), nil
}

func (f *fakeStore) CreateJob(_ context.Context, job *cronsole.Job) error {
	leave, err := f.enter("CreateJob")
	if err != nil {
		return err
	}
	defer leave()
	for key, j := range f.jobs {
		switch {
		case j.ID != job.ID || j.State == cronsole.JobDeleted:
		case j.State == cronsole.JobFinished:
			j = clone(j)
			j.State = cronsole.JobDeleted
			f.jobs[key] = j
		default:
			return &cronsole.Error{Kind: cronsole.Conflict, Message: "taken"}
		}
	}
	f.key++
	job.Key = f.key
	f.jobs[job.Key] = clone(job)
	return nil
}

func (f *fakeStore) UpdateJob(_ context.Context, job *cronsole.Job) error {
	leave, err := f.enter("UpdateJob")
	if err != nil {
		return err
	}
	defer leave()
	if j := f.jobs[job.Key]; j.State == cronsole.JobDeleted || j.Version != job.Version-1 {
		return &cronsole.Error{Kind: cronsole.Stale, Message: "changed meanwhile"}
	}
	f.jobs[job.Key] = clone(job)
	return nil
}

func (f *fakeStore) DeleteJob(_ context.Context, key int64, at time.Time, _ string) error {
	leave, err := f.enter("DeleteJob")
	if err != nil {
		return err
	}
	defer leave()
	j := clone(f.jobs[key])
	j.State, j.UpdatedAt, j.Next = cronsole.JobDeleted, at, time.Time{}
	f.jobs[key] = j
	return nil
}

func (f *fakeStore) DeletedBy(context.Context, string) (*cronsole.Deleted, error) {
	return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "bringing back is tested with a real ledger"}
}

func (f *fakeStore) RestoreJob(context.Context, *cronsole.Job, []*cronsole.Run) error {
	return errors.New("bringing back is tested with a real ledger")
}

func (f *fakeStore) SetJobState(_ context.Context, job *cronsole.Job, rows []*cronsole.Run) error {
	leave, err := f.enter("SetJobState")
	if err != nil {
		return err
	}
	defer leave()
	f.jobs[job.Key] = clone(job)
	for _, r := range rows {
		f.add(r)
	}
	return nil
}

func (f *fakeStore) Advance(_ context.Context, batch []*cronsole.Advance) error {
	leave, err := f.enter("Advance")
	if err != nil {
		return err
	}
	defer leave()
	for _, a := range batch {
		j := f.jobs[a.JobKey]
		if j == nil || j.State != cronsole.JobActive || !j.Cursor.Equal(a.From) {
			continue
		}
		j = clone(j)
		j.Cursor, j.Next = a.To, a.Next
		if a.Next.IsZero() {
			j.State = cronsole.JobFinished
		}
		f.jobs[a.JobKey] = j
		for _, r := range a.Runs {
			f.add(r)
			if a.Counts && r.ID != 0 && r.State != cronsole.Skipped {
				j.Ran++
			}
		}
		a.Applied = true
	}
	return nil
}

// add stores a row; one that is there already is left out.
func (f *fakeStore) add(r *cronsole.Run) {
	if !r.Due.IsZero() {
		k := r.JobID + "@" + time.Duration(r.JobKey).String() + r.Due.Format(time.RFC3339Nano)
		if f.due[k] {
			return
		}
		f.due[k] = true
	}
	f.id++
	r.ID = f.id
	c := *r
	f.runs[r.ID] = &c
}

func (f *fakeStore) AddRun(_ context.Context, r *cronsole.Run) error {
	leave, err := f.enter("AddRun")
	if err != nil {
		return err
	}
	defer leave()
	f.add(r)
	return nil
}

func (f *fakeStore) AddRunOnce(context.Context, *cronsole.Run, string, string) error {
	return errors.New("keys are tested with a real ledger")
}

func (f *fakeStore) RunByKey(context.Context, int64, string) (*cronsole.Run, string, error) {
	return nil, "", errors.New("keys are tested with a real ledger")
}

func (f *fakeStore) StartRuns(_ context.Context, ids []int64, at time.Time) error {
	leave, err := f.enter("StartRuns")
	if err != nil {
		return err
	}
	defer leave()
	for _, id := range ids {
		switch r := f.runs[id]; {
		case r == nil:
			return &cronsole.Error{Kind: cronsole.NotFound, Message: "no such run"}
		case r.State != cronsole.Queued:
			return &cronsole.Error{Kind: cronsole.Stale, Message: "not queued"}
		}
	}
	for _, id := range ids {
		f.runs[id].State, f.runs[id].StartedAt = cronsole.Running, at
		f.runs[id].Attempt++
	}
	return nil
}

func (f *fakeStore) FinishRun(_ context.Context, o cronsole.Outcome) error {
	leave, err := f.enter("FinishRun")
	if err != nil {
		return err
	}
	defer leave()
	r := f.runs[o.RunID]
	if r == nil || r.State.Final() || o.Attempt != 0 && r.Attempt != o.Attempt {
		return &cronsole.Error{Kind: cronsole.Stale, Message: "not running at that attempt"}
	}
	r.State, r.FinishedAt, r.Error = o.State, o.FinishedAt, o.Error
	return nil
}

func (f *fakeStore) RetryRun(_ context.Context, o cronsole.Outcome, at time.Time) error {
	leave, err := f.enter("RetryRun")
	if err != nil {
		return err
	}
	defer leave()
	r := f.runs[o.RunID]
	if r == nil || r.State != cronsole.Running || r.Attempt != o.Attempt {
		return &cronsole.Error{Kind: cronsole.Stale, Message: "not running at that attempt"}
	}
	r.State, r.NotBefore, r.Error = cronsole.Queued, at, o.Error
	return nil
}

func (f *fakeStore) ExpireRuns(_ context.Context, ids []int64, at time.Time) error {
	leave, err := f.enter("ExpireRuns")
	if err != nil {
		return err
	}
	defer leave()
	for _, id := range ids {
		if r := f.runs[id]; r.State == cronsole.Queued {
			r.State, r.Reason, r.FinishedAt = cronsole.Skipped, cronsole.ReasonExpired, at
		}
	}
	return nil
}

func (f *fakeStore) InterruptRuns(_ context.Context, at time.Time, notes map[int64]string, again func(*cronsole.Run) bool) ([]*cronsole.Run, error) {
	leave, err := f.enter("InterruptRuns")
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []*cronsole.Run
	for _, r := range f.runs {
		if r.State != cronsole.Running {
			continue
		}
		c := *r
		c.State, c.FinishedAt, c.Error = cronsole.Interrupted, at, notes[r.ID]
		out = append(out, &c)
		if again(r) {
			r.State, r.NotBefore = cronsole.Queued, at
			continue
		}
		r.State, r.FinishedAt, r.Error = cronsole.Interrupted, at, notes[r.ID]
	}
	return out, nil
}

func (f *fakeStore) QueuedRuns(context.Context) ([]*cronsole.Run, error) {
	leave, err := f.enter("QueuedRuns")
	if err != nil {
		return nil, err
	}
	defer leave()
	var out []*cronsole.Run
	for _, r := range f.runs {
		if r.State == cronsole.Queued {
			c := *r
			out = append(out, &c)
		}
	}
	slices.SortFunc(out, func(a, b *cronsole.Run) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (f *fakeStore) Processes(context.Context) ([]cronsole.Process, error) {
	leave, err := f.enter("Processes")
	if err != nil {
		return nil, err
	}
	defer leave()
	return nil, nil
}

func (f *fakeStore) SetFreeze(_ context.Context, freeze *cronsole.Freeze) error {
	leave, err := f.enter("SetFreeze")
	if err != nil {
		return err
	}
	defer leave()
	f.frozen = freeze
	return nil
}

func (f *fakeStore) Freeze(context.Context) (*cronsole.Freeze, error) {
	leave, err := f.enter("Freeze")
	if err != nil {
		return nil, err
	}
	defer leave()
	return f.frozen, nil
}

func (f *fakeStore) Purge(context.Context, time.Time) (bool, error) {
	leave, err := f.enter("Purge")
	if err != nil {
		return false, err
	}
	defer leave()
	f.purge++
	return f.purge%3 != 0, nil
}

// rows returns the rows of a job id, oldest first.
func (f *fakeStore) rows(id string) []cronsole.Run {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []cronsole.Run
	for _, r := range f.runs {
		if r.JobID == id {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b cronsole.Run) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// job returns the latest job of an id, deleted ones included.
func (f *fakeStore) job(id string) *cronsole.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, err := f.latest(id, true)
	if err != nil {
		return nil
	}
	return j
}

// fakeExecutor succeeds at once, or does what run says.
type fakeExecutor struct {
	mu      sync.Mutex
	used    map[string]int // slots by code
	slots   int
	run     func(ctx context.Context, e cronsole.Execution) cronsole.State
	release func() // called before a slot is given back
	now     func() time.Time
	found   map[int64]string // what is found of the last life's processes

	log   []cronsole.Execution // what was carried out, in order
	going map[string]int       // attempts under way, by job id
	most  map[string]int       // the most that were under way at once
}

func (f *fakeExecutor) Acquire(code string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sum() >= f.slots {
		return false
	}
	f.used[code]++
	return true
}

func (f *fakeExecutor) sum() (n int) {
	for _, used := range f.used {
		n += used
	}
	return n
}

func (f *fakeExecutor) Release(code string) {
	if f.release != nil {
		f.release()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used[code]--
}

func (f *fakeExecutor) Slots() (used, total int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sum(), f.slots
}

func (f *fakeExecutor) Execute(ctx context.Context, e cronsole.Execution) cronsole.Outcome {
	f.mu.Lock()
	f.log = append(f.log, e)
	f.going[e.JobID]++
	f.most[e.JobID] = max(f.most[e.JobID], f.going[e.JobID])
	run := f.run
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.going[e.JobID]--
	}()
	o := cronsole.Outcome{State: cronsole.Succeeded, StartedAt: f.now()}
	if run != nil {
		o.State = run(ctx, e)
	}
	if ctx.Err() != nil && o.State != cronsole.Succeeded {
		o.Error = context.Cause(ctx).Error()
	}
	o.FinishedAt = f.now()
	return o
}

func (f *fakeExecutor) EndOrphans(context.Context, []cronsole.Process) (map[int64]string, error) {
	return f.found, nil
}

func (f *fakeExecutor) setSlots(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots = n
}

// carryOut changes what the executor does from now on.
func (f *fakeExecutor) carryOut(run func(ctx context.Context, e cronsole.Execution) cronsole.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.run = run
}

// executions returns what was carried out so far, in order.
func (f *fakeExecutor) executions() []cronsole.Execution {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

// lasting is a run that takes d, unless it is ended before.
func lasting(d time.Duration) func(context.Context, cronsole.Execution) cronsole.State {
	return func(ctx context.Context, _ cronsole.Execution) cronsole.State {
		switch {
		case pause(ctx, d):
			return cronsole.Succeeded
		case errors.Is(context.Cause(ctx), cronsole.ErrShutdown):
			return cronsole.Interrupted
		default:
			return cronsole.Cancelled
		}
	}
}

// endless is a run that goes on until it is ended.
var endless = lasting(never)

// fakeCodes is what is deployed.
type fakeCodes struct {
	mu sync.Mutex
	m  map[string]*cronsole.Code
}

func (f *fakeCodes) Code(name string) (*cronsole.Code, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.m[name]
	return c, ok
}

func (f *fakeCodes) Codes() []*cronsole.Code {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []*cronsole.Code
	for _, c := range f.m {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *cronsole.Code) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (f *fakeCodes) put(c *cronsole.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.m[c.Name] = c
}

func (f *fakeCodes) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.m, name)
}

// world is a scheduler with everything around it.
type world struct {
	t      testing.TB
	ctx    context.Context
	store  *fakeStore
	ledger Store // what the scheduler gets; store when nil
	exec   *fakeExecutor
	codes  *fakeCodes
	rev    *cronsole.Revision
	apply  bool
	zone   string
	limits map[string]int

	mu    sync.Mutex
	shift time.Duration // of the wall clock
	*Scheduler
}

// newWorld makes a world that is not started; the code "work" is deployed. At
// the end of the test it is stopped.
func newWorld(t testing.TB) *world {
	w := &world{t: t, ctx: t.Context(), store: newStore(), rev: &cronsole.Revision{}}
	t.Cleanup(func() {
		if w.Scheduler == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	w.codes = &fakeCodes{m: map[string]*cronsole.Code{"work": {Name: "work", Kind: cronsole.CodeGo}}}
	w.exec = &fakeExecutor{slots: 8, now: w.wall, used: map[string]int{}, going: map[string]int{}, most: map[string]int{}}
	return w
}

// live runs a test in a bubble, in a world that has started.
func live(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t).start()) })
}

func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.shift)
}

// setClock moves the wall clock by d.
func (w *world) setClock(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shift += d
}

// pass lets time go by, and everything that is due in it happen. It works in a
// synctest bubble only.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// start begins a life of the console.
func (w *world) start() *world {
	w.t.Helper()
	w.Scheduler = w.life()
	if err := w.Start(w.ctx); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// life makes a scheduler that is not started.
func (w *world) life() *Scheduler {
	var ledger Store = w.store
	if w.ledger != nil {
		ledger = w.ledger
	}
	return New(Config{
		Store: ledger, Executor: w.exec, Codes: w.codes, Revision: w.rev,
		Limits: w.limits, Zone: w.zone, Apply: w.apply, Now: w.wall, Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) stop() {
	w.t.Helper()
	if err := w.Stop(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// create makes a job of the code "work" and fails the test when it cannot.
func (w *world) create(id, typ string, args map[string]any) *cronsole.Job {
	w.t.Helper()
	job, _, err := w.Create(w.ctx, cronsole.Request{JobID: id, Code: "work", Type: typ, Args: args})
	if err != nil {
		w.t.Fatalf("create %s: %v", id, err)
	}
	return job
}

// remove deletes a job.
func (w *world) remove(id string) *cronsole.Deleted {
	w.t.Helper()
	d, err := w.Delete(w.ctx, id)
	w.must(err)
	return d
}

// states lists the states of a job's rows, with the reason of skipped ones.
func states(rows []cronsole.Run) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r.State)
		if r.State == cronsole.Skipped {
			out[i] += "(" + string(r.Reason) + ")"
		}
	}
	return out
}

// cmpEmpty makes no difference between an empty list and none.
var cmpEmpty = cmpopts.EquateEmpty()

// checkOnce makes sure that no due instant of an id's jobs is accounted for twice.
func (w *world) checkOnce(t *testing.T, id string) {
	t.Helper()
	last := map[int64]time.Time{}
	rows := w.store.rows(id)
	slices.SortStableFunc(rows, func(a, b cronsole.Run) int { return a.Due.Compare(b.Due) })
	for _, r := range rows {
		if r.Due.IsZero() {
			continue
		}
		if !r.Due.After(last[r.JobKey]) {
			t.Errorf("run %d is due at %s, and a row reaches %s", r.ID, r.Due, last[r.JobKey])
		}
		last[r.JobKey] = later(r.Due, r.DueUntil)
	}
}
