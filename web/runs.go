package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

var (
	stateNames = []string{"queued", "running", "succeeded", "failed", "timed_out", "cancelled", "interrupted", "skipped"}
	reasons    = []string{"misfire", "overlap", "paused", "frozen", "expired", "queue_full", "code_missing"}
)

// listRuns answers GET /runs as a page, as its rows, or as JSON.
func (s *server) listRuns(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	vq, q, err := runListQuery(c)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "Runs", "runs")
	if err != nil {
		return err
	}
	page, err := s.Store.Runs(c.UserContext(), q)
	if err != nil {
		return err
	}
	m := views.NewRunList(sh, vq, page)
	return s.respond(c, Response{
		Model: m, Page: views.RunsPage(m), Until: m.Midnight(),
		Parts: map[string]templ.Component{"rows": views.RunsRows(m)},
	})
}

func runListQuery(c *fiber.Ctx) (views.RunListQuery, cronsole.RunQuery, error) {
	in := query{c: c}
	limit := int64(100)
	if wants(c) == formatHTML {
		limit = views.PageSize
	}
	vq := views.RunListQuery{
		JobID: in.text("job_id", 128), State: in.text("state", maxText), Reason: in.oneOf("reason", reasons...),
		Cause: in.oneOf("cause", "schedule", "manual", "rerun"), Limit: int(in.whole("limit", 1, maxLimit, limit)),
		After: in.text("after", 20),
	}
	q := cronsole.RunQuery{
		JobID: vq.JobID, Reason: cronsole.Reason(vq.Reason), Cause: cronsole.Cause(vq.Cause), Limit: vq.Limit,
		Before: in.whole("after", 1, 1<<62, 0),
	}
	if vq.State != "" {
		for _, name := range strings.Split(vq.State, ",") {
			if !known(stateNames, name) {
				in.fail("state", "must be one of "+listed(stateNames)+", or several with commas")
				break
			}
			q.States = append(q.States, cronsole.State(name))
		}
	}
	return vq, q, in.err()
}

// runID is the number in the address.
func runID(c *fiber.Ctx) (int64, error) {
	text := c.Params("n")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != text { // "+1" and "01" are no addresses
		return 0, &cronsole.Error{Kind: cronsole.NotFound, Message: "There is no such run. Runs have numbers, such as /runs/1284."}
	}
	return n, nil
}

// showRun answers GET /runs/{n} as a page with output, as its live part, or as
// JSON without output.
func (s *server) showRun(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	in := query{c: c}
	before := in.whole("before", 1, 1<<40, 0)
	if err := in.err(); err != nil {
		return err
	}
	n, err := runID(c)
	if err != nil {
		return err
	}
	run, err := s.Store.Run(c.UserContext(), n)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "", "runs")
	if err != nil {
		return err
	}
	var earlier []cronsole.Attempt
	if run.Attempt > 1 || !run.NotBefore.IsZero() {
		if earlier, err = s.Store.Attempts(c.UserContext(), n); err != nil {
			return err
		}
	}
	m := views.NewRunDetail(sh, run, earlier)
	if run.State == cronsole.Queued {
		m.Waiting = s.Scheduler.Waiting(n)
	}
	r := Response{Model: m}
	if run.State.Final() {
		r.Until = m.Midnight() // a live run changes without a change being counted: its output grows
	}
	if wants(c) == formatHTML {
		m.Before = int(before)
		if err := s.fillRun(c.UserContext(), m, run); err != nil {
			return err
		}
		r.Page, r.Parts = views.RunPage(m), map[string]templ.Component{"live": views.RunLive(m)}
	}
	return s.respond(c, r)
}

// fillRun adds what only the page shows: output, and the job to compare with.
func (s *server) fillRun(ctx context.Context, m *views.RunDetail, run *cronsole.Run) error {
	chunks, err := s.Store.Output(ctx, run.ID, 0)
	if err != nil {
		return err
	}
	m.Output = views.NewOutput(chunks, m.Before)
	row, err := s.Store.JobRow(ctx, run.JobID, 0)
	if e, ok := asError(err); ok && e.Kind == cronsole.NotFound {
		return nil // the job was deleted; its history stays
	}
	if err != nil {
		return err
	}
	if row.Job.Key != run.JobKey {
		return nil // another job of the same name
	}
	m.HasJob = true
	m.Timeout = time.Duration(row.Job.Definition.Rules.Timeout)
	stats, err := s.Store.JobStats(ctx, run.JobKey, m.Now.AddDate(0, 0, -statsPeriod))
	if err != nil {
		return err
	}
	m.Median = stats.Median
	return nil
}

// runLog answers GET /runs/{n}/log: the output that is kept, byte by byte as it
// was written, both streams in the order of their arrival. after= leaves out
// what lies before that offset.
func (s *server) runLog(c *fiber.Ctx) error {
	in := query{c: c}
	after := in.whole("after", 0, 1<<62, 0)
	if err := in.err(); err != nil {
		return err
	}
	n, err := runID(c)
	if err != nil {
		return err
	}
	run, err := s.Store.Run(c.UserContext(), n)
	if err != nil {
		return err
	}
	chunks, err := s.Store.Output(c.UserContext(), n, after)
	if err != nil {
		return err
	}
	var body []byte
	for _, chunk := range chunks {
		data := chunk.Data
		if skip := after - chunk.Offset; skip > 0 {
			data = data[min(skip, int64(len(data))):]
		}
		body = append(body, data...)
	}
	cacheHeaders(c)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="run-`+strconv.FormatInt(n, 10)+`.log"`)
	c.Set("X-Output-Bytes", strconv.FormatInt(run.OutputBytes, 10))
	c.Set("X-Run-State", string(run.State))
	return send(c, fiber.StatusOK, "text/plain; charset=utf-8", body)
}
