package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// TestOneAddressOneSpelling: what a proxy or a rule beside us could read
// differently is no address here.
func TestOneAddressOneSpelling(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	for _, target := range []string{
		"/Jobs", "/JOBS", "/jobs/", "//jobs", "/jobs//", "/./jobs", "/jobs/.", "/x/../jobs", "/jobs/..", "/%6aobs", "/jobs%2f", "/jobs%00",
		"/jobs;x=1", "/jobs/sync_orders/", "/jobs//sync_orders", "/jobs/Sync_Orders", "/jobs/sync%5forders", "/jobs/%73ync_orders",
		"/jobs/sync_orders/EDIT", "/jobs/sync_orders/edit/", "/jobs/sync_orders//edit", "/jobs/sync_orders%2fedit", "/jobs/./sync_orders",
		"/jobs/sync_orders/../sync_orders", "/jobs/%2e%2e/jobs", "/jobs/..%2fruns", `/jobs\sync_orders`, "/jobs/sync_orders%20", "/jobs/ sync",
		"/runs/", "/runs/01312", "/runs/+1312", "/runs/1312.0", "/runs/0x520", "/runs/-1312", "/runs/1312/", "/runs/1312/log/",
		"/API/v1/jobs", "/api/V1/jobs", "/api//v1/jobs", "/api/v1/jobs/", "/api/v1//jobs", "/api/v1", "/api/v1/", "/api", "/api/v2/jobs",
		"/api/v1/../../jobs", "/codes/", "/Healthz", "/healthz/", "/readyz/",
		"/static", "/static/", "/static/../web/guard.go", "/static/%2e%2e/go.mod", "/static/app.css", "/static/vendor.lock", "/static//app.css",
		"/.git/config", "/.env", "/data/cronsole.db", "/cronsole.db-wal", "/jobs/broken/.schedule", "/jobs/log_something/main.sh", "/debug/pprof/",
		"/metrics", "/monitor", "/favicon.ico", "/index.html", "/login",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
			raw := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, strings.ReplaceAll(target, " ", "%20"))
			if a := wire(t, app, raw); a.status < 400 || a.status >= 500 {
				t.Errorf("%s %s answers %d: %.100s", method, target, a.status, a.body)
			}
		}
	}
	if w.writes != 0 {
		t.Errorf("%d writes", w.writes)
	}
}

// oddIDs are ids that nobody should be able to do anything with.
var oddIDs = []string{
	"..", ".", "-", "_x", " ", "a b", "a/b", `a\b`, "a%00b", "%", "%zz", "a\x00b", "a\nb", "a\r\nSet-Cookie: x=1", "a\x1b[31m", "<script>alert(1)</script>",
	`"><img src=x>`, "'; DROP TABLE jobs; --", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "C:\\x", "ünïcode", "名前",
	"\u202egnp.exe", "\ufeffx", "\xff\xfe", "NaN", "null", "0", "-1", "9223372036854775808", "1e9", strings.Repeat("a", 129), strings.Repeat("a", 4000),
	"new", "preview", "bulk", "*", "?", "#", "constructor", "__proto__",
}

