package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/static"
)

// ailing is a scheduler in some state of health.
type ailing struct {
	*world
	health cronsole.Health
}

func (a ailing) Health() cronsole.Health { return a.health }

func TestReadySaysWhetherJobsAreStartedAndRecorded(t *testing.T) {
	tests := map[string]struct {
		health cronsole.Health
		fail   error
		status int
		reason string
		menu   string // what the pages say
	}{
		"well":            {cronsole.Health{}, nil, 200, "", "Scheduler running"},
		"at the limit":    {cronsole.Health{LoopAge: 2 * time.Second}, nil, 200, "", "Scheduler running"},
		"busy":            {cronsole.Health{Queued: 3}, nil, 200, "", "Scheduler running 3 runs waiting"},
		"loop stands":     {cronsole.Health{LoopAge: 2001 * time.Millisecond}, nil, 503, "the firing loop does not come round", "Scheduler not running Nothing is started; the log says why"},
		"disk full":       {cronsole.Health{LastError: "disk full"}, nil, 503, "runs cannot be recorded", "Cannot record runs Nothing starts until it can; the log says why"},
		"both":            {cronsole.Health{LastError: "x", LoopAge: time.Hour}, nil, 503, "runs cannot be recorded; the firing loop does not come round", "Cannot record runs Nothing starts until it can; the log says why"},
		"store is broken": {cronsole.Health{}, errors.New("malformed database"), 503, "the store cannot be read", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			w.fail = tt.fail
			tt.health.Started = noon.Add(-time.Minute)
			app := New(Config{
				Scheduler: ailing{w, tt.health}, Store: w, Catalog: w, Revision: &w.revision, Zone: "UTC", Now: w.clock, Log: w.logger(),
			})
			a := mustAsk(t, app, get("/readyz"), tt.status)
			got := a.json(t)
			status := map[bool]string{true: "ready", false: "not ready"}[tt.status == 200]
			reason, _ := got["reason"].(string)
			if got["status"] != status || reason != tt.reason || got["uptime_s"] != 60.0 {
				t.Errorf("%s", a.body)
			}
			if a.header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, "malformed") {
				t.Errorf("%v %s", a.header, a.body)
			}
			if tt.fail != nil {
				return
			}
			said := text(mustAsk(t, app, get("/jobs").browser(), http.StatusOK).page(t).Find(".side p"))
			if said != tt.menu {
				t.Errorf("the page says %q", said)
			}
		})
	}
}

// TestAliveAsksNobody: the process answers, whatever the store does.
func TestAliveAsksNobody(t *testing.T) {
	w := newWorld()
	w.boom = true
	a := mustAsk(t, w.app(), get("/healthz").browser(), http.StatusOK)
	if a.body != "{\"status\":\"alive\"}\n" || w.reads != 0 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q after %d reads", a.body, w.reads)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	app := newWorld().app()
	types := map[string]string{
		"app.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "htmx.min.js": "text/javascript; charset=utf-8",
		"icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml",
	}
	for name, kind := range types {
		target := static.URL(name)
		f, _ := static.Open(target)
		a := mustAsk(t, app, get(target), http.StatusOK)
		want := map[string]string{
			"Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable", "Etag": f.ETag, "Vary": "Accept-Encoding", "Content-Encoding": "",
		}
		got := map[string]string{}
		for header := range want {
			got[header] = a.header.Get(header)
		}
		if diff := cmp.Diff(want, got); diff != "" || a.body != string(f.Body) {
			t.Errorf("%s: %d bytes of %d (-want +got):\n%s", name, len(a.body), len(f.Body), diff)
		}
		packed := mustAsk(t, app, get(target).with("Accept-Encoding", "gzip"), http.StatusOK)
		if packed.header.Get("Content-Encoding") == "gzip" {
			packed.body = unpacked(t, packed.body)
		}
		if packed.body != string(f.Body) {
			t.Errorf("%s: what was unpacked differs", name)
		}
		if a := mustAsk(t, app, get(target).with("If-None-Match", f.ETag), http.StatusNotModified); a.body != "" {
			t.Errorf("%s: 304 with a body", name)
		}
	}
}

