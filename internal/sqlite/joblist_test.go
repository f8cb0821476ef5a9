package sqlite

import (
	"cmp"
	"context"
	"crypto/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cronsole/internal/cronsole"
)

// model is a list of jobs kept in memory, with what the filters ask for.
type model struct {
	job           *cronsole.Job
	running, late bool
	last          int64
}

func (m model) matches(q cronsole.JobQuery) bool {
	d := m.job.Definition
	texts := append([]string{m.job.ID, d.Code, d.Schedule.Words(), d.Schedule.Expression()}, d.Rules.Tags...)
	return (q.Text == "" || slices.ContainsFunc(texts, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(q.Text))
	})) &&
		(q.Type == "" || d.Schedule.Type == q.Type) &&
		(q.Tag == "" || slices.Contains(d.Rules.Tags, q.Tag)) &&
		map[string]bool{
			"": true, "running": m.running, "failing": m.job.FailStreak > 0, "late": m.late,
			"paused": m.job.State == cronsole.JobPaused, "finished": m.job.State == cronsole.JobFinished,
		}[q.State]
}

func (m model) next() int64 {
	if m.job.Next.IsZero() {
		return 1 << 60
	}
	return m.job.Next.UnixMilli()
}

func (m model) rank() int {
	if m.late || m.job.FailStreak > 0 {
		return 0
	}
	return 1
}

func inOrder(sort string) func(a, b model) int {
	name, desc := strings.CutPrefix(sort, "-")
	return func(a, b model) int {
		c := map[string]int{
			"":     cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.next(), b.next())),
			"next": cmp.Compare(a.next(), b.next()),
			"name": cmp.Compare(strings.ToLower(a.job.ID), strings.ToLower(b.job.ID)),
			"last": cmp.Compare(a.last, b.last),
		}[name]
		c = cmp.Or(c, cmp.Compare(a.job.Key, b.job.Key))
		if desc {
			return -c
		}
		return c
	}
}

