package cronsole

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDelayAndDurationOfARun(t *testing.T) {
	due := benchNow
	now := due.Add(time.Minute)
	type times struct{ Delay, Duration time.Duration }
	tests := map[string]struct {
		run  Run
		want times
	}{
		"queued":         {Run{Due: due}, times{}},
		"skipped":        {Run{Due: due, FinishedAt: due.Add(time.Second)}, times{}},
		"running":        {Run{Due: due, StartedAt: due.Add(2 * time.Second)}, times{2 * time.Second, 58 * time.Second}},
		"finished":       {Run{Due: due, StartedAt: due.Add(2 * time.Second), FinishedAt: due.Add(5 * time.Second)}, times{2 * time.Second, 3 * time.Second}},
		"manual":         {Run{StartedAt: due, FinishedAt: due.Add(time.Second)}, times{0, time.Second}},
		"manual, queued": {Run{QueuedAt: due}, times{}},
		"on the dot":     {Run{Due: due, StartedAt: due, FinishedAt: due}, times{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, times{tt.run.Delay(), tt.run.Duration(now)}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStatesThatAreFinalAndStatesThatAreBad(t *testing.T) {
	type is struct{ Final, Bad bool }
	for state, want := range map[State]is{
		Queued:      {false, false},
		Running:     {false, false},
		Succeeded:   {true, false},
		Failed:      {true, true},
		TimedOut:    {true, true},
		Cancelled:   {true, false},
		Interrupted: {true, true},
		Skipped:     {true, false},
	} {
		if got := (is{state.Final(), state.Bad()}); got != want {
			t.Errorf("%s: %+v, want %+v", state, got, want)
		}
	}
}

func TestIntervalOfAJobCountsFromItsAnchor(t *testing.T) {
	j := Job{Anchor: benchNow.Add(1500 * time.Microsecond), Definition: Definition{Schedule: Schedule{Type: TypeInterval, Interval: Units{Hours: 1}, Timezone: "UTC"}}}
	trigger, err := j.Trigger()
	if err != nil {
		t.Fatal(err)
	}
	want := []time.Time{benchNow.Add(time.Hour + time.Millisecond), benchNow.Add(2*time.Hour + time.Millisecond)}
	if diff := cmp.Diff(want, NextN(trigger, benchNow, 2)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNextNStopsWhenTheTriggerIsExhausted(t *testing.T) {
	trigger := mustTrigger(t, Schedule{Type: TypeDate, RunDate: "2027-01-01", Timezone: "UTC"})
	if diff := cmp.Diff([]time.Time{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, NextN(trigger, benchNow, 5)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := NextN(trigger, benchNow.AddDate(1, 0, 0), 5); got == nil || len(got) != 0 {
		t.Errorf("%#v, want an empty list", got)
	}
}

func TestRevisionCountsChanges(t *testing.T) {
	var r Revision
	if r.Current() != 0 {
		t.Errorf("%d changes before the first", r.Current())
	}
	r.Bump()
	r.Bump()
	if r.Current() != 2 {
		t.Errorf("%d changes, want 2", r.Current())
	}
}
