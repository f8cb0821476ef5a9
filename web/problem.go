package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

var errForeignHost = fiber.NewError(fiber.StatusMisdirectedRequest,
	"The console answers to loopback names only: open it as http://127.0.0.1 or http://localhost.")

// statusOf maps whose mistake it is to what HTTP calls it.
var statusOf = map[cronsole.Kind]int{
	cronsole.Invalid:         fiber.StatusUnprocessableEntity,
	cronsole.Malformed:       fiber.StatusBadRequest,
	cronsole.NotFound:        fiber.StatusNotFound,
	cronsole.Conflict:        fiber.StatusConflict,
	cronsole.Stale:           fiber.StatusConflict,
	cronsole.Gone:            fiber.StatusGone,
	cronsole.Forbidden:       fiber.StatusForbidden,
	cronsole.TooLarge:        fiber.StatusRequestEntityTooLarge,
	cronsole.UnsupportedType: fiber.StatusUnsupportedMediaType,
	cronsole.Unavailable:     fiber.StatusServiceUnavailable,
}

// plainWords replace what the server library says about its own errors.
var plainWords = map[int]string{
	fiber.StatusBadRequest:                  "The request cannot be read.",
	fiber.StatusNotFound:                    "There is no such page.",
	fiber.StatusMethodNotAllowed:            "This address does not take that method; Allow names the ones it takes.",
	fiber.StatusRequestEntityTooLarge:       "The request is too large; a body may hold 1 MiB.",
	fiber.StatusRequestHeaderFieldsTooLarge: "The address or the headers of the request are too long.",
	fiber.StatusRequestTimeout:              "The request took too long to arrive.",
}

// nearestError is a missing job with the ids that look like the one asked for,
// and what brings it back when it was deleted lately.
type nearestError struct {
	cause   *cronsole.Error
	ids     []string
	deleted *cronsole.Deleted
}

func (e *nearestError) Error() string { return e.cause.Error() }
func (e *nearestError) Unwrap() error { return e.cause }

func asError(err error) (*cronsole.Error, bool) { return errors.AsType[*cronsole.Error](err) }

// problem says an error in the console's words. Whatever is not a mistake of
// the caller gets an id for the log and says nothing of its cause.
func (s *server) problem(c *fiber.Ctx, err error) *views.ErrorDetail {
	p := &views.ErrorDetail{Type: "about:blank"}
	if e, ok := asError(err); ok {
		p.Status, p.Detail, p.Errors = statusOf[e.Kind], e.Message, e.Fields
		if e.Err != nil {
			s.Log.InfoContext(c.UserContext(), "request refused", "path", clip(c.Path(), 200), "error", e.Message, "cause", e.Err)
		}
	} else if e, ok := errors.AsType[*fiber.Error](err); ok && e.Code < 500 {
		p.Status, p.Detail = e.Code, plainWords[e.Code]
		if errors.Is(err, errForeignHost) {
			p.Detail = errForeignHost.Message
		}
	}
	if e, ok := errors.AsType[*nearestError](err); ok {
		p.Nearest = e.ids
		if e.deleted != nil {
			at := e.deleted.At.UTC()
			p.JobID, p.DeletedAt, p.Undo = e.deleted.Job.ID, &at, views.UndoURL(e.deleted.Undo)
			if wants(c) == formatJSON {
				p.Undo = "/api/v1" + p.Undo
			}
		}
	}
	if e, ok := errors.AsType[*staleError](err); ok {
		p.Status, p.Current, p.Yours = e.status, e.current, e.yours
	}
	if p.Status == 0 {
		p.Status = fiber.StatusInternalServerError
		p.RequestID = randomKey()[:12]
		p.Detail = "Something went wrong in the console. Whether the change was made is shown by the page; the log has more under " + p.RequestID + "."
		s.Log.ErrorContext(c.UserContext(), "request failed", "id", p.RequestID, "method", c.Method(), "path", clip(c.Path(), 200), "error", err)
	}
	p.Heading = http.StatusText(p.Status)
	if p.Detail == "" {
		p.Detail = p.Heading + "."
	}
	return p
}

// fail is the app's error handler: it answers for every error, in the form that
// the caller wants.
func (s *server) fail(c *fiber.Ctx, err error) error {
	setHeaders(c) // errors of the server library never pass the guard
	p := s.problem(c, err)
	c.Response().Header.Del(fiber.HeaderETag)
	cacheHeaders(c)
	if p.Status == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	if wants(c) == formatHTML && isHTMX(c) && !safeMethod(c.Method()) {
		// The page stays as it is; htmx takes only the toast out of an error.
		if err := s.sendHTML(c, p.Status, views.Toast(&views.Notice{Bad: true, Text: p.Detail})); err == nil {
			return nil
		}
	}
	if wants(c) == formatHTML && c.Query("part") == "" {
		p.Shell = s.frame(c, p.Heading, "")
		p.JSONURL = "" // there is nothing at this address, or nothing to be read
		if err := s.sendHTML(c, p.Status, views.ErrorPage(p)); err == nil {
			return nil
		}
		s.Log.ErrorContext(c.UserContext(), "error page failed", "path", clip(c.Path(), 200))
	}
	return sendProblem(c, p)
}

func sendProblem(c *fiber.Ctx, p any) error {
	status := fiber.StatusUnprocessableEntity
	if d, ok := p.(*views.ErrorDetail); ok {
		status = d.Status
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return err
	}
	return send(c, status, "application/problem+json", b.Bytes())
}

// missingJob adds to an error that says a job is not there the nearest ids, and
// what brings it back.
func (s *server) missingJob(c *fiber.Ctx, id string, err error) error {
	e, ok := asError(err)
	if !ok || e.Kind != cronsole.NotFound {
		return err
	}
	missing := &nearestError{cause: e}
	if cronsole.CheckJobID(id) == "" {
		missing.deleted = s.deletedJob(c, id)
	}
	ids, nearErr := s.Store.NearestJobIDs(c.UserContext(), clip(id, 128), 3)
	if nearErr != nil {
		s.Log.WarnContext(c.UserContext(), "nearest job ids", "error", nearErr)
	}
	missing.ids = ids
	return missing
}
