package verify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cronsole/internal/cronsole"
	"cronsole/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func interval(minutes int64) cronsole.Definition {
	return cronsole.Definition{
		Code: "x", Rules: cronsole.DefaultRules(),
		Schedule: cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Minutes: minutes}, Timezone: "UTC"},
	}
}

// good is a job of every minute from noon on that became one of every five
// minutes at 12:10, and was paused from 12:20 to 12:40. It is accounted for up
// to 12:51.
func good() History {
	h := History{
		Job: &cronsole.Job{ID: "j", Cursor: at(51), CreatedAt: noon},
		Revisions: []cronsole.JobRevision{
			{Version: 1, Definition: interval(1), Since: noon},
			{Version: 2, Definition: interval(5), Since: at(10)},
		},
	}
	for i := 1; i <= 10; i++ {
		h.Rows = append(h.Rows, Row{Run: int64(i), Due: at(i), Count: 1})
	}
	return History{Job: h.Job, Revisions: h.Revisions, Rows: append(h.Rows,
		Row{Run: 11, Due: at(15), Count: 1},
		Row{Run: 12, Due: at(20), Count: 1},
		Row{Run: 13, Due: at(25), Until: at(40), Count: 4},
		Row{Run: 14, Due: at(45), Count: 1},
		Row{Run: 15, Due: at(50), Count: 1},
	)}
}

func TestAWholeHistoryIsAccepted(t *testing.T) {
	h := good()
	if found, err := Check(h, time.Time{}, time.Time{}); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	h.Rows, h.Purged = h.Rows[7:], true
	if found, err := Check(h, time.Time{}, time.Time{}); err != nil || len(found) > 0 {
		t.Errorf("after retention: found %v, %v", found, err)
	}
}

// Retention passes over a run that goes on and removes what came after it. That is
// no loss; what is missing beyond the end of that run is one.
func TestRetentionBehindALongRun(t *testing.T) {
	tests := map[string]struct {
		ended time.Time
		want  int64 // missing
	}{
		"it goes on":                  {time.Time{}, 0},
		"it ended after the gap":      {at(8), 0},
		"it ended in the gap":         {at(5), 2},
		"it ended before the gap":     {at(1).Add(time.Second), 6},
		"it ended with the gap's end": {at(7).Add(-time.Millisecond), 1},
	}
	for name, tt := range tests {
		h := good()
		for i := range h.Rows {
			h.Rows[i].Ended = h.Rows[i].Due.Add(time.Second)
		}
		h.Rows[0].Ended, h.Purged = tt.ended, true
		h.Rows = append(h.Rows[:1], h.Rows[6+1:]...) // 12:02 to 12:07 are gone
		found, err := Check(h, time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for _, f := range found {
			n += f.Count
		}
		if n != tt.want {
			t.Errorf("%s: %v, want %d missing", name, found, tt.want)
		}
	}
}

// The checker is worth what it refuses.
func TestBadHistoriesAreRefused(t *testing.T) {
	one := func(kind Kind, minute int, count, run int64) []Finding {
		return []Finding{{JobID: "j", Kind: kind, Due: at(minute), Count: count, Run: run}}
	}
	tests := map[string]struct {
		harm func(*History)
		want []Finding
	}{
		"the first is lost":   {func(h *History) { h.Rows = h.Rows[1:] }, one(Missing, 1, 1, 0)},
		"one is lost":         {func(h *History) { h.Rows = append(h.Rows[:4], h.Rows[5:]...) }, one(Missing, 5, 1, 0)},
		"several are lost":    {func(h *History) { h.Rows = append(h.Rows[:4], h.Rows[7:]...) }, one(Missing, 5, 3, 0)},
		"the last is lost":    {func(h *History) { h.Rows = h.Rows[:14] }, one(Missing, 50, 1, 0)},
		"lost at an edit":     {func(h *History) { h.Rows = append(h.Rows[:9], h.Rows[10:]...) }, one(Missing, 10, 1, 0)},
		"all are lost":        {func(h *History) { h.Rows = nil }, append(one(Missing, 1, 10, 0), one(Missing, 15, 8, 0)...)},
		"a range is lost":     {func(h *History) { h.Rows = append(h.Rows[:12], h.Rows[13:]...) }, one(Missing, 25, 4, 0)},
		"doubled":             {func(h *History) { h.Rows = append(h.Rows, Row{Run: 16, Due: at(5), Count: 1}) }, one(Doubled, 5, 1, 16)},
		"doubled by a range":  {func(h *History) { h.Rows = append(h.Rows, Row{Run: 16, Due: at(30), Count: 1}) }, one(Doubled, 30, 1, 16)},
		"never due":           {func(h *History) { h.Rows = append(h.Rows, Row{Run: 16, Due: at(12), Count: 1}) }, one(Unexplained, 12, 1, 16)},
		"due before the job":  {func(h *History) { h.Rows = append(h.Rows, Row{Run: 16, Due: at(-1), Count: 1}) }, one(Unexplained, -1, 1, 16)},
		"due after the books": {func(h *History) { h.Rows = append(h.Rows, Row{Run: 16, Due: at(55), Count: 1}) }, one(Unexplained, 55, 1, 16)},
		"a range that counts too little": {
			func(h *History) { h.Rows[12].Count = 3 },
			one(Miscounted, 25, 4, 13),
		},
		"ran beyond max_runs": {
			func(h *History) {
				h.Revisions[1].Definition.Rules.MaxRuns = 2
				for i := range h.Rows {
					h.Rows[i].Ran = h.Rows[i].Count == 1 && i != 10
				}
			},
			one(Beyond, 50, 1, 15),
		},
		"early by a second": {
			func(h *History) { h.Rows[4].Due = at(5).Add(-time.Second) },
			[]Finding{{JobID: "j", Kind: Unexplained, Due: at(5).Add(-time.Second), Count: 1, Run: 5}, one(Missing, 5, 1, 0)[0]},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := good()
			tt.harm(&h)
			found, err := Check(h, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, f := range found {
				if f.String() == "" {
					t.Error("nothing is said")
				}
			}
		})
	}
}

func TestOnlyTheAskedTimeIsLookedAt(t *testing.T) {
	h := good()
	h.Rows = append(h.Rows[:4], h.Rows[7:]...) // 12:05 to 12:07 are lost
	for name, tt := range map[string]struct {
		from, to time.Time
		want     int64
	}{
		"all of it":   {at(0), at(60), 3},
		"a part":      {at(6), at(60), 2},
		"another":     {time.Time{}, at(5), 1},
		"before":      {time.Time{}, at(4), 0},
		"afterwards":  {at(8), time.Time{}, 0},
		"one instant": {at(6), at(6), 1},
	} {
		found, err := Check(h, tt.from, tt.to)
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for _, f := range found {
			n += f.Count
		}
		if n != tt.want {
			t.Errorf("%s: %v, want %d missing", name, found, tt.want)
		}
	}
}

// A date may be past when its job is made, by the grace and no more.
func TestADateThatWasJustPast(t *testing.T) {
	def := interval(1)
	def.Schedule = cronsole.Schedule{Type: cronsole.TypeDate, RunDate: "2026-03-01 12:00:00", Timezone: "UTC"}
	h := History{
		Job:       &cronsole.Job{ID: "j", Cursor: noon, CreatedAt: noon.Add(30 * time.Second)},
		Revisions: []cronsole.JobRevision{{Version: 1, Definition: def, Since: noon.Add(30 * time.Second)}},
		Rows:      []Row{{Run: 1, Due: noon, Count: 1}},
	}
	if found, err := Check(h, time.Time{}, time.Time{}); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	h.Rows = nil
	if found, _ := Check(h, time.Time{}, time.Time{}); len(found) != 1 {
		t.Errorf("without its row: %v", found)
	}
}

// Whatever row is taken out or put in twice, it is found.
func TestEveryLossAndDoubleIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := good()
		i := rapid.IntRange(0, len(h.Rows)-1).Draw(t, "row")
		if rapid.Bool().Draw(t, "doubled") {
			again := h.Rows[i]
			again.Run = 99
			h.Rows = append(h.Rows, again)
		} else {
			h.Rows = append(h.Rows[:i], h.Rows[i+1:]...)
		}
		found, err := Check(h, time.Time{}, time.Time{})
		if err != nil || len(found) != 1 {
			t.Fatalf("found %v, %v", found, err)
		}
	})
}

