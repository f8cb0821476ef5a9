package web

import (
	"bytes"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	maxKept     = 64        // answers
	maxKeptSize = 512 << 10 // bytes of one
)

// keptAnswers are the JSON answers since the last change, so that scripts that
// ask for the same list cost one query between them. Pages are not kept: they
// say how long ago things were.
type keptAnswers struct {
	mu       sync.Mutex
	revision uint64
	answers  map[string]keptAnswer // by the base of their tags
}

type keptAnswer struct {
	tag, encoding string
	body          []byte
	until         time.Time // when time alone changes the answer
}

// get returns the answer whose tag has the base, if it still holds.
func (k *keptAnswers) get(base string, now time.Time) (keptAnswer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.answers[base]
	return a, ok && now.Before(a.until)
}

// put keeps an answer; those of an earlier revision are let go.
func (k *keptAnswers) put(base string, revision uint64, a keptAnswer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if revision != k.revision || len(k.answers) >= maxKept || k.answers == nil {
		k.revision, k.answers = revision, map[string]keptAnswer{}
	}
	k.answers[base] = a
}

// keep notes the JSON answer that c holds.
func (s *server) keep(c *fiber.Ctx, until time.Time) {
	base, ok := c.Locals(tagLocal).(string)
	res := c.Response()
	if !ok || until.IsZero() || c.Method() != fiber.MethodGet || res.StatusCode() != fiber.StatusOK || len(res.Body()) > maxKeptSize {
		return
	}
	s.kept.put(base, s.Revision.Current(), keptAnswer{
		tag: c.GetRespHeader(fiber.HeaderETag), encoding: c.GetRespHeader(fiber.HeaderContentEncoding),
		body: bytes.Clone(res.Body()), until: until,
	})
}

// sendKept answers with a kept answer, if there is one.
func (s *server) sendKept(c *fiber.Ctx, base string) bool {
	if wants(c) != formatJSON {
		return false
	}
	a, ok := s.kept.get(base, s.Now())
	if !ok {
		return false
	}
	cacheHeaders(c)
	c.Set(fiber.HeaderETag, a.tag)
	c.Set(fiber.HeaderContentType, "application/json")
	if a.encoding != "" {
		c.Set(fiber.HeaderContentEncoding, a.encoding)
	}
	c.Response().SetBodyRaw(a.body) // read by the server only
	return true
}
