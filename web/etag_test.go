package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// kept are answers that a browser may ask for again with their tag: pages, the
// parts that are polled, and JSON.
var kept = map[string]request{
	"jobs":              get("/jobs").browser(),
	"jobs, filtered":    get("/jobs?q=sync&state=failing").browser(),
	"rows of the jobs":  get("/jobs?part=rows").htmx(),
	"jobs as JSON":      get("/api/v1/jobs"),
	"job":               get("/jobs/backup_database").browser(),
	"live part of it":   get("/jobs/backup_database?part=live").htmx(),
	"job as JSON":       get("/api/v1/jobs/backup_database"),
	"runs":              get("/runs").browser(),
	"rows of the runs":  get("/runs?part=rows").htmx(),
	"runs as JSON":      get("/api/v1/runs?limit=5"),
	"run that ended":    get("/runs/1312").browser(),
	"its part":          get("/runs/1312?part=live").htmx(),
	"it as JSON":        get("/api/v1/runs/1312"),
	"codes":             get("/codes").browser(),
	"codes as JSON":     get("/api/v1/codes"),
	"jobs by HEAD":      get("/jobs").browser().by(http.MethodHead),
	"jobs, compressed":  get("/jobs").browser().with("Accept-Encoding", "gzip"),
	"jobs in the dark":  get("/jobs").browser().with("Cookie", "theme=dark"),
	"job, with a toast": get("/jobs/backup_database?done=saved").browser(),
}

func eachKept(t *testing.T, f func(t *testing.T, w *world, first answer, again request, send func(request) answer)) {
	for name, r := range kept {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			app := w.app()
			first := mustAsk(t, app, r, http.StatusOK)
			tag := first.header.Get("ETag")
			if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
				t.Fatalf("ETag %q is not strong and quoted", tag)
			}
			f(t, w, first, r.with("If-None-Match", tag), func(r request) answer { return ask(t, app, r) })
		})
	}
}

func TestAnUnchangedAnswerCostsNoQuery(t *testing.T) {
	eachKept(t, func(t *testing.T, w *world, first answer, again request, send func(request) answer) {
		reads := w.reads
		a := send(again)
		if a.status != http.StatusNotModified || a.body != "" {
			t.Errorf("status %d with %d bytes", a.status, len(a.body))
		}
		if n := w.reads - reads; n != 0 {
			t.Errorf("%d reads of the store", n)
		}
		for _, name := range []string{"Etag", "Cache-Control", "Vary", "Content-Security-Policy"} {
			if diff := cmp.Diff(first.header[name], a.header[name]); diff != "" {
				t.Errorf("%s (-200 +304):\n%s", name, diff)
			}
		}
	})
}

func TestWhatChangesAnAnswerMakesItNew(t *testing.T) {
	type change struct {
		world func(*world)
		ask   func(request) request
	}
	changes := map[string]change{
		"a commit":             {world: func(w *world) { w.revision.Bump() }},
		"midnight":             {world: func(w *world) { w.now = w.now.Add(12 * time.Hour) }},
		"trouble of the store": {world: func(w *world) { w.lastErr = "disk full" }},
		"another theme":        {ask: func(r request) request { return r.with("Cookie", "theme=light") }},
		"another query": {ask: func(r request) request {
			r.target = withPart(r.target, "") + "&x=1"
			return r
		}},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			eachKept(t, func(t *testing.T, w *world, _ answer, again request, send func(request) answer) {
				reads := w.reads
				if change.world != nil {
					change.world(w)
				}
				if change.ask != nil {
					again = change.ask(again)
				}
				if a := send(again); a.status != http.StatusOK || w.reads == reads {
					t.Errorf("status %d after %d reads", a.status, w.reads-reads)
				}
			})
		})
	}
}

// TestWithoutItsTagAPageIsMadeAnewAndJSONIsKept: a page says how long ago things
// were, so that only JSON may be given to the next who asks.
func TestWithoutItsTagAPageIsMadeAnewAndJSONIsKept(t *testing.T) {
	for name, tag := range map[string]string{"none": "", "another": `"0123456789abcdef01234567-zzzzzzzz"`, "a broken one": `"-`} {
		t.Run(name, func(t *testing.T) {
			eachKept(t, func(t *testing.T, w *world, first answer, again request, send func(request) answer) {
				reads := w.reads
				a := send(again.with("If-None-Match", tag))
				isJSON := first.header.Get("Content-Type") == "application/json"
				if a.status != http.StatusOK || isJSON != (w.reads == reads) {
					t.Errorf("status %d after %d reads", a.status, w.reads-reads)
				}
				if isJSON && (a.body != first.body || !cmp.Equal(a.header, first.header)) {
					t.Errorf("not what was answered first: %s", cmp.Diff(first.header, a.header))
				}
			})
		})
	}
}

