package web

import (
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

const (
	maxLimit    = 1000
	maxText     = 200 // of a filter
	stripRuns   = 24  // past runs beside a job
	chartRuns   = 40  // past runs on a job's page
	maxAfter    = 512 // of an opaque cursor
	maxPage     = 1_000_000
	nextOnPage  = 5
	runsOnPage  = 10
	statsPeriod = 30 // days
)

// listJobs answers GET /jobs as a page, as its rows, or as JSON.
func (s *server) listJobs(c *fiber.Ctx) error {
	if s.unchanged(c) {
		return nil
	}
	q, err := jobListQuery(c)
	if err != nil {
		return err
	}
	sh := s.frame(c, "Jobs", "jobs")
	recent := stripRuns
	if wants(c) == formatJSON {
		recent = 0
	}
	page, err := s.Store.Jobs(c.UserContext(), cronsole.JobQuery{
		Text: q.Text, State: q.State, Type: cronsole.Type(q.Type), Tag: q.Tag, Sort: q.Sort,
		Limit: q.Limit, Page: q.Page, After: c.Query("after"), Now: sh.Now, Recent: recent,
	})
	if err != nil {
		return err
	}
	sh.JobCount, sh.FailingCount, sh.Toast = page.Counts.All, page.Counts.Failing, notice(c)
	m := views.NewJobList(sh, q, page, s.codes())
	m.JobsDir, m.Backlog = s.JobsDir, s.Scheduler.Backlog()
	if len(m.Jobs) == 0 && !m.Filtered() {
		m.Folders = s.folders(nil)
	}
	return s.respond(c, Response{
		Model: m, Page: views.JobListPage(m), Until: m.Changes(),
		Parts: map[string]templ.Component{"rows": views.JobListRows(m)},
	})
}

func jobListQuery(c *fiber.Ctx) (views.JobListQuery, error) {
	in := query{c: c}
	limit := int64(maxLimit)
	if wants(c) == formatHTML {
		limit = views.PageSize
	}
	q := views.JobListQuery{
		Text:  in.text("q", maxText),
		State: in.oneOf("state", "running", "failing", "late", "paused", "finished"),
		Type:  in.oneOf("type", "cron", "interval", "date"),
		Tag:   in.text("tag", maxText),
		Sort:  in.oneOf("sort", "next", "-next", "name", "-name", "last", "-last"),
		Page:  int(in.whole("page", 1, maxPage, 1)),
		Limit: int(in.whole("limit", 1, maxLimit, limit)),
	}
	in.text("after", maxAfter)
	return q, in.err()
}

// codes are the deployed folders by name.
func (s *server) codes() map[string]*cronsole.Code {
	all := s.Catalog.Codes()
	byName := make(map[string]*cronsole.Code, len(all))
	for _, code := range all {
		byName[code.Name] = code
	}
	return byName
}

// folders are the deployed folders with the jobs that use them.
func (s *server) folders(jobs map[string][]string) []views.CodeRow {
	all := s.Catalog.Codes()
	rows := make([]views.CodeRow, 0, len(all))
	for _, code := range all {
		rows = append(rows, views.NewCodeRow(code, jobs[code.Name]))
	}
	return rows
}

// query takes values out of the address and gathers what is wrong with them.
type query struct {
	c    *fiber.Ctx
	errs []cronsole.FieldError
}

func (q *query) fail(name, message string) {
	q.errs = append(q.errs, cronsole.FieldError{Field: name, Message: message})
}

func (q *query) text(name string, most int) string {
	v := q.c.Query(name)
	if len(v) > most || !validText(v) {
		q.fail(name, "must be text of at most "+strconv.Itoa(most)+" bytes")
		return ""
	}
	return v
}

func (q *query) oneOf(name string, words ...string) string {
	v := q.c.Query(name)
	for _, w := range append(words, "") {
		if v == w {
			return v
		}
	}
	q.fail(name, "must be one of "+listed(words))
	return ""
}

func (q *query) whole(name string, low, high, absent int64) int64 {
	v := q.c.Query(name)
	if v == "" {
		return absent
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		q.fail(name, "must be a whole number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
		return absent
	}
	return n
}

func (q *query) err() error {
	if len(q.errs) == 0 {
		return nil
	}
	return &cronsole.Error{Kind: cronsole.Invalid, Message: "The address has mistakes.", Fields: q.errs}
}
