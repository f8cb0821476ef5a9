package web

import (
	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// staleError is an edit of a version that is no more, with what there is now and
// what was sent.
type staleError struct {
	cause          *cronsole.Error
	status         int
	current, yours map[string]any
}

func (e *staleError) Error() string { return e.cause.Error() }
func (e *staleError) Unwrap() error { return e.cause }

// staleEdit adds both versions to an error that says an edit came too late.
func (s *server) staleEdit(c *fiber.Ctx, sub submission, id string, cause *cronsole.Error) error {
	row, err := s.Store.JobRow(c.UserContext(), id, 0)
	if err != nil {
		return s.missingJob(c, id, err)
	}
	e := &staleError{cause: cause, status: fiber.StatusConflict, yours: requestBody(sub.request)}
	if sub.ifMatch {
		e.status = fiber.StatusPreconditionFailed
	}
	e.yours["version"] = sub.request.Version
	e.current, err = views.DefinitionJSON(row.Job.Version, row.Job.Definition)
	if err != nil {
		return err
	}
	return e
}

// showCurrent puts the job as it is now beside the edit that came too late.
// Sending the form again then replaces that version, knowingly.
func (s *server) showCurrent(c *fiber.Ctx, m *views.JobForm) error {
	row, err := s.Store.JobRow(c.UserContext(), m.EditID, 0)
	if err != nil {
		return s.missingJob(c, m.EditID, err)
	}
	if m.Current, err = s.jobDetail(c, m.Shell, row, ""); err != nil {
		return err
	}
	m.Version = row.Job.Version
	theirs := jobValues(row.Job)
	alignCron(m.Values, m.Was)
	for _, field := range views.FormFields {
		if yours, sent := m.Values[field]; sent {
			d := views.FieldDiff{Field: field, Yours: inType(m.Values, field, yours), Theirs: inType(theirs, field, theirs[field])}
			if d.Yours != d.Theirs {
				m.Differs = append(m.Differs, d)
			}
		}
	}
	return nil
}

// inType is the value of a field, if it means anything in a form of that type.
// What the one-line expression says is not said by the eight fields once more.
func inType(values map[string]string, field, value string) string {
	of := map[string]cronsole.Type{"args.expression": cronsole.TypeCron, "args.week": cronsole.TypeCron, "args.run_date": cronsole.TypeDate}
	for _, key := range intervalKeys {
		of["args."+key] = cronsole.TypeInterval
	}
	for _, key := range cronKeys {
		if key != "week" {
			of["args."+key] = "the expression"
		}
	}
	if typ, ok := of[field]; ok && string(typ) != values["type"] {
		return ""
	}
	return value
}