func TestAnotherFormOrEncodingIsAnotherAnswer(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	seen := map[string]string{}
	for name, r := range map[string]request{
		"page": get("/jobs").browser(), "JSON": get("/jobs"), "rows": get("/jobs?part=rows").browser(),
		"compressed": get("/jobs").browser().with("Accept-Encoding", "gzip"), "dark": get("/jobs").browser().with("Cookie", "theme=dark"),
	} {
		tag := mustAsk(t, app, r, http.StatusOK).header.Get("ETag")
		if other, twice := seen[tag]; twice {
			t.Errorf("%s and %s have the same tag", name, other)
		}
		seen[tag] = name
	}
}

// TestATagOfAnEarlierLifeIsOld: revisions count from zero in each.
func TestATagOfAnEarlierLifeIsOld(t *testing.T) {
	eachKept(t, func(t *testing.T, w *world, _ answer, again request, _ func(request) answer) {
		mustAsk(t, w.app(), again, http.StatusOK)
	})
}

// TestAJobThatBecomesLateIsShownSo: time alone changes the page, at the instant
// that the tag carries and not before.
func TestAJobThatBecomesLateIsShownSo(t *testing.T) {
	w := newWorld()
	w.schedule("every_hour", cronsole.Request{Code: "log_something", Type: "interval", Args: map[string]any{"hours": "1"}})
	app := w.app()
	late := noon.Add(time.Hour + time.Minute)
	for _, r := range []request{get("/jobs").browser(), get("/jobs?part=rows").htmx(), get("/api/v1/jobs"), get("/jobs/every_hour").browser()} {
		w.now = noon
		first := mustAsk(t, app, r, http.StatusOK)
		again := r.with("If-None-Match", first.header.Get("ETag"))
		for at, want := range map[time.Time]int{
			late.Add(-time.Millisecond): http.StatusNotModified,
			late:                        http.StatusOK,
		} {
			w.now = at
			if a := ask(t, app, again); a.status != want {
				t.Errorf("%s at %s: status %d, want %d", r.target, at.Format(time.TimeOnly), a.status, want)
			}
		}
	}
}

// TestOneOfSeveralTagsIsEnough, also when something between made them weak.
func TestOneOfSeveralTagsIsEnough(t *testing.T) {
	app := newBusyWorld().app()
	tag := mustAsk(t, app, get("/jobs"), http.StatusOK).header.Get("ETag")
	for header, want := range map[string]int{
		tag:                                 http.StatusNotModified,
		"W/" + tag:                          http.StatusNotModified,
		`"other", ` + tag:                   http.StatusNotModified,
		`W/"other",W/` + tag + ` `:          http.StatusNotModified,
		`"other"`:                           http.StatusOK,
		"*":                                 http.StatusOK,
		`"x` + strings.TrimPrefix(tag, `"`): http.StatusOK,
		"":                                  http.StatusOK,
	} {
		if a := ask(t, app, get("/jobs").with("If-None-Match", header)); a.status != want {
			t.Errorf("If-None-Match: %s: status %d, want %d", header, a.status, want)
		}
	}
}

// TestWhatMayNotBeKeptHasNoTag: a live run changes without a commit, a form
// holds a key of its own, an error is for once.
func TestWhatMayNotBeKeptHasNoTag(t *testing.T) {
	for _, r := range []request{
		get("/runs/1316").browser(), get("/runs/1316?part=live").htmx(), get("/api/v1/runs/1316"), get("/runs/1317").browser(),
		get("/runs/1312/log"), get("/jobs/new").browser(), get("/jobs/sync_orders/edit").browser(), get("/jobs/sync_orders/delete").browser(),
		get("/jobs/preview?type=cron").htmx(), get("/jobs/nope").browser(), get("/jobs?sort=up"), get("/jobs?part=nope").htmx(),
	} {
		a := ask(t, newBusyWorld().app(), r)
		if tag := a.header.Get("ETag"); tag != "" {
			t.Errorf("%s has the tag %s", r.target, tag)
		}
		if got := a.header.Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("%s: Cache-Control %q", r.target, got)
		}
	}
}

// TestCachesKeepAnswersApart: one address has several forms.
func TestCachesKeepAnswersApart(t *testing.T) {
	eachKept(t, func(t *testing.T, _ *world, first answer, _ request, _ func(request) answer) {
		want := map[string]string{"Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Accept-Encoding"}
		got := map[string]string{"Cache-Control": first.header.Get("Cache-Control"), "Vary": first.header.Get("Vary")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