func TestOddIDsAreMissingEverywhere(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	routes := []struct{ method, pattern string }{
		{"GET", "/jobs/%s"},
		{"POST", "/jobs/%s"},
		{"PUT", "/jobs/%s"},
		{"DELETE", "/jobs/%s"},
		{"GET", "/jobs/%s/edit"},
		{"GET", "/jobs/%s/delete"},
		{"POST", "/jobs/%s/delete"},
		{"POST", "/jobs/%s/run"},
		{"POST", "/jobs/%s/pause"},
		{"POST", "/jobs/%s/resume"},
		{"POST", "/jobs/%s/use-file"},
		{"GET", "/jobs/%s/pause"},
		{"GET", "/jobs/%s/revisions"},
		{"GET", "/jobs/%s/run"},
		{"POST", "/jobs/%s/skip"},
		{"DELETE", "/jobs/%s/skip"},
		{"POST", "/jobs/%s/unskip"},
		{"POST", "/undo/%s"},
		{"GET", "/runs/%s"},
		{"POST", "/runs/%s/cancel"},
		{"GET", "/runs/%s/log"},
		{"GET", "/jobs/new?from=%s"},
		{"GET", "/static/%s"},
	}
	for _, id := range oddIDs {
		for _, route := range routes {
			for _, prefix := range []string{"", "/api/v1"} {
				target := prefix + fmt.Sprintf(route.pattern, url.PathEscape(id))
				a := ask(t, app, get(target).browser().by(route.method))
				if page := prefix == "" && (id == "new" || id == "preview"); page && a.status < 500 {
					continue // words of the console's own addresses
				}
				if a.status >= 500 || a.status < 400 && prefix == "" {
					t.Errorf("%s %.80s answers %d", route.method, target, a.status)
				}
				if len(id) > 8 && cronsole.CheckJobID(id) != "" && strings.Contains(a.body, id) {
					t.Errorf("%s %.80s: the id comes back", route.method, target)
				}
				if strings.Contains(a.body, "root:") || a.header.Get("Set-Cookie") != "" {
					t.Errorf("%s %.80s: %.100s", route.method, target, a.body)
				}
			}
		}
	}
	if w.writes != 0 {
		t.Errorf("%d writes", w.writes)
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	app := newBusyWorld().app()
	tests := map[string][]string{
		"/jobs":                     {"GET", "HEAD", "POST"},
		"/jobs/preview":             {"DELETE", "GET", "HEAD", "POST", "PUT"}, // of /jobs/{id} too
		"/jobs/sync_orders":         {"DELETE", "GET", "HEAD", "POST", "PUT"},
		"/jobs/sync_orders/edit":    {"GET", "HEAD"},
		"/jobs/sync_orders/delete":  {"GET", "HEAD", "POST"},
		"/jobs/sync_orders/run":     {"GET", "HEAD", "POST"},
		"/api/v1/jobs/x/use-file":   {"POST"},
		"/jobs/x/revisions":         {"GET", "HEAD"},
		"/undo/X":                   {"POST"},
		"/jobs/sync_orders/skip":    {"DELETE", "POST"},
		"/jobs/sync_orders/pause":   {"GET", "HEAD", "POST"},
		"/runs/1312":                {"GET", "HEAD"},
		"/runs/1312/cancel":         {"POST"},
		"/runs/1312/log":            {"GET", "HEAD"},
		"/codes":                    {"GET", "HEAD"},
		"/healthz":                  {"GET", "HEAD"},
		"/static/app.css":           {"GET", "HEAD"},
		"/api/v1/jobs/sync_orders":  {"DELETE", "GET", "HEAD", "POST", "PUT"},
		"/api/v1/runs/1312/cancel":  {"POST"},
		"/api/v1/jobs/nope/resume":  {"POST"},
		"/api/v1/runs/nonsense/log": {"GET", "HEAD"},
	}
	for target, want := range tests {
		for _, method := range []string{"PATCH", "TRACE", "CONNECT", "OPTIONS", "GET", "POST", "PUT", "DELETE"} {
			if slices.Contains(want, method) {
				continue
			}
			a := wire(t, app, method+" "+target+" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			allowed := strings.Split(a.header.Get("Allow"), ", ")
			slices.Sort(allowed)
			if a.status != http.StatusMethodNotAllowed || !slices.Equal(allowed, want) {
				t.Errorf("%s %s: status %d, Allow %v, want %v", method, target, a.status, allowed, want)
			}
		}
	}
}

func TestAnUnknownVerbIsNotRepeated(t *testing.T) {
	for _, verb := range []string{"FROB", "get", "<script>", "PROPFIND", strings.Repeat("A", 2000)} {
		a := wire(t, newWorld().app(), verb+" /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		if a.status < 400 || a.status >= 500 || strings.Contains(a.body, verb) {
			t.Errorf("%.20s: status %d: %.100s", verb, a.status, a.body)
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	for _, target := range []string{"/jobs", "/jobs/sync_orders", "/runs/1312", "/runs/1312/log", "/codes", "/healthz", "/nowhere", "/jobs?sort=up"} {
		app := newBusyWorld().app()
		want, got := ask(t, app, get(target)), ask(t, app, get(target).by(http.MethodHead))
		if got.body != "" {
			t.Errorf("%s: %d bytes", target, len(got.body))
		}
		want.body = ""
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{}), ignoreDate); diff != "" {
			t.Errorf("%s (-GET +HEAD):\n%s", target, diff)
		}
	}
}

// TestRequestsThatNoClientLibraryWouldSend are answered with an error, in our
// words and with our headers, and do not reach a handler.
func TestRequestsThatNoClientLibraryWouldSend(t *testing.T) {
	const host = "Host: 127.0.0.1\r\n"
	tests := map[string]struct {
		raw  string
		want int
	}{
		"no host":                   {"GET /jobs HTTP/1.1\r\n\r\n", 400},
		"no host, HTTP/1.0":         {"GET /jobs HTTP/1.0\r\n\r\n", 421},
		"a foreign host in the URL": {"GET http://evil.example/jobs HTTP/1.1\r\n" + host + "\r\n", 421},
		"two hosts":                 {"GET /jobs HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", 400},
		"two hosts, ours last":      {"GET /jobs HTTP/1.1\r\nHost: evil.example\r\n" + host + "\r\n", 400},
		"header too large":          {"GET /jobs HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 200<<10) + "\r\n\r\n", 431},
		"address too long":          {"GET /jobs?q=" + strings.Repeat("x", 200<<10) + " HTTP/1.1\r\n" + host + "\r\n", 431},
		"body too large":            {"POST /api/v1/jobs HTTP/1.1\r\n" + host + "Content-Length: 1048577\r\n\r\n", 413},
		"body larger than numbers":  {"POST /api/v1/jobs HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		"negative length":           {"POST /api/v1/jobs HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
		"two lengths":               {"POST /api/v1/jobs HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		"no HTTP":                   {"hello there\r\n\r\n", 400},
		"a space in the address":    {"GET /jo bs HTTP/1.1\r\n" + host + "\r\n", 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			a := wire(t, w.app(), tt.raw)
			if a.status != tt.want {
				t.Errorf("status %d, want %d: %.200s", a.status, tt.want, a.body)
			}
			if a.header.Get("Content-Security-Policy") == "" || strings.Contains(a.body, "evil") {
				t.Errorf("header %v, body %.200s", a.header, a.body)
			}
			if got := a.problem(t).Detail; strings.Contains(got, "fasthttp") || got == "" {
				t.Errorf("detail %q", got)
			}
			if w.reads+w.writes > 0 {
				t.Errorf("%d reads, %d writes", w.reads, w.writes)
			}
		})
	}
}

// TestNothingOfTheRequestComesBackUnasked: addresses, headers and methods are
// not repeated in answers, and no value makes a header of its own.
func TestNothingOfTheRequestComesBackUnasked(t *testing.T) {
	const mark = "zqzqzq"
	app := newBusyWorld().app()
	for _, r := range []request{
		get("/" + mark), get("/jobs/" + mark + "/nothing"), get("/runs/" + mark), get("/jobs?part=" + mark), get("/jobs?done=" + mark),
		get("/jobs?state=" + mark), get("/jobs?sort=" + mark), get("/jobs?limit=" + mark), get("/jobs/sync_orders?runs=" + mark),
		get("/jobs").with("Cookie", "theme="+mark), get("/jobs").with("Referer", "http://"+mark), get("/jobs").with("User-Agent", mark),
		get("/jobs").with("X-Request-Id", mark), get("/runs/1312/log?after=" + mark), get("/jobs?done=saved&job=%0d%0aX-" + mark + ":1"),
		get("/static/" + mark), get("/api/v1/" + mark), postForm("/jobs/sync_orders/pause", mark, mark), get("/jobs/new?" + mark + "=" + mark),
	} {
		for _, r := range []request{r, r.browser()} {
			a := ask(t, app, r)
			if strings.Contains(a.body, mark) {
				t.Errorf("%s %s: the body repeats it", r.method, r.target)
			}
			for name, values := range a.header {
				if strings.Contains(name+strings.Join(values, ""), mark) {
					t.Errorf("%s %s: %s: %v", r.method, r.target, name, values)
				}
			}
		}
	}
}

func TestAddressesWithMistakesNameThem(t *testing.T) {
	const text200 = "must be text of at most 200 bytes"
	tests := map[string]map[string]string{
		"/jobs?limit=0":                           {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=1001":                        {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=-1":                          {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=1e3":                         {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=5.0":                         {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=9223372036854775808":         {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?limit=%205":                        {"limit": "must be a whole number from 1 to 1000"},
		"/jobs?page=0":                            {"page": "must be a whole number from 1 to 1000000"},
		"/jobs?page=x":                            {"page": "must be a whole number from 1 to 1000000"},
		"/jobs?sort=jobs;DROP":                    {"sort": "must be one of next, -next, name, -name, last or -last"},
		"/jobs?sort=--next":                       {"sort": "must be one of next, -next, name, -name, last or -last"},
		"/jobs?state=Running":                     {"state": "must be one of running, failing, late, paused or finished"},
		"/jobs?type=from_file":                    {"type": "must be one of cron, interval or date"},
		"/jobs?q=%00":                             {"q": text200},
		"/jobs?q=a%0ab":                           {"q": text200},
		"/jobs?q=%ff":                             {"q": text200},
		"/jobs?tag=%1b[31m":                       {"tag": text200},
		"/jobs?q=" + strings.Repeat("x", 201):     {"q": text200},
		"/jobs?after=" + strings.Repeat("x", 513): {"after": "must be text of at most 512 bytes"},
		"/jobs?sort=up&limit=0&q=%00": {
			"sort": "must be one of next, -next, name, -name, last or -last", "limit": "must be a whole number from 1 to 1000", "q": text200,
		},
		"/jobs/sync_orders?runs=all": {"runs": "must be one of failed or manual"},
		"/runs?state=failed,nope": {
			"state": "must be one of queued, running, succeeded, failed, timed_out, cancelled, interrupted or skipped, or several with commas",
		},
		"/runs?state=,": {
			"state": "must be one of queued, running, succeeded, failed, timed_out, cancelled, interrupted or skipped, or several with commas",
		},
		"/runs?reason=because":             {"reason": "must be one of misfire, overlap, paused, frozen, expired, queue_full or code_missing"},
		"/runs?cause=me":                   {"cause": "must be one of schedule, manual, rerun or start"},
		"/runs?after=0":                    {"after": "must be a whole number from 1 to 4611686018427387904"},
		"/runs?after=abc":                  {"after": "must be a whole number from 1 to 4611686018427387904"},
		"/runs?job_id=%00":                 {"job_id": "must be text of at most 128 bytes"},
		"/runs/1312?before=0":              {"before": "must be a whole number from 1 to 1099511627776"},
		"/runs/1312/log?after=-1":          {"after": "must be a whole number from 0 to 4611686018427387904"},
		"/jobs/preview?count=0":            {"count": "must be a whole number from 1 to 100"},
		"/jobs/preview?count=101":          {"count": "must be a whole number from 1 to 100"},
		"/jobs/preview?after=yesterday":    {"after": "must be an instant such as 2026-11-23T10:00:00Z"},
		"/jobs/sync_orders/edit?version=x": {"version": "must be a whole number from 1 to 9007199254740992"},
	}
	for target, want := range tests {
		w := newBusyWorld()
		p := mustAsk(t, w.app(), get(target), http.StatusUnprocessableEntity).problem(t)
		if diff := cmp.Diff(problem{Title: "Unprocessable Entity", Status: 422, Detail: "The address has mistakes.", Errors: want}, p); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", target, diff)
		}
		mustAsk(t, w.app(), get(target).browser(), http.StatusUnprocessableEntity)
	}
}

func TestTheEdgesOfWhatIsAllowed(t *testing.T) {
	app := newBusyWorld().app()
	for _, target := range []string{
		"/jobs?limit=1", "/jobs?limit=1000", "/jobs?limit=01", "/jobs?page=1000000", "/jobs?q=" + strings.Repeat("x", 200), "/jobs?q=%25_'%22%5c",
		"/jobs?q=%C3%BC", "/jobs?limit=&sort=&page=", "/jobs?limit=3&limit=0", "/jobs?jobs[999999999]=1&a.b[0][x]=y", "/runs?state=failed,skipped,failed",
		"/runs?after=4611686018427387904", "/runs/1312?before=1099511627776", "/runs/1312?before=1", "/runs/1312/log?after=4611686018427387904",
		"/jobs/preview?count=100&type=interval&args.seconds=1&after=2026-11-23T10:00:00Z", "/jobs?" + strings.Repeat("a=1&", 3000),
	} {
		if a := ask(t, app, get(target)); a.status != http.StatusOK {
			t.Errorf("%.60s answers %d: %s", target, a.status, a.body)
		}
	}
}

// TestLongValuesAreQuick: no value makes the console work hard.
func TestLongValuesAreQuick(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	long := map[string]string{
		"commas": strings.Repeat("1,", 20_000), "ranges": strings.Repeat("1-59/2,", 5_700), "stars": strings.Repeat("*/1,", 10_000),
		"brackets": strings.Repeat("[", 40_000), "escapes": strings.Repeat("\x1b[", 20_000), "digits": strings.Repeat("9", 40_000),
		"spaces": strings.Repeat(" ", 40_000) + "x", "days": strings.Repeat("last ", 8_000),
	}
	fields := []string{
		"code", "job_id", "type", "args.expression", "args.hour", "args.day_of_week", "args.weeks", "args.run_date", "args.start_date",
		"args.args", "timezone", "timeout", "tags", "description", "keep_bytes", "idempotency_key", "expression_was", "version",
	}
	for kind, value := range long {
		for _, field := range fields {
			start := time.Now()
			r := postForm("/jobs/sync_orders", "code", "log_something", "type", "interval", "args.hours", "1", field, value)
			if strings.HasPrefix(field, "args.") && field != "args.weeks" {
				r = postForm("/jobs/sync_orders", "code", "log_something", "type", "cron", field, value)
			}
			a := ask(t, app, r)
			if took := time.Since(start); a.status >= 500 || took > 2*time.Second {
				t.Errorf("%s of %s: status %d after %s", field, kind, a.status, took)
			}
		}
	}
}
