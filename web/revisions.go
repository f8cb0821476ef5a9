package web

import (
	"github.com/gofiber/fiber/v2"

	"cronsole/views"
)

const revisionsOnPage = 100

// listRevisions answers GET /jobs/{id}/revisions: what the job was at each of
// its versions.
func (s *server) listRevisions(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	in := query{c: c}
	limit := int(in.whole("limit", 1, maxLimit, revisionsOnPage))
	before := in.whole("after", 1, 1<<53, 0)
	if err := in.err(); err != nil {
		return err
	}
	row, err := s.jobRow(c)
	if err != nil {
		return err
	}
	// One more than is shown: the last one is compared with it.
	all, err := s.Store.Revisions(c.UserContext(), row.Job.Key, before, limit+1)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "History of "+row.Job.ID, "jobs")
	if err != nil {
		return err
	}
	m, err := views.NewRevisionList(sh, row.Job.ID, all, limit)
	if err != nil {
		return err
	}
	return s.respond(c, Response{Model: m, Page: views.RevisionsPage(m), Until: m.Midnight()})
}
