package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
	"cronsole/views"
)

// Response is what a handler found out. Respond chooses what of it the caller
// sees.
type Response struct {
	Status   int    // for scripts; 0 is 200
	Location string // writes: where a browser goes on; empty: Page is the answer
	Model    any    // the JSON body
	Page     templ.Component
	Parts    map[string]templ.Component // that ?part= can ask for
	Notice   *views.Notice              // writes: what was done; htmx shows it where it is
	Leave    bool                       // writes: from htmx too the browser goes on to Location
	Until    time.Time                  // reads: when time alone changes the answer; zero: it may not be kept
}

// format is the kind of answer that a request wants.
type format string

const (
	formatJSON format = "json"
	formatHTML format = "html"
)

// wants decides the kind of answer for the whole product: /api/v1 is JSON,
// elsewhere Accept decides, and who accepts everything gets JSON.
func wants(c *fiber.Ctx) format {
	if isAPI(c) {
		return formatJSON
	}
	html, js := 0.0, 0.0
	for _, part := range strings.Split(c.Get(fiber.HeaderAccept), ",") {
		kind, q := quality(part)
		switch kind {
		case "text/html", "application/xhtml+xml", "text/*":
			html = max(html, q)
		case "application/json", "application/problem+json", "application/*":
			js = max(js, q)
		}
	}
	if html > 0 && html >= js {
		return formatHTML
	}
	return formatJSON
}

func quality(part string) (kind string, q float64) {
	kind, params, _ := strings.Cut(part, ";")
	q = 1
	for _, p := range strings.Split(params, ";") {
		if name, v, ok := strings.Cut(strings.TrimSpace(p), "="); ok && strings.EqualFold(name, "q") {
			if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 0 && n <= 1 {
				q = n
			}
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), q
}

func isAPI(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), "/api/v1/") }

func isHTMX(c *fiber.Ctx) bool { return c.Get("HX-Request") == "true" }

// respond answers in the form that the caller asked for.
func (s *server) respond(c *fiber.Ctx, r Response) error {
	cacheHeaders(c)
	if wants(c) == formatJSON {
		s.tag(c, r.Until)
		if err := sendJSON(c, r.Status, r.Model); err != nil {
			return err
		}
		s.keep(c, r.Until)
		return nil
	}
	if r.Location != "" {
		return s.goOn(c, r)
	}
	component := r.Page
	if part := c.Query("part"); part != "" {
		if component = r.Parts[part]; component == nil {
			return &cronsole.Error{Kind: cronsole.NotFound, Message: "This page has no such part."}
		}
	}
	if component == nil {
		s.tag(c, r.Until)
		return sendJSON(c, r.Status, r.Model)
	}
	s.tag(c, r.Until)
	return s.sendHTML(c, pageStatus(r.Status), component)
}

// pageStatus is the status of a page: 202 and the like are for scripts.
func pageStatus(status int) int {
	if status < 300 {
		return fiber.StatusOK
	}
	return status
}

// goOn answers a write: a browser is sent to a page, so that a reload does not
// repeat it; htmx shows what was done and refreshes what it shows.
func (s *server) goOn(c *fiber.Ctx, r Response) error {
	if !isHTMX(c) {
		return c.Redirect(r.Location, fiber.StatusSeeOther)
	}
	if r.Leave || r.Notice == nil {
		c.Set("HX-Redirect", r.Location)
		return c.SendStatus(fiber.StatusOK)
	}
	c.Set("HX-Trigger", "jobs:changed")
	return s.sendHTML(c, fiber.StatusOK, views.Toast(r.Notice))
}

func sendJSON(c *fiber.Ctx, status int, model any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // nosniff and the type keep it from being read as HTML
	if err := enc.Encode(model); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return send(c, status, "application/json", b.Bytes())
}

// sendHTML renders into a buffer first: a page that fails half way becomes a
// clean error.
func (s *server) sendHTML(c *fiber.Ctx, status int, component templ.Component) error {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	if err := component.Render(c.UserContext(), b); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return send(c, status, "text/html; charset=utf-8", b.Bytes())
}

// minGzip is the size from which compressing saves a packet.
const minGzip = 1400

// send copies the body: the caller's buffer goes back to its pool.
func send(c *fiber.Ctx, status int, contentType string, body []byte) error {
	if status == 0 {
		status = fiber.StatusOK
	}
	c.Status(status)
	c.Set(fiber.HeaderContentType, contentType)
	if len(body) >= minGzip && acceptsGzip(c) {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		c.Response().SetBodyRaw(fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressBestSpeed))
		return nil
	}
	c.Response().SetBody(body)
	return nil
}

func acceptsGzip(c *fiber.Ctx) bool {
	for _, part := range strings.Split(c.Get(fiber.HeaderAcceptEncoding), ",") {
		kind, q := quality(part)
		if kind == "gzip" && q > 0 {
			return true
		}
	}
	return false
}
