package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

// faces are the addresses that people and scripts share, with the part that
// the page polls and where the page holds it.
var faces = []struct {
	target, part, region string
}{
	{"/jobs", "rows", "#rows"},
	{"/jobs?state=failing&sort=-name", "rows", "#rows"},
	{"/jobs/backup_database", "live", "#live"},
	{"/jobs/sync_orders?runs=failed", "live", "#live"},
	{"/runs", "rows", "#rows"},
	{"/runs?state=failed", "rows", "#rows"},
	{"/runs/1312", "live", "#live"},
	{"/runs/1316", "live", "#live"},
	{"/jobs/new", "form", "#job-form"},
	{"/jobs/backup_database/edit", "form", "#job-form"},
	{"/jobs/backup_database/delete", "", ""},
	{"/jobs/backup_database/pause", "", ""},
	{"/jobs/backup_database/revisions", "", ""},
	{"/jobs/backup_database/run", "", ""},
	{"/codes", "", ""},
}

func withPart(target, part string) string {
	if strings.Contains(target, "?") {
		return target + "&part=" + part
	}
	return target + "?part=" + part
}

func TestABrowserGetsAPage(t *testing.T) {
	for _, f := range faces {
		t.Run(f.target, func(t *testing.T) {
			a := mustAsk(t, newBusyWorld().app(), get(f.target).browser(), http.StatusOK)
			if kind := a.header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
				t.Errorf("Content-Type %q", kind)
			}
			doc := a.page(t)
			alternate := doc.Find(`link[rel="alternate"][type="application/json"]`).AttrOr("href", "")
			path, _, _ := strings.Cut(f.target, "?")
			if alternate != "/api/v1"+path {
				t.Errorf("scripts are sent to %q", alternate)
			}
			mustAsk(t, newBusyWorld().app(), get(alternate), http.StatusOK)
		})
	}
}

// TestAPartIsWhatThePageHolds: a poll must not change a page on which nothing
// has changed.
func TestAPartIsWhatThePageHolds(t *testing.T) {
	for _, f := range faces {
		if f.part == "" {
			continue
		}
		t.Run(f.target, func(t *testing.T) {
			app := newBusyWorld().app()
			page := mustAsk(t, app, get(f.target).browser(), http.StatusOK).page(t)
			a := mustAsk(t, app, get(withPart(f.target, f.part)).htmx(), http.StatusOK)
			if strings.Contains(a.body, "<html") || strings.Contains(a.body, "<head") {
				t.Errorf("the part is a page")
			}
			part := a.part(t).Find("template")
			want, got := page.Find(f.region), part.Children().First()
			if f.part == "rows" {
				want, got = want.Children(), part.Find("tr")
			}
			if diff := cmp.Diff(laidOut(want), laidOut(got)); diff != "" {
				t.Errorf("%s (-in the page +as a part):\n%s", f.region, diff)
			}
			if f.part == "rows" {
				comparePartials(t, page, part)
			}
		})
	}
}

// comparePartials: what stands outside of the rows and changes with them.
func comparePartials(t *testing.T, page *goquery.Document, part *goquery.Selection) {
	t.Helper()
	part.Find("hx-partial").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("hx-target", "")
		if diff := cmp.Diff(laidOut(page.Find(id).Contents()), laidOut(s.Contents())); diff != "" {
			t.Errorf("%s (-in the page +as a part):\n%s", id, diff)
		}
	})
	if title := part.Find("title"); title.Length() > 0 {
		if diff := cmp.Diff(page.Find("head title").Text(), title.Text()); diff != "" {
			t.Errorf("title (-page +part):\n%s", diff)
		}
	}
}

func TestAPartThatThereIsNotIsMissing(t *testing.T) {
	for _, f := range faces {
		a := mustAsk(t, newBusyWorld().app(), get(withPart(f.target, "secrets")).htmx(), http.StatusNotFound)
		if got := a.problem(t).Detail; got != "This page has no such part." {
			t.Errorf("%s: %s", f.target, got)
		}
	}
}

