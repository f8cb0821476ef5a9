package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// deleted is the JSON answer to a deletion. The first two fields are what
// clients have always read.
type deleted struct {
	Scheduled bool      `json:"scheduled"`
	JobID     string    `json:"job_id"`
	Undo      string    `json:"undo"` // a POST to it brings the job back
	UndoUntil time.Time `json:"undo_until"`
}

// deleteJob answers DELETE /jobs/{id}, and POST /jobs/{id}/delete for forms.
func (s *server) deleteJob(c *fiber.Ctx) error {
	id, key, err := s.action(c)
	if err != nil {
		return err
	}
	v, err := s.once.do(key, func() (any, error) { return s.Scheduler.Delete(c.UserContext(), id) })
	if err != nil {
		return s.missingJob(c, id, err)
	}
	d, _ := v.(*cronsole.Deleted)
	return s.respond(c, Response{
		Model:    &deleted{JobID: id, Undo: "/api/v1" + views.UndoURL(d.Undo), UndoUntil: d.Until().UTC()},
		Location: "/jobs?done=deleted&job=" + id + "&undo=" + d.Undo, Leave: true,
	})
}

// undo answers POST /undo/{undo}: the deleted job is back.
func (s *server) undo(c *fiber.Ctx) error {
	undo := c.Params("undo")
	if _, err := readKind(c); err != nil {
		return err
	}
	if !isUndo(undo) {
		return &cronsole.Error{Kind: cronsole.NotFound, Message: "There is nothing to take back at this address."}
	}
	v, err := s.once.do(onceKey(c, undo), func() (any, error) { return s.Scheduler.Undo(c.UserContext(), undo) })
	if err != nil {
		return err
	}
	job, _ := v.(*cronsole.Job)
	return s.answerJob(c, job.ID, Response{Location: views.JobURL(job.ID) + "?done=restored", Leave: true})
}

// isUndo reports whether a text can be what names a deletion.
func isUndo(text string) bool {
	for _, r := range text {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return len(text) >= 20 && len(text) <= 40
}

// deletedJob is the job of that id when it is deleted and can be brought back;
// nil otherwise.
func (s *server) deletedJob(c *fiber.Ctx, id string) *cronsole.Deleted {
	d, err := s.Store.Deleted(c.UserContext(), id)
	if err != nil {
		if e, ok := asError(err); !ok || e.Kind != cronsole.NotFound {
			s.Log.WarnContext(c.UserContext(), "deleted job", "error", err) // the error page does without
		}
		return nil
	}
	if !s.Now().Before(d.Until()) {
		return nil
	}
	return d
}
