package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// A failpoint kills the console, as kill -9 does, before or after the n-th call
// of one durable step.
type failpoint struct {
	when string // "before" or "after"
	call string // a method of ledger
	n    int64
}

// dieAt in the environment of a console is its failpoint.
const dieAt = "CRONSOLE_TEST_DIE_AT"

func (f failpoint) env() string { return fmt.Sprintf("%s=%s %s %d", dieAt, f.when, f.call, f.n) }

// setFailpoint makes this process die at the failpoint of its environment.
func setFailpoint() error {
	text := os.Getenv(dieAt)
	if text == "" {
		return nil
	}
	m := &mortal{}
	if _, err := fmt.Sscan(text, &m.at.when, &m.at.call, &m.at.n); err != nil {
		return fmt.Errorf("%s=%s: %w", dieAt, text, err)
	}
	wrapLedger = func(l ledger) ledger {
		m.ledger = l
		if m.at.call == "Purge" {
			go m.purgeOften()
		}
		return m
	}
	return nil
}

// mortal is a ledger that does not survive its failpoint.
type mortal struct {
	ledger
	at    failpoint
	calls atomic.Int64
}

func (m *mortal) step(call string, do func() error) error {
	if call != m.at.call || m.calls.Add(1) != m.at.n {
		return do()
	}
	if m.at.when == "after" {
		if err := do(); err != nil {
			m.calls.Add(-1) // nothing was written: the next call counts
			return err
		}
	}
	err := syscall.Kill(os.Getpid(), syscall.SIGKILL)
	panic(fmt.Sprint("alive after SIGKILL: ", err))
}

// purgeOften does many times a second what retention does each minute.
func (m *mortal) purgeOften() {
	for {
		<-time.After(50 * time.Millisecond)
		_, _ = m.Purge(context.Background(), time.Now()) // the scheduler's own calls are looked at
	}
}

func (m *mortal) CreateJob(ctx context.Context, job *cronsole.Job) error {
	return m.step("CreateJob", func() error { return m.ledger.CreateJob(ctx, job) })
}

func (m *mortal) UpdateJob(ctx context.Context, job *cronsole.Job) error {
	return m.step("UpdateJob", func() error { return m.ledger.UpdateJob(ctx, job) })
}

func (m *mortal) DeleteJob(ctx context.Context, key int64, at time.Time, undo string) error {
	return m.step("DeleteJob", func() error { return m.ledger.DeleteJob(ctx, key, at, undo) })
}

