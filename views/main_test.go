package views

import (
	"testing"
	"time"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// noon is a Monday.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func shellIn(t testing.TB, zone string) *Shell {
	t.Helper()
	loc, err := cronsole.Location(zone)
	if err != nil {
		t.Fatal(err)
	}
	return &Shell{Now: noon, Zone: loc}
}

// everyHour is a job that is due at each full hour.
func everyHour() *cronsole.Job {
	rules := cronsole.DefaultRules()
	return &cronsole.Job{
		Key: 7, ID: "sync", State: cronsole.JobActive, Anchor: noon, Cursor: noon, Next: noon.Add(time.Hour), Version: 3, CreatedAt: noon, UpdatedAt: noon,
		Definition: cronsole.Definition{
			Code: "sync", Schedule: cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Hours: 1}, Timezone: "UTC"},
			Args: []any{}, Rules: rules, Source: cronsole.SourceConsole,
		},
	}
}

// run is one that was due at noon and took a while.
func run(id int64, state cronsole.State, took time.Duration) *cronsole.Run {
	return &cronsole.Run{
		ID: id, JobKey: 7, JobID: "sync", Code: "sync", Due: noon, Count: 1, Cause: cronsole.CauseSchedule, State: state, Args: []any{}, Attempt: 1,
		QueuedAt: noon, StartedAt: noon.Add(100 * time.Millisecond), FinishedAt: noon.Add(100*time.Millisecond + took),
	}
}
