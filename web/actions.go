package web

import (
	"github.com/gofiber/fiber/v2"

	"cronsole/views"
)

// resume answers POST /jobs/{id}/resume.
func (s *server) resume(c *fiber.Ctx) error {
	return s.change(c, "resumed", "Resumed", func(id string) error { return s.Scheduler.Resume(c.UserContext(), id) })
}

// useFile answers POST /jobs/{id}/use-file: the job takes over what its
// folder's .schedule says now.
func (s *server) useFile(c *fiber.Ctx) error {
	return s.change(c, "file", "Took over .schedule of", func(id string) error { return s.Scheduler.UseFile(c.UserContext(), id) })
}

// change does something to one job and answers with the job.
func (s *server) change(c *fiber.Ctx, done, text string, do func(id string) error) error {
	id, key, err := s.action(c)
	if err != nil {
		return err
	}
	if _, err := s.once.do(key, func() (any, error) { return nil, do(id) }); err != nil {
		return s.missingJob(c, id, err)
	}
	return s.answerJob(c, id, Response{
		Location: views.JobURL(id) + "?done=" + done, Notice: &views.Notice{Text: text, JobID: id},
	})
}

// cancelRun answers POST /runs/{n}/cancel: 202 with the run, which ends when
// its process has.
func (s *server) cancelRun(c *fiber.Ctx) error {
	n, err := runID(c)
	if err != nil {
		return err
	}
	if _, err := readKind(c); err != nil {
		return err
	}
	if err := s.Scheduler.Cancel(c.UserContext(), n); err != nil {
		return err
	}
	run, err := s.Store.Run(c.UserContext(), n)
	if err != nil {
		return err
	}
	row := views.NewRunRow(run)
	return s.respond(c, Response{
		Status: fiber.StatusAccepted, Model: &row, Location: row.URL() + "?done=cancelled",
		Notice: &views.Notice{Text: "Asked run " + row.Number() + " to end", LinkText: "Open log", LinkURL: row.URL()},
	})
}
