package sqlite

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cronsole/internal/cronsole"
)

const day = 24 * time.Hour

// purge takes steps until a round is over.
func purge(t *testing.T, s *Store, now time.Time) (steps int) {
	t.Helper()
	for more := true; more; steps++ {
		if steps > 1000 {
			t.Fatal("retention does not come to an end")
		}
		more = get(s.Purge(t.Context(), now))(t)
	}
	return steps
}

func TestRetentionKeepsWhatTheRulesAllow(t *testing.T) {
	tests := map[string]struct {
		rules  cronsole.Rules
		runs   []int // places of the rows that are left, of ten, one a day
		output []int // those that still have their output
	}{
		"no limits":          {cronsole.Rules{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []int{1, 2, 3, 4, 5, 6, 7, 9}},
		"by count":           {cronsole.Rules{KeepRuns: 3}, []int{0, 7, 8, 9}, []int{7, 9}},
		"by age":             {cronsole.Rules{KeepDays: 5}, []int{0, 5, 6, 7, 8, 9}, []int{5, 6, 7, 9}},
		"by bytes of output": {cronsole.Rules{KeepBytes: 350}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []int{6, 7, 9}},
		"whichever is first": {cronsole.Rules{KeepRuns: 5, KeepDays: 8, KeepBytes: 100}, []int{0, 5, 6, 7, 8, 9}, []int{9}},
		"none fits":          {cronsole.Rules{KeepBytes: 1}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, Options{})
			j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = tt.rules })
			spared := addJob(t, s, "spared", func(j *cronsole.Job) { j.Definition.Rules = cronsole.Rules{} })
			ranRun(t, s, spared, noon.Add(-1000*day), cronsole.Succeeded)

			// The oldest row is still running and the ninth was skipped; each of
			// the others wrote 100 bytes.
			var runs []*cronsole.Run
			for i := range 10 {
				due := noon.Add(time.Duration(i) * day)
				switch i {
				case 0:
					runs = append(runs, addRun(t, s, newRun(j, due)))
					must(t, s.StartRuns(t.Context(), []int64{runs[0].ID}, due))
				case 8:
					runs = append(runs, addRun(t, s, skippedRun(j, due, cronsole.ReasonOverlap)))
				default:
					runs = append(runs, ranRun(t, s, j, due, cronsole.Failed))
					chunk := cronsole.Chunk{Time: due, Stream: cronsole.Stdout, Data: bytes.Repeat([]byte("x"), 100)}
					must(t, s.AppendOutput(t.Context(), runs[i].ID, []cronsole.Chunk{chunk}, 0))
				}
			}
			now := noon.Add(10 * day)
			purge(t, s, now)

			var left, output []int
			for i, r := range runs {
				got, err := s.Run(t.Context(), r.ID)
				if kindOf(err) == cronsole.NotFound {
					if !strings.Contains(err.Error(), "is not kept any more: it was one more than keep_runs") {
						t.Errorf("run %d: %v", i, err)
					}
					continue
				}
				must(t, err)
				left = append(left, i)
				chunks := get(s.Output(t.Context(), r.ID, 0))(t)
				if len(chunks) > 0 {
					output = append(output, i)
				}
				wrote := i != 0 && i != 8
				if gone := wrote && len(chunks) == 0; gone != got.PurgedAt.Equal(now) {
					t.Errorf("run %d: output gone %v, purged at %v", i, gone, got.PurgedAt)
				} else if rule := fmt.Sprintf("keep_bytes=%d", j.Definition.Rules.KeepBytes); gone && got.PurgedBy != rule {
					t.Errorf("run %d: purged by %q, want %q", i, got.PurgedBy, rule)
				}
			}
			if diff := cmp.Diff(tt.runs, left); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.output, output, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if steps := purge(t, s, now); steps != 1 {
				t.Errorf("a second round took %d steps", steps)
			}
			if got := get(s.Runs(t.Context(), cronsole.RunQuery{JobID: "spared", Limit: 9}))(t); len(got.Runs) != 1 {
				t.Errorf("the job without limits has %d rows", len(got.Runs))
			}
		})
	}
}

func TestRetentionTakesSmallSteps(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = cronsole.Rules{KeepRuns: 10} })
	const rows = 3*purgeRuns + 10
	a := &cronsole.Advance{JobKey: j.Key, From: noon, To: noon.Add(rows * time.Second), Next: noon.Add(day)}
	for i := range rows {
		a.Runs = append(a.Runs, skippedRun(j, noon.Add(time.Duration(i+1)*time.Second), cronsole.ReasonOverlap))
	}
	must(t, s.Advance(t.Context(), []*cronsole.Advance{a}))
	for range purgeJobs * 2 {
		addJob(t, s, jobName(get(s.Stats(t.Context()))(t).Jobs))
	}
	for i, want := range []int64{rows - purgeRuns, rows - 2*purgeRuns, 10} {
		if more := get(s.Purge(t.Context(), noon))(t); !more {
			t.Errorf("step %d says it was the last", i)
		}
		if got := get(s.JobStats(t.Context(), j.Key, noon))(t).Total; got != want {
			t.Errorf("after step %d: %d rows, want %d", i, got, want)
		}
	}
	if steps := purge(t, s, noon); steps != 3 {
		t.Errorf("the rest of the round took %d steps, want 3 (101 jobs)", steps)
	}
}

func TestDeletedJobIsForgottenWithItsLastRun(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x", func(j *cronsole.Job) { j.Definition.Rules = cronsole.Rules{KeepDays: 5} })
	ranRun(t, s, j, noon, cronsole.Succeeded)
	must(t, s.DeleteJob(t.Context(), j.Key, noon.Add(day), rand.Text()))
	purge(t, s, noon.Add(5*day))
	if _, err := s.LastJob(t.Context(), "x"); err != nil {
		t.Errorf("too early: %v", err)
	}
	purge(t, s, noon.Add(5*day+2*time.Second))
	if got := get(s.Runs(t.Context(), cronsole.RunQuery{JobID: "x", Limit: 9}))(t); len(got.Runs) != 0 {
		t.Errorf("%d rows left", len(got.Runs))
	}
	if _, err := s.LastJob(t.Context(), "x"); err != nil {
		t.Errorf("its runs went before it: %v", err)
	}
	purge(t, s, noon.Add(7*day))
	if _, err := s.LastJob(t.Context(), "x"); kindOf(err) != cronsole.NotFound {
		t.Errorf("still there: %v", err)
	}
	if again := addJob(t, s, "x"); again.Key <= j.Key {
		t.Errorf("key %d was used again", again.Key)
	}
}
