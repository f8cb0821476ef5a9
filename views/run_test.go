package views

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func TestStatesInWords(t *testing.T) {
	type words struct{ Word, Look, Icon, Class string }
	tests := map[cronsole.State]words{
		cronsole.Queued:      {"Queued", "wait", "clock", "run"},
		cronsole.Running:     {"Running", "run", "loader-circle", "run"},
		cronsole.Succeeded:   {"Succeeded", "ok", "circle-check", "ok"},
		cronsole.Failed:      {"Failed", "fail", "circle-x", "fail"},
		cronsole.TimedOut:    {"Timed out", "fail", "circle-x", "fail"},
		cronsole.Cancelled:   {"Cancelled", "skip", "circle-dashed", "idle"},
		cronsole.Interrupted: {"Interrupted", "skip", "circle-dashed", "idle"},
		cronsole.Skipped:     {"Skipped", "skip", "circle-dashed", "idle"},
		"new_one":            {"new_one", "skip", "circle-dashed", "idle"},
	}
	for state, want := range tests {
		m := runMark(Look(state))
		if diff := cmp.Diff(want, words{StateWord(state), Look(state), m.icon, m.class}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", state, diff)
		}
	}
}

func TestWhyARunEndedAsItDid(t *testing.T) {
	tests := map[string]struct {
		run  cronsole.Run
		want string
	}{
		"succeeded":        {cronsole.Run{State: cronsole.Succeeded, ExitCode: new(0), Error: "a warning"}, ""},
		"still going on":   {cronsole.Run{State: cronsole.Running}, ""},
		"exit code":        {cronsole.Run{State: cronsole.Failed, ExitCode: new(3)}, "exit 3"},
		"and a line":       {cronsole.Run{State: cronsole.Failed, ExitCode: new(3), Error: "no such file"}, "exit 3 · no such file"},
		"signal":           {cronsole.Run{State: cronsole.TimedOut, Signal: "SIGKILL", Error: "longer than 1h"}, "SIGKILL · longer than 1h"},
		"a line only":      {cronsole.Run{State: cronsole.Interrupted, Error: "the console was shut down"}, "the console was shut down"},
		"nothing is known": {cronsole.Run{State: cronsole.Failed}, ""},
		"coloured":         {cronsole.Run{State: cronsole.Failed, Error: "\x1b[31mbad\x1b[0m\x00"}, "bad"},
		"cancelled":        {cronsole.Run{State: cronsole.Cancelled, Error: "cancelled"}, "cancelled"},
		"missed":           {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonMisfire, Count: 1}, "missed: nothing could run at that time"},
		"many missed":      {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonMisfire, Count: 1200}, "missed: nothing could run at that time, 1 200 due times"},
		"overlap":          {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonOverlap}, "the last run was still going on"},
		"paused":           {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonPaused}, "the job was paused"},
		"frozen":           {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonFrozen}, "runs were frozen"},
		"expired":          {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonExpired}, "it waited too long for its turn"},
		"queue full":       {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonQueueFull}, "too many runs were waiting"},
		"code missing":     {cronsole.Run{State: cronsole.Skipped, Reason: cronsole.ReasonCodeMissing}, "the code was not deployed"},
		"a newer reason":   {cronsole.Run{State: cronsole.Skipped, Reason: "eclipse"}, "eclipse"},
	}
	for name, tt := range tests {
		row := NewRunRow(&tt.run)
		if got := row.Why(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestTheInstantThatTellsMost(t *testing.T) {
	due, started, finished, queued := noon, noon.Add(time.Second), noon.Add(time.Minute), noon.Add(-time.Hour)
	tests := map[string]struct {
		run  cronsole.Run
		want time.Time
	}{
		"its start":   {cronsole.Run{Due: due, StartedAt: started, FinishedAt: finished, QueuedAt: queued}, started},
		"else due":    {cronsole.Run{Due: due, FinishedAt: finished, QueuedAt: queued}, due},
		"else end":    {cronsole.Run{FinishedAt: finished, QueuedAt: queued}, finished},
		"else queued": {cronsole.Run{QueuedAt: queued}, queued},
	}
	for name, tt := range tests {
		row := NewRunRow(&tt.run)
		if got := row.When(); !got.Equal(tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestHowLateAndHowLong(t *testing.T) {
	tests := map[string]struct {
		delay, took time.Duration
		want        [2]string
	}{
		"at once":      {0, 0, [2]string{"+0.0 s", "0 ms"}},
		"a little":     {120 * time.Millisecond, 1900 * time.Millisecond, [2]string{"+0.1 s", "1.9 s"}},
		"a minute":     {time.Minute, time.Minute, [2]string{"+1 min", "1 min"}},
		"below that":   {59949 * time.Millisecond, 59999 * time.Millisecond, [2]string{"+59.9 s", "59.9 s"}},
		"a long while": {26 * time.Hour, 26 * time.Hour, [2]string{"+1 d 2 h", "1 d 2 h"}},
	}
	for name, tt := range tests {
		row := NewRunRow(&cronsole.Run{Due: noon, StartedAt: noon.Add(tt.delay), FinishedAt: noon.Add(tt.delay + tt.took)})
		if got := [2]string{row.DelayText(), row.Took()}; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	for name, r := range map[string]cronsole.Run{
		"by hand": {StartedAt: noon}, "never started": {Due: noon, FinishedAt: noon}, "just queued": {Due: noon},
	} {
		row := NewRunRow(&r)
		if row.DelayText() != "" || row.Took() != "" {
			t.Errorf("%s: %q, %q", name, row.DelayText(), row.Took())
		}
	}
}

// TestARunInJSON: what is not known is null, never nought.
func TestARunInJSON(t *testing.T) {
	tests := map[string]struct {
		run  cronsole.Run
		want string
	}{
		"never started": {
			cronsole.Run{
				ID: 5, JobID: "sync", Code: "sync", Due: noon, DueUntil: noon.Add(time.Hour), Count: 2, Cause: cronsole.CauseSchedule,
				State: cronsole.Skipped, Reason: cronsole.ReasonMisfire, QueuedAt: noon, FinishedAt: noon,
			},
			`{"id":5,"job_id":"sync","code":"sync","due":"2026-11-23T12:00:00Z","due_until":"2026-11-23T13:00:00Z","count":2,"state":"skipped",` +
				`"reason":"misfire","cause":"schedule","attempt":0,"queued_at":"2026-11-23T12:00:00Z","started_at":null,"finished_at":"2026-11-23T12:00:00Z",` +
				`"duration_ms":null,"delay_ms":null,"exit_code":null}`,
		},
		"a signal": {
			*func() *cronsole.Run {
				r := run(6, cronsole.Failed, 1500*time.Millisecond)
				r.Signal, r.Error = "SIGSEGV", "core dumped"
				return r
			}(),
			`{"id":6,"job_id":"sync","code":"sync","due":"2026-11-23T12:00:00Z","count":1,"state":"failed","reason":null,"cause":"schedule","attempt":1,` +
				`"queued_at":"2026-11-23T12:00:00Z","started_at":"2026-11-23T12:00:00.1Z","finished_at":"2026-11-23T12:00:01.6Z","duration_ms":1500,` +
				`"delay_ms":100,"exit_code":null,"signal":"SIGSEGV","error":"core dumped"}`,
		},
	}
	for name, tt := range tests {
		got, err := json.Marshal(NewRunRow(&tt.run))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, err := json.Marshal(NewRunRows(nil)); string(got) != "[]" || err != nil {
		t.Errorf("no runs: %s, %v", got, err)
	}
}

// TestTheEndOfARunIsAnnounced to who listens instead of watching.
func TestTheEndOfARunIsAnnounced(t *testing.T) {
	for state, want := range map[cronsole.State]string{
		cronsole.Queued: "Run 9 is waiting for its turn", cronsole.Running: "Run 9 is running", cronsole.Succeeded: "Run 9 succeeded after 4 min 8 s",
		cronsole.Failed: "Run 9 failed after 4 min 8 s", cronsole.TimedOut: "Run 9 timed out after 4 min 8 s",
		cronsole.Cancelled: "Run 9 was cancelled after 4 min 8 s", cronsole.Interrupted: "Run 9 was interrupted after 4 min 8 s",
		cronsole.Skipped: "Run 9 was skipped: the job was paused",
	} {
		r := run(9, state, 248*time.Second)
		r.Reason = cronsole.ReasonPaused
		if got := NewRunDetail(Shell{Now: noon}, r, nil).Announcement(); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	r := run(9, cronsole.Cancelled, 0)
	r.StartedAt = time.Time{}
	if got := NewRunDetail(Shell{Now: noon}, r, nil).Announcement(); got != "Run 9 was cancelled" {
		t.Errorf("cancelled while it waited: %q", got)
	}
}

func TestARunMeasuredByTheMedian(t *testing.T) {
	tests := map[string]struct {
		median, took time.Duration
		want         int
	}{
		"no success yet": {0, time.Second, -1}, "half": {10 * time.Second, 5 * time.Second, 50}, "longer": {time.Second, time.Hour, 100},
		"just begun": {time.Hour, 0, 0}, "very long": {time.Millisecond, 365 * 24 * time.Hour, 100},
	}
	for name, tt := range tests {
		m := NewRunDetail(Shell{Now: noon}, run(1, cronsole.Succeeded, tt.took), nil)
		m.Median = tt.median
		if got := m.Progress(); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	waiting := run(1, cronsole.Queued, 0)
	waiting.StartedAt, waiting.FinishedAt = time.Time{}, time.Time{}
	m := NewRunDetail(Shell{Now: noon}, waiting, nil)
	m.Median = time.Second
	if m.Progress() != -1 || m.Elapsed() != 0 || m.ElapsedText() != "" {
		t.Errorf("queued: %d, %s, %q", m.Progress(), m.Elapsed(), m.ElapsedText())
	}
	live := run(1, cronsole.Running, 0)
	live.FinishedAt = time.Time{}
	if got := NewRunDetail(Shell{Now: noon.Add(time.Minute)}, live, nil).Elapsed(); got != 59900*time.Millisecond {
		t.Errorf("running: %s", got)
	}
	if got := NewRunDetail(Shell{Now: noon.Add(-time.Minute)}, live, nil).Elapsed(); got != 0 {
		t.Errorf("running, the clock went back: %s", got)
	}
}

func TestWhatARunSaysOfItself(t *testing.T) {
	type said struct{ Subtitle, Planned, Note string }
	queued := run(1, cronsole.Queued, 0)
	queued.StartedAt, queued.FinishedAt = time.Time{}, time.Time{}
	live := run(1, cronsole.Running, 0)
	live.FinishedAt = time.Time{}
	missed := run(1, cronsole.Skipped, 0)
	missed.StartedAt, missed.DueUntil = time.Time{}, noon.Add(2*time.Hour)
	cut := run(1, cronsole.Failed, time.Second)
	cut.OutputFrom, cut.OutputBytes = 1500, 2500
	removed := run(1, cronsole.Succeeded, time.Second)
	removed.PurgedAt, removed.OutputFrom = noon, 5
	byRule := *removed
	byRule.PurgedBy = "keep_bytes=104857600"
	tests := map[string]struct {
		run  *cronsole.Run
		want said
	}{
		"removed by a rule": {&byRule, said{
			"started 12:00:00", "Today, started +0.1 s",
			"The output was removed on Mon 23 Nov 2026 12:00:00 UTC, because the job kept 104.9 MB of output (keep_bytes=104857600).",
		}},
		"queued":     {queued, said{"waits for its turn", "Today", ""}},
		"running":    {live, said{"started 12:00:00 · limit 10 min", "Today, started +0.1 s", ""}},
		"failed":     {run(1, cronsole.Failed, time.Second), said{"started 12:00:00", "Today, started +0.1 s", ""}},
		"a range":    {missed, said{"Today 12:00:00", "Today, to 14:00:00", ""}},
		"output cut": {cut, said{"started 12:00:00", "Today, started +0.1 s", "The first 1.5 kB of 2.5 kB were cut; the end is kept."}},
		"removed": {removed, said{
			"started 12:00:00", "Today, started +0.1 s", "The output was removed on Mon 23 Nov 2026 12:00:00 UTC, as the job's keep rules say.",
		}},
	}
	for name, tt := range tests {
		m := NewRunDetail(Shell{Now: noon.Add(time.Minute)}, tt.run, nil)
		m.Timeout = 10 * time.Minute
		if diff := cmp.Diff(tt.want, said{m.subtitle(), m.plannedDetail(), m.OutputNote()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
