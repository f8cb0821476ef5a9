package web

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOnlyKnownHostsAreAnswered: a page of another site whose name was made to
// point here has that name in its requests.
func TestOnlyKnownHostsAreAnswered(t *testing.T) {
	const ok, foreign = http.StatusOK, http.StatusMisdirectedRequest
	tests := map[string]int{
		"127.0.0.1":                ok,
		"127.0.0.1:8000":           ok,
		"127.8.9.10:80":            ok,
		"localhost":                ok,
		"LocalHost:8000":           ok,
		"[::1]":                    ok,
		"[::1]:8000":               ok,
		"console.internal:8000":    ok,
		"CONSOLE.internal":         ok,
		"evil.example":             foreign,
		"evil.example:8000":        foreign,
		"localhost.evil.example":   foreign,
		"127.0.0.1.evil.example":   foreign,
		"evil.example@127.0.0.1":   foreign,
		"localhost.":               foreign,
		"0.0.0.0:8000":             foreign,
		"[::]:8000":                foreign,
		"10.0.0.1":                 foreign,
		"192.168.1.10:8000":        foreign,
		"169.254.169.254":          foreign,
		"[fe80::1]":                foreign,
		"127.1":                    foreign,
		"2130706433":               foreign,
		"0x7f.0.0.1":               foreign,
		"xn--lcalhost-5fg.example": foreign,
	}
	app := newBusyWorld().appFor("console.internal")
	for host, want := range tests {
		for _, r := range []request{get("/jobs").browser(), get("/api/v1/jobs"), get("/healthz"), get("/static/x"), postJSON("/api/v1/jobs", "{}")} {
			a := ask(t, app, r.with("Host", host))
			if refused := a.status == foreign; refused != (want == foreign) {
				t.Errorf("%s %s for host %s: status %d", r.method, r.target, host, a.status)
			}
			if strings.Contains(a.body, "evil") || strings.Contains(a.header.Get("Location"), "evil") {
				t.Errorf("host %s comes back in the answer", host)
			}
		}
	}
}

// TestForwardedNamesAreIgnored: nobody in between is trusted to say who asks
// for what.
func TestForwardedNamesAreIgnored(t *testing.T) {
	app := newBusyWorld().app()
	plain := mustAsk(t, app, get("/").browser(), http.StatusSeeOther)
	for _, header := range []string{
		"X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "X-Original-Url", "X-Rewrite-Url",
		"Remote-User", "X-Http-Method-Override", "X-Method-Override",
	} {
		r := get("/").browser().with(header, "evil.example")
		if diff := cmp.Diff(plain, ask(t, app, r), cmp.AllowUnexported(answer{}), ignoreDate); diff != "" {
			t.Errorf("%s (-without +with):\n%s", header, diff)
		}
		if a := ask(t, app, r.with("Host", "evil.example").with(header, "127.0.0.1")); a.status != http.StatusMisdirectedRequest {
			t.Errorf("a foreign host with %s of ours: status %d", header, a.status)
		}
	}
	a := ask(t, app, get("/jobs/sync_orders").with("X-Http-Method-Override", "DELETE"))
	if a.status != http.StatusOK {
		t.Errorf("the method was overridden: %d", a.status)
	}
}

var ignoreDate = cmp.FilterPath(func(p cmp.Path) bool {
	i, ok := p.Last().(cmp.MapIndex)
	return ok && i.Key().String() == "Date"
}, cmp.Ignore())