// TestAZoneThatIsNoneIsUTC, and the log says so.
func TestAZoneThatIsNoneIsUTC(t *testing.T) {
	w := newBusyWorld()
	app := New(Config{
		Scheduler: w, Store: w, Catalog: w, Revision: &w.revision, Zone: "Mars/Olympus", Now: w.clock, Log: w.logger(),
	})
	page := mustAsk(t, app, get("/jobs").browser(), http.StatusOK).page(t)
	if zone := page.Find("html").AttrOr("data-zone", ""); zone != "UTC" || !strings.Contains(w.log.String(), "Mars/Olympus") {
		t.Errorf("zone %s; log: %s", zone, w.log.String())
	}
}

// TestPagesShowTimesInTheZoneOfTheConsole and name that of a job where it is
// another.
func TestPagesShowTimesInTheZoneOfTheConsole(t *testing.T) {
	w := newBusyWorld()
	app := New(Config{
		Scheduler: w, Store: w, Catalog: w, Revision: &w.revision, Zone: "Asia/Kolkata", Now: w.clock, Log: w.logger(),
	})
	page := mustAsk(t, app, get("/jobs").browser(), http.StatusOK).page(t)
	row := page.Find("#j-backup_database")
	if got := text(row.Find(".c-next")); got != "in 13 h 30 min Tue 24 Nov 07:00" {
		t.Errorf("next run %q", got)
	}
	if got := text(row.Find(".zone")); got != "· Europe/Berlin" {
		t.Errorf("zone %q", got)
	}
	if got := text(page.Find(".foot")); !strings.Contains(got, "Times in Asia/Kolkata") {
		t.Errorf("foot %q", got)
	}
	form := filled(jobForm(t, mustAsk(t, app, get("/jobs/new").browser(), http.StatusOK)))
	if form["timezone"] != "Asia/Kolkata" {
		t.Errorf("a new job is in %s", form["timezone"])
	}
}

// TestNoticesSayOnlyTheConsolesWords: an address can be sent by anybody.
func TestNoticesSayOnlyTheConsolesWords(t *testing.T) {
	app := newBusyWorld().app()
	for target, want := range map[string]string{
		"/jobs?done=deleted&job=old_cleanup":      "Deleted old_cleanup",
		"/jobs?done=deleted&job=%3Cb%3E":          "Deleted",
		"/jobs?done=deleted&job=a+b":              "Deleted",
		"/jobs?done=You+have+won":                 "",
		"/jobs?job=x":                             "",
		"/jobs?done=started":                      "",
		"/jobs/sync_orders?done=created":          "Created sync_orders",
		"/jobs/sync_orders?done=created&job=evil": "Created sync_orders",
		"/runs/1312?done=started":                 "Started run #1312",
		"/runs/1315?done=skipped":                 "Run #1315 was skipped",
		"/runs/1316?done=cancelled":               "Asked the run to end",
	} {
		toast := mustAsk(t, app, get(target).browser(), http.StatusOK).page(t).Find("#toasts")
		if got := text(toast); got != want {
			t.Errorf("%s says %q, want %q", target, got, want)
		}
	}
}

func TestANotFoundNamesWhatIsNear(t *testing.T) {
	app := newBusyWorld().app()
	near := []string{"backup_database", "get_random_user", "gone_code"}
	for _, r := range []request{get("/jobs/backup"), get("/jobs/backup/edit"), postJSON("/jobs/backup/run", ""), get("/jobs/backup").by("DELETE"), get("/jobs/new?from=backup")} {
		want := problem{Title: "Not Found", Status: 404, Detail: "Job not found: backup", Nearest: near}
		if diff := cmp.Diff(want, mustAsk(t, app, r, http.StatusNotFound).problem(t)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", r.method, r.target, diff)
		}
	}
	page := mustAsk(t, app, get("/jobs/backup").browser(), http.StatusNotFound).page(t)
	if diff := cmp.Diff([]string{"/jobs/backup_database", "/jobs/get_random_user", "/jobs/gone_code"}, addresses(page.Find("main ul a"), "href")); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}