// drawJobs fills the store with a few jobs in every state, and returns the same
// as a model.
func drawJobs(ctx context.Context, t *rapid.T, s *Store) []model {
	ok := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(s.write(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM revisions; DELETE FROM runs; DELETE FROM jobs`)
		return err
	}))
	s.living.changed()
	var all []model
	for i := range rapid.IntRange(0, 12).Draw(t, "jobs") {
		j := newJob(rapid.SampledFrom([]string{"alpha", "Beta", "be.ta", "gam_ma", "100pc"}).Draw(t, "id") + "-" + string(rune('a'+i)))
		j.State = rapid.SampledFrom([]cronsole.JobState{cronsole.JobActive, cronsole.JobActive, cronsole.JobPaused, cronsole.JobFinished}).Draw(t, "state")
		j.Next = noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "next")) * time.Minute)
		if j.State != cronsole.JobActive {
			j.Next = time.Time{}
		}
		j.FailStreak = rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "streak")
		j.Definition.Rules.Tags = rapid.SampledFrom([][]string{nil, {"x"}, {"x", "Größe"}, {"xy"}}).Draw(t, "tags")
		if rapid.Bool().Draw(t, "cron") {
			j.Definition.Schedule = cronsole.Schedule{Type: cronsole.TypeCron, Cron: cronsole.CronFields{Hour: "2"}, Timezone: "UTC"}
		}
		ok(s.CreateJob(ctx, j))
		m := model{job: j, late: j.State == cronsole.JobActive && j.Next.Add(time.Minute).Before(noon)}
		for k := range rapid.IntRange(0, 3).Draw(t, "runs") {
			due := noon.Add(time.Duration(k-4) * time.Minute)
			r := newRun(j, due)
			switch rapid.SampledFrom([]string{"queued", "running", "skipped"}).Draw(t, "run") {
			case "queued":
				m.late = m.late || due.Add(time.Minute).Before(noon)
			case "running":
				r.State, r.StartedAt, m.running = cronsole.Running, due, true
			case "skipped":
				r = skippedRun(j, due, cronsole.ReasonOverlap)
			}
			ok(s.AddRun(ctx, r))
			if r.State != cronsole.Skipped {
				m.last = due.UnixMilli()
			}
		}
		all = append(all, m)
	}
	return all
}

func TestEveryListIsTheModelsList(t *testing.T) {
	s := openStore(t, Options{})
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		all := drawJobs(ctx, t, s)
		for range 8 {
			q := cronsole.JobQuery{
				Text:  rapid.SampledFrom([]string{"", "", "ET", "alpha", "%", "_", "größe", "every", "at 02", "log_", "\n"}).Draw(t, "text"),
				State: rapid.SampledFrom([]string{"", "", "running", "failing", "late", "paused", "finished"}).Draw(t, "tab"),
				Type:  rapid.SampledFrom([]cronsole.Type{"", "", cronsole.TypeCron, cronsole.TypeDate}).Draw(t, "type"),
				Tag:   rapid.SampledFrom([]string{"", "", "x", "Größe", "y"}).Draw(t, "tag"),
				Sort:  rapid.SampledFrom([]string{"", "-", "next", "-next", "name", "-name", "last", "-last"}).Draw(t, "sort"),
				Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
				Now:   noon,
			}
			var want []string
			sorted := slices.Clone(all)
			slices.SortFunc(sorted, inOrder(q.Sort))
			for _, m := range sorted {
				if m.matches(q) {
					want = append(want, m.job.ID)
				}
			}
			checkPages(t, s, q, want)
			checkCounts(t, s, all)
		}
	})
}

// checkPages walks the list by cursor and by number; both ways yield every job
// once, in order.
func checkPages(t *rapid.T, s *Store, q cronsole.JobQuery, want []string) {
	for _, way := range []string{"cursor", "number"} {
		var got []string
		for q.Page, q.After = 1, ""; ; q.Page++ {
			page, err := s.Jobs(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != len(want) || len(page.Rows) > q.Limit {
				t.Fatalf("%+v: total %d, want %d; %d rows", q, page.Total, len(want), len(page.Rows))
			}
			got = append(got, jobIDs(page)...)
			if page.Next == "" {
				break
			}
			if way == "cursor" {
				q.After = page.Next
			}
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%+v by %s (-want +got):\n%s", q, way, diff)
		}
	}
}

func checkCounts(t *rapid.T, s *Store, all []model) {
	want := cronsole.JobCounts{All: len(all)}
	for _, m := range all {
		for _, c := range []struct {
			n  *int
			is bool
		}{{&want.Running, m.running}, {&want.Failing, m.job.FailStreak > 0}, {&want.Late, m.late}, {&want.Paused, m.job.State == cronsole.JobPaused}} {
			if c.is {
				*c.n++
			}
		}
	}
	got, err := s.Counts(context.Background(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestBadListQueriesNameTheValue(t *testing.T) {
	s := openStore(t, Options{})
	for i := range 3 {
		addJob(t, s, jobName(i))
	}
	byName := get(s.Jobs(t.Context(), cronsole.JobQuery{Sort: "name", Limit: 1, Now: noon}))(t).Next
	tests := map[string]struct {
		q    cronsole.JobQuery
		want string
	}{
		"no such sort":            {cronsole.JobQuery{Sort: "age", Limit: 1}, "sort"},
		"no such state":           {cronsole.JobQuery{State: "sad", Limit: 1}, "state"},
		"no limit":                {cronsole.JobQuery{}, "limit"},
		"limit too high":          {cronsole.JobQuery{Limit: 1001}, "limit"},
		"cursor is nonsense":      {cronsole.JobQuery{Limit: 1, After: "!"}, "after"},
		"cursor is no JSON":       {cronsole.JobQuery{Limit: 1, After: "AAAA"}, "after"},
		"cursor of another order": {cronsole.JobQuery{Limit: 1, After: byName}, "after"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.Jobs(t.Context(), tt.q)
			var fields []string
			if kindOf(err) == cronsole.Invalid {
				for _, f := range err.(*cronsole.Error).Fields { //nolint:errorlint // kindOf has looked
					fields = append(fields, f.Field)
				}
			}
			if diff := gocmp.Diff([]string{tt.want}, fields); diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestRowsCarryTheirRuns(t *testing.T) {
	s := openStore(t, Options{})
	busy, quiet := addJob(t, s, "busy"), addJob(t, s, "quiet")
	var ended []int64
	for i := range 5 {
		ended = append(ended, ranRun(t, s, busy, noon.Add(time.Duration(i)*time.Minute), cronsole.Succeeded).ID)
	}
	for i := range 4 {
		ended = append(ended, addRun(t, s, skippedRun(busy, noon.Add(time.Duration(10+i)*time.Minute), cronsole.ReasonOverlap)).ID)
	}
	running := addRun(t, s, newRun(busy, noon.Add(time.Hour)))
	must(t, s.StartRuns(t.Context(), []int64{running.ID}, noon.Add(time.Hour)))
	queued := addRun(t, s, newRun(busy, noon.Add(2*time.Hour)))

	tests := map[string]struct {
		recent int
		want   []int64
	}{
		"none":                   {0, nil},
		"fewer than there are":   {3, ended[6:]},
		"some of both kinds":     {6, ended[3:]},
		"all":                    {24, ended},
		"more than are ever got": {1000, ended},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			page := get(s.Jobs(t.Context(), cronsole.JobQuery{Sort: "name", Limit: 10, Now: noon, Recent: tt.recent}))(t)
			row := get(s.JobRow(t.Context(), "busy", tt.recent))(t)
			if diff := gocmp.Diff(row, page.Rows[0]); diff != "" {
				t.Errorf("list and row differ:\n%s", diff)
			}
			if diff := gocmp.Diff(tt.want, runIDs(row.Recent), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("recent:\n%s", diff)
			}
			if diff := gocmp.Diff([]int64{running.ID, queued.ID}, runIDs(row.Active)); diff != "" {
				t.Errorf("active:\n%s", diff)
			}
			if row.Last == nil || row.Last.ID != ended[4] {
				t.Errorf("last is %+v, want run %d", row.Last, ended[4])
			}
			if diff := gocmp.Diff(cronsole.JobRow{Job: quiet}, page.Rows[1]); diff != "" {
				t.Errorf("a job that never ran:\n%s", diff)
			}
		})
	}
	if _, err := s.JobRow(t.Context(), "nobody", 1); kindOf(err) != cronsole.NotFound {
		t.Errorf("unknown job: %v", err)
	}
}

func TestJobsByCodeListsTheLiving(t *testing.T) {
	s := openStore(t, Options{})
	for _, id := range []string{"b", "A", "gone"} {
		addJob(t, s, id)
	}
	addJob(t, s, "c", func(j *cronsole.Job) { j.Definition.Code = "other" })
	must(t, s.DeleteJob(t.Context(), get(s.Job(t.Context(), "gone"))(t).Key, noon, rand.Text()))
	want := map[string][]string{"log_something": {"A", "b"}, "other": {"c"}}
	if got := get(s.JobsByCode(t.Context()))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
