package web

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// showJob answers GET /jobs/{id} as a page, as its live part, or as JSON.
func (s *server) showJob(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	in := query{c: c}
	tab := in.oneOf("runs", "failed", "manual")
	if err := in.err(); err != nil {
		return err
	}
	row, err := s.jobRow(c, 0)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, row.Job.ID, "jobs")
	if err != nil {
		return err
	}
	m, err := s.jobDetail(c, sh, row, tab)
	if err != nil {
		return err
	}
	return s.respond(c, Response{
		Model: m, Page: views.JobPage(m), Until: m.Changes(),
		Parts: map[string]templ.Component{"live": views.JobLive(m)},
	})
}

// jobRow reads the job that the address names.
func (s *server) jobRow(c *fiber.Ctx, recent int) (cronsole.JobRow, error) {
	return s.namedJob(c, c.Params("id"), recent)
}

func (s *server) namedJob(c *fiber.Ctx, id string, recent int) (cronsole.JobRow, error) {
	if err := s.checkID(c, id); err != nil {
		return cronsole.JobRow{}, err
	}
	row, err := s.Store.JobRow(c.UserContext(), id, recent)
	if err != nil {
		return row, s.missingJob(c, id, err)
	}
	return row, nil
}

// jobID is the id in the address.
func (s *server) jobID(c *fiber.Ctx) (string, error) {
	id := c.Params("id")
	return id, s.checkID(c, id)
}

// checkID refuses what cannot be an id, so that it is not looked up.
func (s *server) checkID(c *fiber.Ctx, id string) error {
	if cronsole.CheckJobID(id) != "" {
		return s.missingJob(c, id, &cronsole.Error{Kind: cronsole.NotFound, Message: "There is no such job."})
	}
	return nil
}

func (s *server) jobDetail(c *fiber.Ctx, sh views.Shell, row cronsole.JobRow, tab string) (*views.JobDetail, error) {
	ctx, job := c.UserContext(), row.Job
	q := cronsole.RunQuery{JobKey: job.Key, Limit: runsOnPage}
	switch tab {
	case "failed":
		q.States = []cronsole.State{cronsole.Failed, cronsole.TimedOut, cronsole.Interrupted}
	case "manual":
		q.Cause = cronsole.CauseManual
	}
	runs, err := s.Store.Runs(ctx, q)
	if err != nil {
		return nil, err
	}
	stats, err := s.Store.JobStats(ctx, job.Key, sh.Now.AddDate(0, 0, -statsPeriod))
	if err != nil {
		return nil, err
	}
	code, _ := s.Catalog.Code(job.Definition.Code)
	m := views.NewJobDetail(sh, row, code, stats, runs, comingDue(job, nextOnPage))
	m.RunsTab = tab
	if wants(c) == formatHTML {
		m.Chart, err = s.chart(ctx, job.Key)
	}
	return m, err
}

// chart is the latest finished runs of a job, oldest first.
func (s *server) chart(ctx context.Context, jobKey int64) ([]views.RunMark, error) {
	page, err := s.Store.Runs(ctx, cronsole.RunQuery{JobKey: jobKey, States: finalStates, Limit: chartRuns})
	if err != nil {
		return nil, err
	}
	slices.Reverse(page.Runs)
	return views.NewRunMarks(page.Runs), nil
}

var finalStates = []cronsole.State{
	cronsole.Succeeded, cronsole.Failed, cronsole.TimedOut, cronsole.Cancelled, cronsole.Interrupted, cronsole.Skipped,
}

// comingDue lists the due instants of a job that are still to be accounted for.
func comingDue(job *cronsole.Job, n int) []time.Time {
	if job.State != cronsole.JobActive || job.Next.IsZero() {
		return nil
	}
	trigger, err := job.Trigger()
	if err != nil {
		return []time.Time{job.Next} // a newer tz data may refuse an old schedule; what is planned holds
	}
	return append([]time.Time{job.Next}, cronsole.NextN(trigger, job.Next, job.Left(n)-1)...)
}

// listCodes answers GET /codes: what is deployed, and what uses it.
func (s *server) listCodes(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	sh, err := s.shell(c, "Deployed code", "codes")
	if err != nil {
		return err
	}
	users, err := s.Store.JobsByCode(c.UserContext())
	if err != nil {
		return err
	}
	m := &views.CodeList{Shell: sh, Codes: s.folders(users)}
	return s.respond(c, Response{Model: m, Page: views.CodesPage(m), Until: m.Midnight()})
}
