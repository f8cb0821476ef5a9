package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
	"cronsole/static"
)

// healthz says that the process answers, and nothing else.
func (s *server) healthz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return sendJSON(c, fiber.StatusOK, map[string]string{"status": "alive"})
}

type ready struct {
	Status    string `json:"status"` // "ready" or "not ready"
	Reason    string `json:"reason,omitempty"`
	Store     bool   `json:"store"`
	Loop      bool   `json:"loop"`
	LoopAgeMS int64  `json:"loop_age_ms"` // since the firing loop last came round
	UptimeS   int64  `json:"uptime_s"`
	Jobs      int    `json:"jobs"`
	Queued    int    `json:"queued"`
	Running   int    `json:"running"`

	Waiting []cronsole.Backlog `json:"waiting"` // queued runs by what keeps them

	SlotsUsed   int   `json:"slots_used"`
	Slots       int   `json:"slots"`
	ClockStepMS int64 `json:"clock_step_ms"` // the latest step of the clock that was noticed

	DatabaseBytes int64 `json:"database_bytes"`
	WALBytes      int64 `json:"wal_bytes"` // write-ahead log; some 100 MiB under load, little when idle
}

// readyz says whether jobs are being started and recorded: 200, or 503 with
// the reason.
func (s *server) readyz(c *fiber.Ctx) error {
	h := s.Scheduler.Health()
	store, err := s.Store.Stats(c.UserContext())
	m := ready{
		Status: "ready", Store: err == nil && store.Problem == "" && h.LastError == "", Loop: h.LoopAge <= loopLimit,
		LoopAgeMS: h.LoopAge.Milliseconds(), UptimeS: int64(s.Now().Sub(h.Started).Seconds()),
		Jobs: h.Jobs, Queued: h.Queued, Running: h.Running, SlotsUsed: h.SlotsUsed, Slots: h.Slots,
		Waiting:     append([]cronsole.Backlog{}, s.Scheduler.Backlog()...),
		ClockStepMS: h.ClockStep.Milliseconds(), DatabaseBytes: store.DatabaseBytes, WALBytes: store.WALBytes,
	}
	status := fiber.StatusOK
	var reasons []string
	if err != nil {
		s.Log.ErrorContext(c.UserContext(), "store cannot be read", "error", err)
		reasons = append(reasons, "the store cannot be read")
	}
	if h.LastError != "" || store.Problem != "" {
		reasons = append(reasons, "runs cannot be recorded")
	}
	if !m.Loop {
		reasons = append(reasons, "the firing loop does not come round")
	}
	if len(reasons) > 0 {
		m.Status, m.Reason, status = "not ready", strings.Join(reasons, "; "), fiber.StatusServiceUnavailable
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return sendJSON(c, status, m)
}

// asset answers GET /static/*: names carry the content, so browsers keep them.
func (s *server) asset(c *fiber.Ctx) error {
	f, ok := static.Open(c.Path())
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Vary(fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderETag, f.ETag)
	if c.Get(fiber.HeaderIfNoneMatch) == f.ETag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.ContentType)
	body := f.Body
	if f.Gzip != nil && acceptsGzip(c) {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		body = f.Gzip
	}
	c.Response().SetBodyRaw(body)
	return nil
}
