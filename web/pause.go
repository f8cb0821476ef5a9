package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// pauseForm answers GET /jobs/{id}/pause: the question for why and until when.
func (s *server) pauseForm(c *fiber.Ctx) error {
	return s.pausePage(c, map[string]string{}, nil)
}

// pausePage asks, again when something was wrong with the answer.
func (s *server) pausePage(c *fiber.Ctx, said map[string]string, wrong *cronsole.Error) error {
	row, err := s.jobRow(c)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "Pause "+row.Job.ID, "jobs")
	if err != nil {
		return err
	}
	code, _ := s.Catalog.Code(row.Job.Definition.Code)
	m := &views.JobPause{Shell: sh, JobRow: views.NewJobRow(row, code, sh.Now), Why: said["reason"], Until: said["until"]}
	r := Response{Model: m, Page: views.PausePage(m)}
	if wrong != nil {
		m.Errors, r.Status = wrong.Fields, statusOf[wrong.Kind]
	}
	return s.respond(c, r)
}

// pause answers POST /jobs/{id}/pause with {"reason", "until"}, both of which
// may be left out.
func (s *server) pause(c *fiber.Ctx) error {
	said, err := saidWords(c, "reason", "until")
	if err != nil {
		return err
	}
	err = s.change(c, "paused", "Paused", func(id string) error {
		return s.Scheduler.Pause(c.UserContext(), id, said["reason"], said["until"])
	})
	if e, ok := asError(err); ok && e.Kind == cronsole.Invalid && wants(c) == formatHTML && !isHTMX(c) {
		return s.pausePage(c, said, e)
	}
	return err
}

// saidWords reads short texts out of a form or an object.
func saidWords(c *fiber.Ctx, keys ...string) (map[string]string, error) {
	kind, err := readKind(c)
	if err != nil {
		return nil, err
	}
	said := map[string]string{}
	if kind == bodyForm {
		for _, key := range keys {
			said[key] = clip(string(c.Request().PostArgs().Peek(key)), maxText)
		}
		return said, nil
	}
	object, err := readObject(c)
	if err != nil {
		return nil, err
	}
	r := reader{object: object}
	r.only(keys)
	for _, key := range keys {
		if said[key] = r.text(key); len(said[key]) > maxText {
			r.fail(key, "may hold "+strconv.Itoa(maxText)+" bytes")
		}
	}
	return said, r.err()
}

// skipNext answers POST /jobs/{id}/skip: the next due instant passes without a run.
func (s *server) skipNext(c *fiber.Ctx) error {
	return s.change(c, "skip", "Skips the next run of", func(id string) error { return s.Scheduler.SkipNext(c.UserContext(), id) })
}

// runNext answers DELETE /jobs/{id}/skip, and POST /jobs/{id}/unskip for forms.
func (s *server) runNext(c *fiber.Ctx) error {
	return s.change(c, "unskip", "Skips no run of", func(id string) error { return s.Scheduler.RunNext(c.UserContext(), id) })
}
