package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
)

// manyJobs is a store that answers for a thousand jobs at once, so that what is
// measured is the console and not the store. Each job has the 24 runs that a
// row shows.
type manyJobs struct {
	*world
	rows []cronsole.JobRow
}

func newManyJobs() *manyJobs {
	w := newWorld()
	m := &manyJobs{world: w}
	for i := range 1000 {
		job := w.schedule(fmt.Sprintf("job_%04d", i), cronsole.Request{
			Code: "log_something", Args: map[string]any{"expression": fmt.Sprintf("%d %d * * mon-fri", i%60, i%24)}, Timezone: "Europe/Berlin",
		})
		row := cronsole.JobRow{Job: job}
		for n := range 24 {
			started := noon.AddDate(0, 0, n-24)
			run := &cronsole.Run{
				ID: int64(i*24 + n + 1), JobKey: job.Key, JobID: job.ID, Code: "log_something", Due: started, Count: 1, Cause: cronsole.CauseSchedule,
				State: cronsole.Succeeded, Attempt: 1, QueuedAt: started, StartedAt: started, FinishedAt: started.Add(time.Duration(n+i%7) * time.Second), ExitCode: new(0),
			}
			if (i+n)%17 == 0 {
				run.State, run.ExitCode, run.Error = cronsole.Failed, new(1), "dial tcp 10.0.0.7:5432: connection refused"
			}
			row.Recent, row.Last = append(row.Recent, run), run
		}
		if row.Last.State == cronsole.Failed {
			job.FailStreak = 1
		}
		m.rows = append(m.rows, row)
	}
	return m
}

func (m *manyJobs) app() *fiber.App {
	return New(Config{
		Scheduler: m.world, Store: m, Catalog: m, Revision: &m.revision, Zone: "UTC", Now: m.clock, Log: m.logger(), Version: "test",
	})
}

func (m *manyJobs) Jobs(_ context.Context, q cronsole.JobQuery) (cronsole.JobPage, error) {
	page := cronsole.JobPage{Rows: slices.Clone(m.rows[:q.Limit]), Total: len(m.rows), Counts: cronsole.JobCounts{All: len(m.rows), Failing: 59}}
	if q.Limit < len(m.rows) {
		page.Next = m.rows[q.Limit-1].Job.ID
	}
	for i := range page.Rows {
		page.Rows[i].Recent = page.Rows[i].Recent[:q.Recent]
	}
	return page, nil
}

// BenchmarkJobs is the list of jobs in the forms in which it is asked for most.
func BenchmarkJobs(b *testing.B) {
	page, rows, list := get("/jobs").browser(), get("/jobs?part=rows").htmx(), get("/api/v1/jobs")
	for _, bench := range []struct {
		name string
		ask  request
		tag  bool
	}{
		{"page of 50", page, false},
		{"page of 50, compressed", page.with("Accept-Encoding", "gzip"), false},
		{"rows of 50", rows, false},
		{"unchanged rows", rows, true},
		{"JSON of 1000", list, false},
		{"unchanged JSON", list, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			app := newManyJobs().app()
			first := mustAsk(b, app, bench.ask, http.StatusOK)
			want, size := http.StatusOK, len(first.body)
			if bench.tag {
				bench.ask = bench.ask.with("If-None-Match", first.header.Get("ETag"))
				want, size = http.StatusNotModified, 0
			}
			handle, ctx := app.Handler(), &fasthttp.RequestCtx{}
			ctx.Request.SetRequestURI(bench.ask.target)
			ctx.Request.Header.SetHost("127.0.0.1")
			for name, values := range bench.ask.header {
				ctx.Request.Header.Set(name, values[0])
			}
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				handle(ctx)
			}
			if got := ctx.Response.StatusCode(); got != want || len(ctx.Response.Body()) != size {
				b.Fatalf("status %d with %d bytes, want %d with %d", got, len(ctx.Response.Body()), want, size)
			}
			b.ReportMetric(float64(size), "B/answer")
		})
	}
}

// TestTheListStaysSmall: what a phone loads, and what an idle tab asks for. The
// limits are those of the first visit without style and script.
func TestTheListStaysSmall(t *testing.T) {
	app := newManyJobs().app()
	plain := mustAsk(t, app, get("/jobs").browser(), http.StatusOK)
	packed := mustAsk(t, app, get("/jobs").browser().with("Accept-Encoding", "gzip"), http.StatusOK)
	if n := len(packed.body); n > 14<<10 {
		t.Errorf("a page of 50 jobs is %d bytes, compressed", n)
	}
	if n := plain.page(t).Find("*").Length(); n > 4000 {
		t.Errorf("a page of 50 jobs has %d elements", n)
	}
	rows := mustAsk(t, app, get("/jobs?part=rows").htmx(), http.StatusOK)
	if n := len(rows.body) / 50; n > 3<<10 {
		t.Errorf("a row is %d bytes", n)
	}
}