func (m *mortal) RestoreJob(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error {
	return m.step("RestoreJob", func() error { return m.ledger.RestoreJob(ctx, job, rows) })
}

func (m *mortal) AddRunOnce(ctx context.Context, run *cronsole.Run, key, asked string) error {
	return m.step("AddRunOnce", func() error { return m.ledger.AddRunOnce(ctx, run, key, asked) })
}

func (m *mortal) SetJobState(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error {
	return m.step("SetJobState", func() error { return m.ledger.SetJobState(ctx, job, rows) })
}

func (m *mortal) Advance(ctx context.Context, batch []*cronsole.Advance) error {
	return m.step("Advance", func() error { return m.ledger.Advance(ctx, batch) })
}

func (m *mortal) AddRun(ctx context.Context, run *cronsole.Run) error {
	return m.step("AddRun", func() error { return m.ledger.AddRun(ctx, run) })
}

func (m *mortal) StartRuns(ctx context.Context, ids []int64, at time.Time) error {
	return m.step("StartRuns", func() error { return m.ledger.StartRuns(ctx, ids, at) })
}

func (m *mortal) FinishRun(ctx context.Context, o cronsole.Outcome) error {
	return m.step("FinishRun", func() error { return m.ledger.FinishRun(ctx, o) })
}

func (m *mortal) RetryRun(ctx context.Context, o cronsole.Outcome, at time.Time) error {
	return m.step("RetryRun", func() error { return m.ledger.RetryRun(ctx, o, at) })
}

func (m *mortal) ExpireRuns(ctx context.Context, ids []int64, at time.Time) error {
	return m.step("ExpireRuns", func() error { return m.ledger.ExpireRuns(ctx, ids, at) })
}

func (m *mortal) InterruptRuns(ctx context.Context, at time.Time, notes map[int64]string, again func(*cronsole.Run) bool) (runs []*cronsole.Run, err error) {
	err = m.step("InterruptRuns", func() (err error) {
		runs, err = m.ledger.InterruptRuns(ctx, at, notes, again)
		return err
	})
	return runs, err
}

func (m *mortal) SetFreeze(ctx context.Context, f *cronsole.Freeze) error {
	return m.step("SetFreeze", func() error { return m.ledger.SetFreeze(ctx, f) })
}

func (m *mortal) Purge(ctx context.Context, now time.Time) (more bool, err error) {
	err = m.step("Purge", func() (err error) {
		more, err = m.ledger.Purge(ctx, now)
		return err
	})
	return more, err
}

func (m *mortal) AppendOutput(ctx context.Context, runID int64, chunks []cronsole.Chunk, keepFrom int64) error {
	return m.step("AppendOutput", func() error { return m.ledger.AppendOutput(ctx, runID, chunks, keepFrom) })
}

func (m *mortal) SaveProcess(ctx context.Context, p cronsole.Process) error {
	return m.step("SaveProcess", func() error { return m.ledger.SaveProcess(ctx, p) })
}

// reads are the methods of ledger that write nothing.
var reads = []string{"LiveJobs", "Job", "JobByKey", "LastJob", "DeletedBy", "QueuedRuns", "RunByKey", "Processes", "Freeze"}

// durableSteps are all others; one without a failpoint fails its case.
func durableSteps() (steps []string) {
	t := reflect.TypeFor[ledger]()
	for i := range t.NumMethod() {
		if name := t.Method(i).Name; !slices.Contains(reads, name) {
			steps = append(steps, name)
		}
	}
	return steps
}

// TestTrustKillAtEachStep kills consoles before and after the first calls of
// every durable step, one life after the other on the same data.
func TestTrustKillAtEachStep(t *testing.T) {
	t.Parallel()
	var points []failpoint
	for _, call := range durableSteps() {
		for i := range 5 {
			f := failpoint{when: []string{"before", "after"}[i%2], call: call, n: int64(1 + i/2)}
			if call == "InterruptRuns" {
				f.n = 1 // a life has one
			}
			points = append(points, f)
		}
	}
	const lanes = 4 // they wait most of the time
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			w := newFailpointWorld(t)
			for i, at := range points {
				if i%lanes == lane {
					w.dieAt(at)
				}
			}
			w.lastLife()
		})
	}
}

// failpointWorld is a data folder on which consoles die.
type failpointWorld struct {
	t                     *testing.T
	data, folder, effects string
	lives                 int
}

func newFailpointWorld(t *testing.T) *failpointWorld {
	dir := t.TempDir()
	w := &failpointWorld{t: t, data: filepath.Join(dir, "data"), folder: filepath.Join(dir, "jobs"), effects: filepath.Join(dir, "effects")}
	deploy(t, w.folder, "effect", effect+"echo done\n", "")
	deploy(t, w.folder, "fails", effect+"exit 1\n", "")
	deploy(t, w.folder, "long", effect+"exec sleep 2.5\n", "")
	deploy(t, w.folder, "echo", "echo nothing is left behind\n", "")
	p := startConsole(t, w.data, w.folder)
	p.everySecond("a", "effect", map[string]any{"expires": "1s"}, w.effects)
	p.everySecond("b", "effect", map[string]any{"expires": "1s"}, w.effects)
	p.everySecond("again", "effect", map[string]any{"on_interrupt": "rerun"}, w.effects)
	p.everySecond("fails", "fails", map[string]any{"retries": 3, "retry_backoff": "1s", "overlap": "allow"}, w.effects)
	p.everySecond("long", "long", nil, w.effects)
	p.everySecond("purged", "echo", map[string]any{"keep_runs": 2})
	p.kill()
	return w
}

