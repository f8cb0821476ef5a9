package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// created is the JSON answer to a new job. The first two fields are what
// clients have always read.
type created struct {
	Scheduled bool        `json:"scheduled"`
	JobID     string      `json:"job_id"`
	NextRun   *time.Time  `json:"next_run"`
	Next      []time.Time `json:"next"`
	Warnings  []string    `json:"warnings"`
}

func newCreated(job *cronsole.Job, warnings []string) *created {
	m := &created{Scheduled: true, JobID: job.ID, Next: []time.Time{}, Warnings: append([]string{}, warnings...)}
	for _, due := range comingDue(job, nextOnPage) {
		m.Next = append(m.Next, views.InZone(due, job.Definition.Schedule.Timezone))
	}
	if len(m.Next) > 0 {
		m.NextRun = &m.Next[0]
	}
	return m
}

// submission is a job request however it arrived.
type submission struct {
	request cronsole.Request
	form    map[string]string // the fields of a form; nil for JSON
	key     string            // idempotency key of a form
	was     string
	ifMatch bool // the version came in If-Match
}

// submitted reads a job request. FromFile is for JSON that does not say: a new
// job follows its file, an edit leaves alone what it does not name.
func (s *server) submitted(c *fiber.Ctx, fromFile bool) (submission, error) {
	kind, err := readKind(c)
	if err != nil {
		return submission{}, err
	}
	if kind == bodyForm {
		return submittedForm(c.Request().PostArgs())
	}
	object, err := readObject(c)
	if err != nil {
		return submission{}, err
	}
	request, err := jobRequest(object, fromFile)
	return submission{request: request}, err
}

func submittedForm(args *fasthttp.Args) (submission, error) {
	values, err := formValues(args)
	if err != nil {
		return submission{}, err
	}
	sub := submission{form: values, key: string(args.Peek(views.FieldKey)), was: string(args.Peek(views.FieldWas))}
	sub.request = formRequest(values, sub.was)
	if v := string(args.Peek(views.FieldVersion)); v != "" {
		if sub.request.Version, err = strconv.ParseInt(v, 10, 64); err != nil {
			return sub, malformed("The form was sent without the version that it was made from. Load it again.")
		}
	}
	return sub, nil
}

// onceKey scopes an idempotency key to what it was made for.
func onceKey(c *fiber.Ctx, key string) string {
	if key == "" {
		return ""
	}
	return c.Method() + " " + c.Path() + " " + key
}

// createJob answers POST /jobs.
func (s *server) createJob(c *fiber.Ctx) error {
	sub, err := s.submitted(c, true)
	if err != nil {
		return err
	}
	type answer struct {
		job      *cronsole.Job
		warnings []string
	}
	v, err := s.once.do(onceKey(c, sub.key), func() (any, error) {
		job, warnings, err := s.Scheduler.Create(c.UserContext(), sub.request)
		return answer{job, warnings}, err
	})
	if err != nil {
		return s.refused(c, sub, "", located(err, sub.request))
	}
	a, _ := v.(answer)
	return s.respond(c, Response{
		Model: newCreated(a.job, a.warnings), Location: views.JobURL(a.job.ID) + "?done=created", Leave: true,
	})
}

// editJob answers PUT /jobs/{id}, and POST for forms.
func (s *server) editJob(c *fiber.Ctx) error {
	id, err := s.jobID(c)
	if err != nil {
		return err
	}
	sub, err := s.submitted(c, false)
	if err != nil {
		return err
	}
	if err := sub.takeIfMatch(c); err != nil {
		return err
	}
	if sub.request.JobID == "" || sub.form != nil {
		sub.request.JobID = id
	}
	_, err = s.once.do(onceKey(c, sub.key), func() (any, error) {
		return s.Scheduler.Edit(c.UserContext(), id, sub.request)
	})
	if err != nil {
		err = located(s.missingJob(c, id, err), sub.request)
		if e, ok := asError(err); ok && e.Kind == cronsole.Stale {
			err = s.staleEdit(c, sub, id, e)
		}
		return s.refused(c, sub, id, err)
	}
	r := Response{Location: views.JobURL(id) + "?done=saved", Leave: true}
	if wants(c) == formatJSON {
		return s.answerJob(c, id, r)
	}
	return s.respond(c, r)
}

// takeIfMatch reads If-Match: "3", the version that a script has read. Several
// tags, or one that is no version, match nothing.
func (sub *submission) takeIfMatch(c *fiber.Ctx) error {
	tag := c.Get(fiber.HeaderIfMatch)
	if tag == "" || tag == "*" {
		return nil
	}
	v, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || v < 1 {
		return &staleError{status: fiber.StatusPreconditionFailed, cause: &cronsole.Error{
			Kind: cronsole.Stale, Message: "If-Match must hold the version of the job that was read, such as \"3\".",
		}}
	}
	sub.request.Version, sub.ifMatch = v, true
	return nil
}

// answerJob answers with the job as it is now.
func (s *server) answerJob(c *fiber.Ctx, id string, r Response) error {
	if wants(c) == formatJSON {
		row, err := s.Store.JobRow(c.UserContext(), id, 0)
		if err != nil {
			return s.missingJob(c, id, err)
		}
		if r.Model, err = s.jobDetail(c, s.frame(c, id, "jobs"), row, ""); err != nil {
			return err
		}
	}
	return s.respond(c, r)
}

// action reads what the small writes have in common: the job, and the
// idempotency key of the form, if one was sent.
func (s *server) action(c *fiber.Ctx) (id, key string, err error) {
	if id, err = s.jobID(c); err != nil {
		return "", "", err
	}
	key, err = actionKey(c)
	return id, key, err
}

func actionKey(c *fiber.Ctx) (string, error) {
	kind, err := readKind(c)
	if err != nil || kind != bodyForm {
		return "", err
	}
	return onceKey(c, string(c.Request().PostArgs().Peek(views.FieldKey))), nil
}
