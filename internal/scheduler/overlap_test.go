package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// createWith makes a job of the code "work" with rules.
func (w *world) createWith(id string, every int, rules map[string]any) *cronsole.Job {
	w.t.Helper()
	job, _, err := w.Create(w.ctx, cronsole.Request{
		JobID: id, Code: "work", Type: "interval", Args: map[string]any{"seconds": every}, Rules: rules,
	})
	if err != nil {
		w.t.Fatalf("create %s: %v", id, err)
	}
	return job
}

// takes makes each run last d, or until it is cancelled.
func takes(d time.Duration) func(context.Context, cronsole.Execution) cronsole.State {
	return func(ctx context.Context, _ cronsole.Execution) cronsole.State {
		select {
		case <-time.After(d):
			return cronsole.Succeeded
		case <-ctx.Done():
			return cronsole.Cancelled
		}
	}
}

// A job of ten seconds whose runs take 25 is watched for a minute.
func TestOverlapRules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules   map[string]any
		want    []string // of the first five due instants
		started []int    // seconds after the first due instant; -1: never
		most    int      // side by side
	}{
		"skip is the default": {
			nil,
			[]string{"succeeded", "skipped(overlap)", "skipped(overlap)", "succeeded", "skipped(overlap)"},
			[]int{0, -1, -1, 30, -1},
			1,
		},
		"queue_one": {
			map[string]any{"overlap": "queue_one"},
			[]string{"succeeded", "succeeded", "skipped(overlap)", "succeeded", "skipped(overlap)"},
			[]int{0, 25, -1, 50, -1},
			1,
		},
		"allow": {
			map[string]any{"overlap": "allow"},
			[]string{"succeeded", "succeeded", "succeeded", "succeeded", "succeeded"},
			[]int{0, 10, 20, 30, 40},
			3,
		},
		"allow two": {
			map[string]any{"overlap": "allow", "max_instances": 2},
			[]string{"succeeded", "succeeded", "skipped(overlap)", "succeeded", "succeeded"},
			[]int{0, 10, -1, 30, 40},
			2,
		},
		"replace": {
			map[string]any{"overlap": "replace"},
			[]string{"cancelled", "cancelled", "cancelled", "cancelled", "cancelled"},
			[]int{0, 10, 20, 30, 40},
			1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				count := newCounter(takes(25 * time.Second))
				w.exec.run = count.run
				first := w.createWith("j", 10, tt.rules).Next
				w.pass(90 * time.Second)
				w.stop()
				rows := w.store.rows("j")[:5]
				if diff := cmp.Diff(tt.want, states(rows)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				var started []int
				for _, r := range rows {
					at := -1
					if !r.StartedAt.IsZero() {
						at = int(r.StartedAt.Sub(first) / time.Second)
					}
					started = append(started, at)
				}
				if diff := cmp.Diff(tt.started, started); diff != "" {
					t.Errorf("starts (-want +got):\n%s", diff)
				}
				if count.most() != tt.most {
					t.Errorf("%d runs side by side, want %d", count.most(), tt.most)
				}
			})
		})
	}
}

// Whoever is replaced says so, and one that waited for its turn never starts.
func TestReplacedRunsSayWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		// It takes 15 s to die, so that the second waits when the third is due.
		w.exec.run = func(ctx context.Context, _ cronsole.Execution) cronsole.State {
			<-ctx.Done()
			<-time.After(15 * time.Second)
			return cronsole.Cancelled
		}
		w.createWith("j", 10, map[string]any{"overlap": "replace"})
		w.pass(36 * time.Second)
		rows := w.store.rows("j")
		if got := states(rows)[:2]; got[0] != "cancelled" || got[1] != "cancelled" {
			t.Errorf("rows %v", states(rows))
		}
		if second := rows[1]; !second.StartedAt.IsZero() || second.Error != "replaced by a newer run" {
			t.Errorf("the second started %v, error %q", second.StartedAt, second.Error)
		}
		w.stop()
	})
}

// After downtime the job's misfire rule says what of the missed instants runs.
func TestMisfireRules(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	tests := map[string]struct {
		rules map[string]any
		down  time.Duration
		ran   int   // of what was missed
		left  int64 // instants skipped(misfire)
	}{
		"skip, within the grace":       {map[string]any{"misfire": "skip"}, 85 * time.Second, 1, 0},
		"skip, the newest is on time":  {map[string]any{"misfire": "skip"}, 5*minute + 30*time.Second, 1, 4},
		"skip, all are late":           {map[string]any{"misfire": "skip", "misfire_grace": "5s"}, 5*minute + 30*time.Second, 0, 5},
		"run_once":                     {map[string]any{"misfire": "run_once"}, 5*minute + 30*time.Second, 1, 4},
		"run_all":                      {map[string]any{"misfire": "run_all"}, 5*minute + 30*time.Second, 5, 0},
		"run_all, at most three":       {map[string]any{"misfire": "run_all", "catchup_limit": 3}, 5*minute + 30*time.Second, 3, 2},
		"run_all, of two minutes":      {map[string]any{"misfire": "run_all", "catchup_window": "2m"}, 5*minute + 30*time.Second, 2, 3},
		"run_all, forty days":          {map[string]any{"misfire": "run_all"}, 40*24*60*minute + 30*time.Second, 100, 40*24*60 - 100},
		"run_all, but one at the most": {map[string]any{"misfire": "run_all", "catchup_limit": 1}, 5*minute + 30*time.Second, 1, 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t).start()
				count := newCounter(takes(100 * time.Millisecond))
				w.exec.run = count.run
				first := w.createWith("j", 60, tt.rules).Next
				w.stop()
				w.setClock(tt.down - time.Second)
				w.start()
				w.pass(20 * time.Second)
				w.stop()
				ran, left, due := 0, int64(0), first
				for _, r := range w.store.rows("j") {
					if !r.Due.Equal(due) {
						t.Fatalf("a row of %s where %s was due", r.Due, due)
					}
					due = due.Add(time.Duration(r.Count) * minute)
					switch {
					case r.State == cronsole.Succeeded:
						ran++
					case r.Reason == cronsole.ReasonMisfire:
						left += r.Count
					default:
						t.Errorf("%s is %s %s", r.Due, r.State, r.Reason)
					}
				}
				if ran != tt.ran || left != tt.left {
					t.Errorf("%d ran and %d were skipped, want %d and %d", ran, left, tt.ran, tt.left)
				}
				if count.most() > 1 {
					t.Errorf("%d runs side by side", count.most())
				}
			})
		})
	}
}

// counter counts the runs that go on side by side.
type counter struct {
	inner func(context.Context, cronsole.Execution) cronsole.State
	now   chan int // holds how many go on; taking it locks
	peak  int
}

func newCounter(inner func(context.Context, cronsole.Execution) cronsole.State) *counter {
	c := &counter{inner: inner, now: make(chan int, 1)}
	c.now <- 0
	return c
}

func (c *counter) run(ctx context.Context, e cronsole.Execution) cronsole.State {
	n := <-c.now + 1
	c.peak = max(c.peak, n)
	c.now <- n
	defer func() { c.now <- <-c.now - 1 }()
	return c.inner(ctx, e)
}

func (c *counter) most() int {
	n := <-c.now
	defer func() { c.now <- n }()
	return c.peak
}
