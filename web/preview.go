package web

import (
	"maps"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

const maxPreview = 100

// preview answers GET and POST /jobs/preview: what a schedule would do. The
// card for people is always 200; a script gets 422 for a schedule that cannot be.
func (s *server) preview(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodPost {
		kind, err := readKind(c)
		if err != nil {
			return err
		}
		if kind == bodyForm {
			return s.previewForm(c, c.Request().PostArgs())
		}
		return s.previewJSON(c)
	}
	return s.previewForm(c, c.Request().URI().QueryArgs())
}

func (s *server) previewForm(c *fiber.Ctx, args *fasthttp.Args) error {
	sub, err := submittedForm(args)
	if err != nil {
		return err
	}
	in := query{c: c}
	count := int(in.whole("count", 1, maxPreview, nextOnPage))
	after, ok := instant(c.Query("after"), s.Now())
	if !ok {
		in.fail("after", afterHint)
	}
	if err := in.err(); err != nil {
		return err
	}
	sh := s.frame(c, "Preview", "jobs")
	if wants(c) == formatJSON {
		return s.answerPreview(c, s.previewOf(c, sh, sub.request, after, count))
	}
	m := &views.JobForm{Shell: sh, Values: sub.form, Was: sub.was, Zones: cronsole.Zones(), Codes: s.folders(nil)}
	if id := sub.form["job_id"]; sub.request.Version != 0 && cronsole.CheckJobID(id) == "" {
		m.EditID, m.Version = id, sub.request.Version // only the form that edits a job sends a version
	}
	s.fillPreview(c, m)
	m.Errors = m.Preview.Errors
	return s.respond(c, Response{Model: m.Preview, Page: views.PreviewCard(m.Preview)})
}

const afterHint = "must be an instant such as 2026-11-23T10:00:00Z"

// previewKeys are the fields of a preview request: those of a job that say
// when, and what to list.
var previewKeys = append([]string{"after", "count"}, jobKeys...)

func (s *server) previewJSON(c *fiber.Ctx) error {
	object, err := readObject(c)
	if err != nil {
		return err
	}
	r := reader{object: object}
	r.only(previewKeys)
	count := int(r.whole("count", 1, maxPreview, nextOnPage))
	after, ok := instant(r.text("after"), s.Now())
	if !ok {
		r.fail("after", afterHint)
	}
	inner := maps.Clone(object)
	delete(inner, "after")
	delete(inner, "count")
	request, err := jobRequest(inner, false)
	if e, ok := asError(err); ok {
		for _, f := range e.Fields {
			if known(jobKeys, f.Field) { // unknown keys are named already
				r.errs = append(r.errs, f)
			}
		}
	}
	sh := s.frame(c, "Preview", "jobs")
	if err := r.err(); err != nil {
		return s.answerPreview(c, failedPreview(sh, err))
	}
	return s.answerPreview(c, s.previewOf(c, sh, request, after, count))
}

func instant(text string, absent time.Time) (time.Time, bool) {
	if text == "" {
		return absent, true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// previewOf shows what a request would do, or what is wrong with it. An
// unexpected error is logged and said in general words: a preview is a help,
// the write has the last word.
func (s *server) previewOf(c *fiber.Ctx, sh views.Shell, request cronsole.Request, after time.Time, count int) *views.Preview {
	p, err := s.Scheduler.Preview(c.UserContext(), request, after, count)
	if err != nil {
		if _, ok := asError(err); !ok {
			s.Log.ErrorContext(c.UserContext(), "preview", "error", err)
			err = &cronsole.Error{Kind: cronsole.Unavailable, Message: "The schedule cannot be previewed now."}
		}
		return failedPreview(sh, located(err, request))
	}
	m := views.NewPreview(sh, p.Schedule, p.Next, p.Warnings)
	m.Words, m.RunFrequency = p.Words, p.Frequency
	if trigger, err := cronsole.NewTrigger(p.Schedule, sh.Now); err == nil {
		m.PerDay = trigger.Count(sh.Now, sh.Now.Add(24*time.Hour))
		m.PerYear = trigger.Count(sh.Now, sh.Now.Add(365*24*time.Hour))
	}
	return m
}

func failedPreview(sh views.Shell, err error) *views.Preview {
	e, _ := asError(err)
	return views.NewFailedPreview(sh, e.Message, e.Fields)
}

func (s *server) answerPreview(c *fiber.Ctx, m *views.Preview) error {
	if m.Valid {
		return s.respond(c, Response{Model: m})
	}
	cacheHeaders(c)
	return sendProblem(c, struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		*views.Preview
	}{"about:blank", "Unprocessable Entity", fiber.StatusUnprocessableEntity, m})
}
