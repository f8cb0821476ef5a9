package web

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// A tag names what an answer depends on, so that the next request for the same
// is settled before any query: this life of the process, the count of changes,
// the address, how it is shown, and the instant until which time alone changes
// nothing. It is `"<hash of all but the instant>-<instant>"`.
const tagLocal = "tag"

// unchanged answers 304 when the browser has what this GET would give, and with
// the JSON that another request got when nothing has changed since. Every
// handler of a page calls it first; the count of changes is read here, before
// the data, so that a change in between makes the tag old, not the page.
func (s *server) unchanged(c *fiber.Ctx) bool {
	base := s.tagBase(c)
	c.Locals(tagLocal, base)
	for _, tag := range strings.Split(c.Get(fiber.HeaderIfNoneMatch), ",") {
		tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
		hash, until, ok := strings.Cut(tag, "-")
		if !ok || hash != base {
			continue
		}
		ms, err := strconv.ParseInt(until, 36, 64)
		if err == nil && s.Now().UnixMilli() < ms {
			cacheHeaders(c)
			c.Set(fiber.HeaderETag, `"`+tag+`"`)
			c.Status(fiber.StatusNotModified)
			return true
		}
	}
	return s.sendKept(c, base)
}

// tag sets the ETag of an answer that holds until the given instant.
func (s *server) tag(c *fiber.Ctx, until time.Time) {
	base, ok := c.Locals(tagLocal).(string)
	if !ok || until.IsZero() {
		return
	}
	c.Set(fiber.HeaderETag, `"`+base+"-"+strconv.FormatInt(until.UnixMilli(), 36)+`"`)
}

func (s *server) tagBase(c *fiber.Ctx) string {
	h := fnv.New128a()
	add := func(parts ...string) {
		for _, p := range parts {
			_, _ = h.Write([]byte(p)) // a hash takes everything
			_, _ = h.Write([]byte{0})
		}
	}
	health := s.health()
	add(s.start, strconv.FormatUint(s.Revision.Current(), 36), c.OriginalURL(), string(wants(c)), theme(c),
		s.Zone, health.Text, health.Detail, strconv.FormatBool(acceptsGzip(c)))
	sum := h.Sum(nil)
	var out []byte
	for _, b := range sum[:12] {
		out = append(out, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return string(out)
}

func cacheHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Vary(fiber.HeaderAccept, fiber.HeaderCookie, fiber.HeaderAcceptEncoding)
}

func theme(c *fiber.Ctx) string {
	switch t := c.Cookies("theme"); t {
	case "light", "dark":
		return t
	}
	return ""
}
