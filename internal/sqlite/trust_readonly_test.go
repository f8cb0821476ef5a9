package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-sqlite3"

	"cronsole/internal/cronsole"
)

// TestTrustReadOnly takes the right to write away from a ledger. Each write says
// so and changes nothing, pages are readable, and all goes on when it is back.
func TestTrustReadOnly(t *testing.T) {
	s := openStore(t, Options{})
	j := addJob(t, s, "x")
	waiting := addRun(t, s, newRun(j, noon))
	going := addRun(t, s, newRun(j, noon.Add(time.Minute)))
	must(t, s.StartRuns(t.Context(), []int64{going.ID}, noon))
	ctx := t.Context()
	edited := *j
	edited.Version = 2
	ended := cronsole.Outcome{RunID: going.ID, Attempt: 1, State: cronsole.Failed, StartedAt: noon, FinishedAt: noon.Add(time.Second)}
	writes := map[string]func() error{
		"CreateJob":   func() error { return s.CreateJob(ctx, newJob("y")) },
		"UpdateJob":   func() error { return s.UpdateJob(ctx, &edited) },
		"DeleteJob":   func() error { return s.DeleteJob(ctx, j.Key, noon) },
		"SetJobState": func() error { return s.SetJobState(ctx, j, nil) },
		"Advance": func() error {
			return s.Advance(ctx, []*cronsole.Advance{{JobKey: j.Key, From: j.Cursor, To: j.Next, Next: j.Next.Add(time.Minute)}})
		},
		"AddRun":     func() error { return s.AddRun(ctx, newRun(j, noon.Add(time.Hour))) },
		"StartRuns":  func() error { return s.StartRuns(ctx, []int64{waiting.ID}, noon) },
		"FinishRun":  func() error { return s.FinishRun(ctx, ended) },
		"RetryRun":   func() error { return s.RetryRun(ctx, ended, noon) },
		"ExpireRuns": func() error { return s.ExpireRuns(ctx, []int64{waiting.ID}, noon) },
		"InterruptRuns": func() error {
			_, err := s.InterruptRuns(ctx, noon, nil, func(*cronsole.Run) bool { return false })
			return err
		},
		"SetFreeze": func() error { return s.SetFreeze(ctx, &cronsole.Freeze{Since: noon, Reason: "x"}) },
		"AppendOutput": func() error {
			return s.AppendOutput(ctx, going.ID, []cronsole.Chunk{{Time: noon, Stream: cronsole.Stdout, Data: []byte("x")}}, 0)
		},
		"SaveProcess": func() error {
			return s.SaveProcess(ctx, cronsole.Process{RunID: going.ID, Attempt: 1, PID: 1, BootID: "b"})
		},
	}
	setReadOnly := func(on string) {
		t.Helper()
		must(t, s.conn(func(t tx) error {
			_, err := t.exec("PRAGMA query_only = " + on)
			return err
		}))
	}
	setReadOnly("ON")
	before := get(s.Runs(ctx, cronsole.RunQuery{Limit: 10}))(t)
	for name, write := range writes {
		if err := write(); kindOf(err) != cronsole.Unavailable {
			t.Errorf("%s: %v, want unavailable", name, err)
		}
	}
	if got := get(s.Stats(ctx))(t).Problem; got != unavailable[sqlite3.ErrReadonly] {
		t.Errorf("readiness says %q", got)
	}
	if diff := cmp.Diff(before, get(s.Runs(ctx, cronsole.RunQuery{Limit: 10}))(t)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if jobs := get(s.LiveJobs(ctx))(t); len(jobs) != 1 || jobs[0].Version != 1 {
		t.Errorf("jobs %v", jobs)
	}
	setReadOnly("OFF")
	must(t, s.FinishRun(ctx, ended))
	if got := get(s.Stats(ctx))(t).Problem; got != "" {
		t.Errorf("readiness still says %q", got)
	}
}
