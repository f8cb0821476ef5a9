package web

import (
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// runNow answers POST /jobs/{id}/run: 202 with the run, which may be skipped
// already when the last one is still going on.
func (s *server) runNow(c *fiber.Ctx) error {
	id, key, err := s.action(c)
	if err != nil {
		return err
	}
	args, err := runArgs(c)
	if err != nil {
		return err
	}
	v, err := s.once.do(key, func() (any, error) { return s.Scheduler.RunNow(c.UserContext(), id, args) })
	if err != nil {
		return s.missingJob(c, id, err)
	}
	run, _ := v.(*cronsole.Run)
	row := views.NewRunRow(run)
	r := Response{
		Status: fiber.StatusAccepted, Model: &row, Location: row.URL() + "?done=started",
		Notice: &views.Notice{Text: "Started run " + row.Number() + " of", JobID: id, LinkText: "Open log", LinkURL: row.URL()},
	}
	if run.State == cronsole.Skipped {
		r.Location = row.URL() + "?done=skipped"
		r.Notice = &views.Notice{
			Bad: true, Text: "Run " + row.Number() + " was skipped, " + row.ReasonWords() + ":", JobID: id,
			LinkText: "Open run", LinkURL: row.URL(),
		}
	}
	return s.respond(c, r)
}

// runArgs reads {"args": [...]}; nil means the job's own arguments.
func runArgs(c *fiber.Ctx) ([]any, error) {
	if kind, err := readKind(c); err != nil || kind != bodyJSON {
		return nil, err
	}
	object, err := readObject(c)
	if err != nil {
		return nil, err
	}
	r := reader{object: object}
	r.only([]string{"args"})
	if err := r.err(); err != nil || object["args"] == nil {
		return nil, err
	}
	return cronsole.ParseArgs(object["args"])
}

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