// writes are all ways to change something.
var writes = map[string]request{
	"create":           postJSON("/api/v1/jobs", `{"job_id": "log_something", "from_file": false, "type": "interval"}`),
	"create by a form": postForm("/jobs", "code", "log_something", "type", "interval", "args.minutes", "5"),
	"edit":             postJSON("/api/v1/jobs/sync_orders", `{"type": "interval"}`).by(http.MethodPut),
	"edit by a form":   postForm("/jobs/sync_orders", "type", "interval", "args.minutes", "5"),
	"delete":           get("/api/v1/jobs/sync_orders").by(http.MethodDelete),
	"delete by a form": postForm("/jobs/sync_orders/delete"),
	"run":              postForm("/jobs/sync_orders/run"),
	"run as JSON":      postJSON("/api/v1/jobs/sync_orders/run", ""),
	"pause":            postForm("/jobs/sync_orders/pause"),
	"resume":           postForm("/jobs/old_cleanup/resume"),
	"use file":         postForm("/jobs/random_fast/use-file"),
	"cancel":           postForm("/runs/1316/cancel"),
	"cancel as JSON":   postJSON("/api/v1/runs/1316/cancel", ""),
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	refused := map[string][2]string{
		"a foreign origin":      {"Origin", "https://evil.example"},
		"its port is another":   {"Origin", "http://127.0.0.1:9999"},
		"an origin without one": {"Origin", "null"},
		"an empty scheme":       {"Origin", "//127.0.0.1:8000"},
		"a file":                {"Origin", "file://127.0.0.1:8000"},
		"nonsense":              {"Origin", "http://%zz"},
		"another site":          {"Sec-Fetch-Site", "cross-site"},
		"a sister site":         {"Sec-Fetch-Site", "same-site"},
		"an unknown word":       {"Sec-Fetch-Site", "same-origin, cross-site"},
	}
	for name, write := range writes {
		for how, header := range refused {
			w := newBusyWorld()
			a := ask(t, w.app(), write.with(header[0], header[1]))
			if a.status != http.StatusForbidden || w.writes != 0 {
				t.Errorf("%s, %s: status %d, %d writes", name, how, a.status, w.writes)
			}
		}
	}
}

