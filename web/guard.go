package web

import (
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"

	"cronsole/internal/cronsole"
)

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setHeaders puts the headers on an answer that keep a browser from being
// turned against the console. Errors get them too.
func setHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// guard stands before every handler: it recovers panics, sets the headers, and
// turns away requests for foreign hosts and writes from foreign sites.
func (s *server) guard(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	setHeaders(c)
	// An address with a host of its own, as proxies get it, may name another one.
	if !s.knownHost(string(c.Request().Header.Host())) || !s.knownHost(string(c.Request().URI().Host())) {
		return errForeignHost
	}
	if !safeMethod(c.Method()) {
		if err := s.sameSite(c); err != nil {
			return err
		}
	}
	return c.Next()
}

func safeMethod(m string) bool {
	return m == fiber.MethodGet || m == fiber.MethodHead || m == fiber.MethodOptions
}

// knownHost reports whether the Host header names this machine. A page of
// another site whose name was made to point here (DNS rebinding) is caught by
// its name.
func (s *server) knownHost(hostport string) bool {
	host := strings.ToLower(hostport)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "localhost" {
		return true
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	for _, h := range s.Hosts {
		if host == strings.ToLower(h) {
			return true
		}
	}
	return false
}

// sameSite refuses a write that a browser sends on behalf of another site.
// Programs other than browsers send neither header.
func (s *server) sameSite(c *fiber.Ctx) error {
	foreign := &cronsole.Error{Kind: cronsole.Forbidden, Message: "This came from a page of another site. Nothing was changed; use the console's own pages."}
	switch c.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return foreign
	}
	origins := c.Request().Header.PeekAll(fiber.HeaderOrigin)
	for _, origin := range origins {
		u, err := url.Parse(string(origin))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.EqualFold(u.Host, string(c.Request().Header.Host())) {
			return foreign
		}
	}
	return nil
}