// TestAScriptGetsTheSameJSONEverywhere: by the address, or by what it accepts.
func TestAScriptGetsTheSameJSONEverywhere(t *testing.T) {
	for _, f := range faces {
		t.Run(f.target, func(t *testing.T) {
			app := newBusyWorld().app()
			want := mustAsk(t, app, get("/api/v1"+f.target), http.StatusOK)
			for name, r := range map[string]request{
				"curl":                  get(f.target),
				"nothing accepted":      get(f.target).with("Accept", ""),
				"application/json":      get(f.target).with("Accept", "application/json"),
				"JSON before HTML":      get(f.target).with("Accept", "text/html;q=0.5, application/json"),
				"the API and a browser": get("/api/v1" + f.target).browser(),
				"the API and a part":    get(withPart("/api/v1"+f.target, "rows")).htmx(),
			} {
				a := mustAsk(t, app, r, http.StatusOK)
				if kind := a.header.Get("Content-Type"); kind != "application/json" {
					t.Errorf("%s: Content-Type %q", name, kind)
				}
				if diff := cmp.Diff(want.json(t), a.json(t)); diff != "" {
					t.Errorf("%s (-api +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestAcceptChoosesTheForm(t *testing.T) {
	tests := map[string]format{
		"":                                formatJSON,
		"*/*":                             formatJSON,
		"application/json":                formatJSON,
		"application/*":                   formatJSON,
		"text/plain":                      formatJSON,
		"text/html":                       formatHTML,
		"text/*":                          formatHTML,
		"TEXT/HTML":                       formatHTML,
		"text/html, application/json":     formatHTML,
		"text/html;q=0.9, */*;q=0.8":      formatHTML,
		"text/html, text/event-stream":    formatHTML,
		"application/json, text/html":     formatHTML,
		"application/json;q=1, text/html": formatHTML,
		"text/html;q=0.1, application/json;q=0.2": formatJSON,
		"text/html;q=0":                    formatJSON,
		"text/html;level=1;q=0.3":          formatHTML,
		"text/html;q=NaN":                  formatHTML,
		"text/html;q=-1":                   formatHTML,
		",,;;=,":                           formatJSON,
		"application/xhtml+xml":            formatHTML,
		"application/problem+json":         formatJSON,
		strings.Repeat("text/plain,", 900): formatJSON,
	}
	app := newWorld().app()
	for accept, want := range tests {
		a := ask(t, app, get("/jobs").with("Accept", accept))
		got := formatJSON
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			got = formatHTML
		}
		if a.status != http.StatusOK || got != want {
			t.Errorf("Accept %.60q: %d %s, want %s", accept, a.status, got, want)
		}
	}
}

// TestJSONOfABusyConsole shows the models in full; docs/api.md shows their
// simple cases.
func TestJSONOfABusyConsole(t *testing.T) {
	app := newBusyWorld().app()
	for name, target := range map[string]string{
		"jobs": "/api/v1/jobs?limit=4", "job": "/api/v1/jobs/sync_orders", "runs": "/api/v1/runs?limit=9", "run": "/api/v1/runs/1315",
		"form": "/api/v1/jobs/backup_database/edit", "delete": "/api/v1/jobs/one_off/delete",
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := json.Indent(&b, []byte(mustAsk(t, app, get(target), http.StatusOK).body), "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", b.String())
		})
	}
}

func TestALongPageIsCompressedForWhoTakesIt(t *testing.T) {
	app := newBusyWorld().app()
	plain := mustAsk(t, app, get("/jobs").browser(), http.StatusOK)
	tests := map[string]struct{ target, accepts, want string }{
		"gzip":         {"/jobs", "br, gzip", "gzip"},
		"gzip refused": {"/jobs", "gzip;q=0", ""},
		"not named":    {"/jobs", "br", ""},
		"too short":    {"/healthz", "gzip", ""},
	}
	for name, tt := range tests {
		a := ask(t, app, get(tt.target).browser().with("Accept-Encoding", tt.accepts))
		if got := a.header.Get("Content-Encoding"); got != tt.want {
			t.Errorf("%s: Content-Encoding %q, want %q", name, got, tt.want)
		}
		if tt.want == "gzip" {
			if diff := cmp.Diff(plain.body, unpacked(t, a.body)); diff != "" {
				t.Errorf("%s (-plain +unpacked):\n%s", name, diff)
			}
		}
	}
}

func unpacked(t testing.TB, body string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}