// dieAt lives one life that ends at the failpoint, and looks at what it left.
func (w *failpointWorld) dieAt(at failpoint) {
	w.t.Helper()
	w.lives++
	flags := []string{}
	if at.call == "ExpireRuns" || at.call == "StartRuns" {
		flags = []string{"--slots", "1"} // the long one holds it, and the others wait
	}
	p, err := launch(w.t, []string{at.env()}, w.data, w.folder, flags...)
	if err == nil {
		w.traffic(p, at)
	}
	p.kill()
	if e, ok := errors.AsType[*exec.ExitError](p.wait()); !ok || !strings.Contains(e.String(), "killed") {
		w.t.Fatalf("%+v: the console ended with %v, start: %v", at, p.wait(), err)
	}
	readLedger(w.t, w.data)
	checkVerify(w.t, w.data)
}

// traffic does all that operators do until the console is gone.
func (w *failpointWorld) traffic(p *process, at failpoint) {
	w.t.Helper()
	id := fmt.Sprint("made-", w.lives)
	hourly := map[string]any{"job_id": id, "code": "effect", "from_file": false, "type": "interval", "args": map[string]any{"hours": 1, "args": []string{w.effects}}}
	requests := []struct {
		method, path string
		body         any
	}{
		{"DELETE", "/freeze", nil},
		{"POST", "/jobs", hourly},
		{"POST", "/jobs/" + id + "/run", nil},
		{"POST", "/jobs/fails/run", nil},
		{"PUT", "/jobs/" + id, map[string]any{"description": "changed"}},
		{"POST", "/jobs/" + id + "/pause", nil},
		{"POST", "/jobs/" + id + "/resume", nil},
		{"DELETE", "/jobs/" + id, nil},
		{"POST", "/freeze", map[string]any{"reason": "a moment"}},
	}
	for n := 0; n < 500; n++ {
		if err := p.runOnce("fails", fmt.Sprintf("life %d, %d", w.lives, n)); err != nil {
			return
		}
		for _, r := range requests {
			if strings.HasSuffix(r.path, "freeze") && at.call != "SetFreeze" && r.method == "POST" {
				continue // a frozen console starts nothing
			}
			var answer struct{ Undo string }
			status, err := p.try(r.method, "/api/v1"+r.path, r.body, &answer)
			if err == nil && answer.Undo != "" {
				if status, err = p.try("POST", answer.Undo, nil, nil); err == nil {
					_, err = p.try(r.method, "/api/v1"+r.path, nil, nil)
				}
			}
			if err != nil {
				return // it has died, as it should
			}
			if status >= 500 {
				w.t.Errorf("%+v: %s %s answered %d", at, r.method, r.path, status)
			}
		}
		<-time.After(20 * time.Millisecond)
	}
	w.t.Fatalf("%+v was not reached", at)
}

// runOnce starts a job under a key; an error means that nobody answered.
func (p *process) runOnce(id, key string) error {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.URL+"/api/v1/jobs/"+id+"/run", http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Accept", "application/json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// lastLife lets everything come to its end and compares ledger and effects.
func (w *failpointWorld) lastLife() {
	w.t.Helper()
	p := startConsole(w.t, w.data, w.folder)
	p.call("DELETE", "/api/v1/freeze", nil, nil)
	for _, id := range []string{"a", "b", "again", "fails", "long", "purged"} {
		if status := p.call("POST", "/api/v1/jobs/"+id+"/pause", nil, nil); status != 200 {
			w.t.Errorf("pause %s answered %d", id, status)
		}
	}
	eventually(w.t, 20*time.Second, "all runs are over", func() bool {
		var health struct{ Queued, Running int }
		p.call("GET", "/readyz", nil, &health)
		return health.Queued+health.Running == 0
	})
	p.stop()
	rows, starts := readLedger(w.t, w.data), readEffects(w.t, w.effects)
	rows = slices.DeleteFunc(rows, func(r ledgerRow) bool { return r.job == "purged" }) // leaves no effects
	interrupted := checkEffects(w.t, rows, starts)
	checkVerify(w.t, w.data)
	w.t.Logf("%d lives, %d rows, %d starts, %d interrupted", w.lives, len(rows), len(starts), interrupted)
}