func TestWritesFromTheConsoleAndFromProgramsPass(t *testing.T) {
	passed := map[string]map[string]string{
		"a program":     {},
		"own page":      {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"},
		"address bar":   {"Sec-Fetch-Site": "none"},
		"old browser":   {"Origin": "http://127.0.0.1:8000"},
		"behind TLS":    {"Origin": "https://127.0.0.1:8000"},
		"another case":  {"Origin": "HTTP://127.0.0.1:8000"},
		"named in full": {"Origin": "http://localhost:8000", "Host": "localhost:8000"},
	}
	for name, write := range writes {
		for how, headers := range passed {
			w := newBusyWorld()
			r := write
			for header, v := range headers {
				r = r.with(header, v)
			}
			if a := ask(t, w.app(), r); a.status >= 400 || w.writes != 1 {
				t.Errorf("%s, %s: status %d, %d writes: %.200s", name, how, a.status, w.writes, a.body)
			}
		}
	}
}

// TestReadsFromOtherSitesAreNoWrites: links to the console work.
func TestReadsFromOtherSitesAreNoWrites(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	for _, s := range scenes() {
		if s.ask.method == http.MethodGet {
			ask(t, app, s.ask.browser().with("Origin", "https://evil.example").with("Sec-Fetch-Site", "cross-site"))
			ask(t, app, s.ask.by(http.MethodHead))
		}
	}
	if w.writes != 0 {
		t.Errorf("%d writes", w.writes)
	}
}

// TestBodiesThatAForeignPageCanSendAreRefused: a form may be sent from anywhere
// with these types, so the API reads none of them.
func TestBodiesThatAForeignPageCanSendAreRefused(t *testing.T) {
	body := `{"job_id": "log_something", "from_file": false, "type": "interval"}`
	for _, kind := range []string{
		"", "text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data",
		"text/json", "application/jsonx", "application/json, text/plain", "application/json; charset=latin1", "application/xml", ";", "*/*",
	} {
		w := newBusyWorld()
		a := ask(t, w.app(), postJSON("/api/v1/jobs", body).with("Content-Type", kind).with("Cookie", "session=1"))
		if a.status != http.StatusUnsupportedMediaType || w.writes != 0 {
			t.Errorf("%q: status %d, %d writes", kind, a.status, w.writes)
			continue
		}
		if got := a.problem(t).Detail; got != "The body must be application/json." {
			t.Errorf("%q: %s", kind, got)
		}
	}
	for _, kind := range []string{"application/json", "Application/JSON; charset=UTF-8"} {
		mustAsk(t, newBusyWorld().app(), postJSON("/api/v1/jobs", body).with("Content-Type", kind), http.StatusOK)
	}
}

// everyKind is an answer of each kind that there is.
func everyKind() map[string]scene {
	broken := func(change func(*world)) func() *world {
		return func() *world {
			w := newBusyWorld()
			change(w)
			return w
		}
	}
	fails := broken(func(w *world) { w.fail = errors.New("SQL logic error near \"SELECT\": /var/lib/cronsole.db") })
	panics := broken(func(w *world) { w.boom = true })
	kinds := map[string]scene{
		"part":          {"", newBusyWorld, get("/jobs?part=rows").htmx(), 200, ""},
		"JSON":          {"", newBusyWorld, get("/api/v1/jobs"), 200, ""},
		"log":           {"", newBusyWorld, get("/runs/1312/log"), 200, ""},
		"asset":         {"", newBusyWorld, get("/static/x"), 404, ""},
		"redirect":      {"", newBusyWorld, get("/").browser(), 303, ""},
		"redirect back": {"", newBusyWorld, postForm("/jobs/sync_orders/pause"), 303, ""},
		"toast":         {"", newBusyWorld, postForm("/jobs/sync_orders/pause").htmx(), 200, ""},
		"malformed":     {"", newBusyWorld, postJSON("/api/v1/jobs", "{"), 400, ""},
		"foreign":       {"", newBusyWorld, postJSON("/api/v1/jobs", "{}").with("Origin", "null"), 403, ""},
		"method":        {"", newBusyWorld, get("/jobs").by(http.MethodPatch), 405, ""},
		"failing":       {"", fails, get("/jobs").browser(), 500, ""},
		"failing, JSON": {"", fails, get("/api/v1/runs"), 500, ""},
		"failing, part": {"", fails, get("/jobs?part=rows").htmx(), 500, ""},
		"panic":         {"", panics, get("/jobs").browser(), 500, ""},
		"panic, JSON":   {"", panics, get("/api/v1/jobs/sync_orders"), 500, ""},
		"panic, write":  {"", panics, postForm("/jobs/sync_orders/pause").with("Accept", "*/*"), 500, ""},
		"health":        {"", newBusyWorld, get("/healthz"), 200, ""},
		"not ready":     {"", fails, get("/readyz"), 503, ""},
	}
	for _, s := range scenes() {
		s.ask = s.ask.browser()
		kinds[s.name] = s
	}
	return kinds
}

func TestEveryAnswerKeepsTheBrowserInBounds(t *testing.T) {
	want := http.Header{
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	for name, s := range everyKind() {
		a := mustAsk(t, s.world().app(), s.ask, s.status)
		got := http.Header{}
		for header := range want {
			got[header] = a.header[header]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, header := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Server", "X-Powered-By"} {
			if v := a.header.Get(header); v != "" {
				t.Errorf("%s: %s: %s", name, header, v)
			}
		}
		if a.body != "" && a.header.Get("Content-Type") == "" {
			t.Errorf("%s: a body without a type", name)
		}
	}
}

// TestErrorsSayNothingOfTheInside: neither what went wrong there nor where.
func TestErrorsSayNothingOfTheInside(t *testing.T) {
	inside := regexp.MustCompile(`(?i)goroutine|panic|\.go\b|runtime|boom|secret|/var/lib|sql|select|0x[0-9a-f]|fiber|fasthttp`)
	for name, s := range everyKind() {
		if s.status < 400 {
			continue
		}
		w := s.world()
		a := mustAsk(t, w.app(), s.ask, s.status)
		body := a.body
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			body = text(a.page(t).Find("main"))
		}
		if found := inside.FindString(body); found != "" {
			t.Errorf("%s: %q in %s", name, found, body)
		}
		if s.status != http.StatusInternalServerError {
			continue
		}
		id := regexp.MustCompile(`\b[0-9a-f]{12}\b`).FindString(body)
		if id == "" || !strings.Contains(w.log.String(), id) {
			t.Errorf("%s: the id %q of %s is not in the log:\n%s", name, id, body, w.log.String())
		}
	}
}

// TestAFaultIsLoggedOnceWithItsCause, so that the id leads somewhere.
func TestAFaultIsLoggedOnceWithItsCause(t *testing.T) {
	w := newBusyWorld()
	w.boom = true
	mustAsk(t, w.app(), get("/jobs").browser(), http.StatusInternalServerError)
	log := w.log.String()
	if n := strings.Count(log, "level=ERROR"); n != 1 || !strings.Contains(log, "boom: /secret/path") || !strings.Contains(log, "fake_test.go") {
		t.Errorf("%d errors in the log:\n%s", n, log)
	}
	mustAsk(t, w.app(), get("/healthz"), http.StatusOK) // the next request is served
}