// What a clock change skips was due or not, and what it repeats once or twice,
// as the revision says.
func TestDSTOfEachRevisionHolds(t *testing.T) {
	berlin := func(dst cronsole.DST) cronsole.Definition {
		return cronsole.Definition{Code: "x", Rules: cronsole.DefaultRules(), Schedule: cronsole.Schedule{
			Type: cronsole.TypeCron, Cron: cronsole.CronFields{Hour: "2", Minute: "30"}, Timezone: "Europe/Berlin", DST: dst,
		}}
	}
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2027, month, day, hour, 30, 0, 0, time.UTC)
	}
	h := History{
		Job: &cronsole.Job{ID: "j", Cursor: day(10, 31, 12)},
		Revisions: []cronsole.JobRevision{
			{Version: 1, Definition: berlin(cronsole.DSTLiteral), Since: day(3, 27, 12)},
			{Version: 2, Definition: berlin(cronsole.DSTDefault), Since: day(3, 28, 12)},
			{Version: 3, Definition: berlin(cronsole.DSTLiteral), Since: day(3, 29, 12)},
		},
		// The 28th has none: the clock skips 02:30.
		Rows: []Row{{Run: 1, Due: day(3, 29, 0), Count: 1}, {Run: 2, Due: day(3, 30, 0), Until: day(10, 31, 1), Count: 217}},
	}
	if found, err := Check(h, time.Time{}, time.Time{}); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	h.Revisions[0].Definition, h.Revisions[2].Definition = berlin(cronsole.DSTDefault), berlin(cronsole.DSTDefault)
	found, err := Check(h, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Finding{
		{JobID: "j", Kind: Missing, Due: day(3, 28, 1), Count: 1},
		{JobID: "j", Kind: Miscounted, Due: day(3, 30, 0), Count: 216, Run: 2},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("by default (-want +got):\n%s", diff)
	}
}
