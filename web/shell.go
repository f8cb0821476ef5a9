package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// frame is the shell of a page without anything that has to be asked for.
func (s *server) frame(c *fiber.Ctx, title, nav string) views.Shell {
	return views.Shell{
		Title: title, Nav: nav, Now: s.Now(), Zone: s.zone, Theme: theme(c), Health: s.health(), Frozen: s.frozen(),
		JSONURL: "/api/v1" + strings.TrimPrefix(c.Path(), "/api/v1"), Release: s.Version,
	}
}

// shell is the frame with the counts of the menu; scripts do not see it.
func (s *server) shell(c *fiber.Ctx, title, nav string) (views.Shell, error) {
	sh := s.frame(c, title, nav)
	if wants(c) == formatJSON {
		return sh, nil
	}
	counts, err := s.Store.Counts(c.UserContext(), sh.Now)
	if err != nil {
		return sh, err
	}
	sh.JobCount, sh.FailingCount = counts.All, counts.Failing
	sh.Toast = notice(c)
	return sh, nil
}

// loopLimit is the age of the firing loop from which something is wrong.
const loopLimit = 2 * time.Second

func (s *server) health() views.Health {
	h := s.Scheduler.Health()
	switch {
	case h.LastError != "":
		return views.Health{Text: "Cannot record runs", Detail: "Nothing starts until it can; the log says why"}
	case h.LoopAge > loopLimit:
		return views.Health{Text: "Scheduler not running", Detail: "Nothing is started; the log says why"}
	}
	v := views.Health{OK: true, Text: "Scheduler running"}
	if h.Queued > 0 {
		v.Detail = views.Plural(h.Queued, "run") + " waiting"
	}
	return v
}

// notice reads back what goOn wrote into the address of the page after a
// write. Only words of this list come out.
func notice(c *fiber.Ctx) *views.Notice {
	id := c.Params("id")
	if id == "" {
		id = c.Query("job")
	}
	if cronsole.CheckJobID(id) != "" {
		id = ""
	}
	n := &views.Notice{JobID: id}
	switch c.Query("done") {
	case "created":
		n.Text = "Created"
	case "saved":
		n.Text = "Saved"
	case "deleted":
		n.Text = "Deleted"
	case "paused":
		n.Text = "Paused"
	case "resumed":
		n.Text = "Resumed"
	case "file":
		n.Text = "Took over .schedule of"
	case "started", "skipped":
		return runNotice(c)
	case "cancelled":
		n.Text = "Asked the run to end"
	default:
		return nil
	}
	return n
}

func runNotice(c *fiber.Ctx) *views.Notice {
	id, err := strconv.ParseInt(c.Params("n"), 10, 64)
	if err != nil {
		return nil
	}
	if c.Query("done") == "skipped" {
		return &views.Notice{Bad: true, Text: "Run #" + strconv.FormatInt(id, 10) + " was skipped"} // the page says why
	}
	return &views.Notice{Text: "Started run #" + strconv.FormatInt(id, 10)}
}
