package web

import (
	"github.com/gofiber/fiber/v2"

	"cronsole/views"
)

// showFreeze answers GET /freeze: whether all is frozen, and the form to change
// that.
func (s *server) showFreeze(c *fiber.Ctx) error {
	sh, err := s.shell(c, "Freeze", "")
	if err != nil {
		return err
	}
	return s.respond(c, s.freezeAnswer(sh))
}

func (s *server) freezeAnswer(sh views.Shell) Response {
	m := views.NewFreezePage(sh)
	return Response{Model: m, Page: views.FreezePageView(m)}
}

// freeze answers POST /freeze, {"reason": "..."} if one is given: nothing is
// started until it ends.
func (s *server) freeze(c *fiber.Ctx) error {
	said, err := saidWords(c, "reason")
	if err != nil {
		return err
	}
	if err := s.Scheduler.Freeze(c.UserContext(), said["reason"]); err != nil {
		return err
	}
	return s.freezeDone(c)
}

// unfreeze answers DELETE /freeze, and POST /unfreeze for forms.
func (s *server) unfreeze(c *fiber.Ctx) error {
	if _, err := readKind(c); err != nil {
		return err
	}
	if err := s.Scheduler.Unfreeze(c.UserContext()); err != nil {
		return err
	}
	return s.freezeDone(c)
}

// freezeDone answers with the state as it is now; a browser goes to the jobs,
// where the banner is, or is gone.
func (s *server) freezeDone(c *fiber.Ctx) error {
	r := s.freezeAnswer(s.frame(c, "Freeze", ""))
	r.Location, r.Leave = "/jobs", true
	return s.respond(c, r)
}

// frozen is since when and why nothing is started, for the pages.
func (s *server) frozen() *views.Frozen {
	f := s.Scheduler.Health().Freeze
	if f == nil {
		return nil
	}
	return &views.Frozen{Since: f.Since.UTC(), Reason: f.Reason}
}
