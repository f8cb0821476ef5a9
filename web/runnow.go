package web

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

const headerIdempotency = "Idempotency-Key"

// maxKey is how long an idempotency key may be.
const maxKey = 128

// runForm answers GET /jobs/{id}/run: the question for the arguments.
func (s *server) runForm(c *fiber.Ctx) error {
	return s.runPage(c, nil, nil)
}

// runPage asks, again when something was wrong with the answer.
func (s *server) runPage(c *fiber.Ctx, said *string, wrong *cronsole.Error) error {
	row, err := s.jobRow(c)
	if err != nil {
		return err
	}
	sh, err := s.shell(c, "Run "+row.Job.ID, "jobs")
	if err != nil {
		return err
	}
	code, _ := s.Catalog.Code(row.Job.Definition.Code)
	m := &views.JobRun{
		Shell: sh, JobRow: views.NewJobRow(row, code, sh.Now), Args: views.ArgsText(row.Job.Definition.Args), Key: randomKey(),
	}
	r := Response{Model: m, Page: views.RunNowPage(m)}
	if wrong != nil {
		m.Args, m.Errors, r.Status = *said, wrong.Fields, statusOf[wrong.Kind]
	}
	return s.respond(c, r)
}

// runNow answers POST /jobs/{id}/run: 202 with the run, which may be skipped
// already when the last one is still going on. Asked again under the same key,
// it is the same run.
func (s *server) runNow(c *fiber.Ctx) error {
	id, err := s.jobID(c)
	if err != nil {
		return err
	}
	key, err := requestKey(c)
	if err != nil {
		return err
	}
	args, said, err := runArgs(c)
	if e, ok := asError(err); ok && e.Kind == cronsole.Invalid && said != nil && wants(c) == formatHTML && !isHTMX(c) {
		return s.runPage(c, said, e)
	}
	if err != nil {
		return err
	}
	run, err := s.Scheduler.RunNow(c.UserContext(), id, args, key)
	if err != nil {
		return s.missingJob(c, id, err)
	}
	return s.respond(c, startedRun(id, run))
}

func startedRun(id string, run *cronsole.Run) Response {
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
	return r
}

// runArgs reads {"args": [...]}; nil means the job's own arguments. Said is what
// the field of a form held.
func runArgs(c *fiber.Ctx) (args []any, said *string, err error) {
	kind, err := readKind(c)
	switch {
	case err != nil || kind == bodyNone:
		return nil, nil, err
	case kind == bodyForm:
		form := c.Request().PostArgs()
		if !form.Has("args") {
			return nil, nil, nil
		}
		text := strings.TrimSpace(string(form.Peek("args")))
		if said = &text; text == "" {
			return []any{}, said, nil
		}
		args, err = cronsole.ParseArgs(text)
		return args, said, err
	}
	object, err := readObject(c)
	if err != nil {
		return nil, nil, err
	}
	r := reader{object: object}
	r.only([]string{"args"})
	if err := r.err(); err != nil || object["args"] == nil {
		return nil, nil, err
	}
	args, err = cronsole.ParseArgs(object["args"])
	return args, nil, err
}

// requestKey is the key under which a request makes one thing only, however
// often it is sent: the header of a script, or the hidden field of a form. That
// one stands for the state of a page on which something else may be filled in.
func requestKey(c *fiber.Ctx) (string, error) {
	if sent := c.Request().Header.PeekAll(headerIdempotency); len(sent) > 0 {
		key, ok := unquoteKey(string(sent[0]))
		if !ok || len(sent) > 1 {
			return "", &cronsole.Error{Kind: cronsole.Invalid, Message: "The idempotency key cannot be used.", Fields: []cronsole.FieldError{{
				Field: headerIdempotency, Message: "must be one string of 1 to 128 printable ASCII characters, such as \"8e03978e-40d5\"",
			}}}
		}
		return key, nil
	}
	kind, err := readKind(c)
	if err != nil || kind != bodyForm {
		return "", err
	}
	form := c.Request().PostArgs()
	if len(form.Peek(views.FieldKey)) == 0 {
		return "", nil
	}
	sum := sha256.Sum256([]byte(string(form.Peek(views.FieldKey)) + "\n" + string(form.Peek("args"))))
	return "form-" + hex.EncodeToString(sum[:]), nil
}

// unquoteKey reads a string of a structured header field (RFC 8941); one without
// quotes is taken as it is.
func unquoteKey(sent string) (key string, ok bool) {
	key = strings.TrimSpace(sent)
	if strings.HasPrefix(key, `"`) {
		inner, closed := strings.CutSuffix(key[1:], `"`)
		if !closed {
			return "", false
		}
		key = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inner)
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return "", false
		}
	}
	return key, key != "" && len(key) <= maxKey
}
