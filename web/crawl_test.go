package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cronsole/static"
)

// TestNoLinkLeadsNowhere follows every link, poll and form of a busy console.
func TestNoLinkLeadsNowhere(t *testing.T) {
	app := newBusyWorld().app()
	seen := map[string]bool{}
	todo := []string{"/jobs", "/runs", "/codes", "/jobs/new"}
	for len(todo) > 0 {
		target := todo[0]
		todo = todo[1:]
		if seen["GET "+target] || strings.HasPrefix(target, "/static/") {
			continue
		}
		seen["GET "+target] = true
		a := ask(t, app, get(target).browser())
		if a.status != http.StatusOK {
			t.Errorf("%s answers %d", target, a.status)
			continue
		}
		if strings.HasPrefix(target, "/api/") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			continue
		}
		doc := a.page(t)
		todo = append(todo, addresses(doc, "href", "hx-get", "formaction")...)
		for _, action := range addresses(doc.Find(`form[method="post"]`), "action", "hx-post") {
			if seen["POST "+action] {
				continue
			}
			seen["POST "+action] = true
			// A body of a kind that nobody reads is refused by the handler, so
			// there is one, and nothing is changed.
			r := get(action).by(http.MethodPost).with("Content-Type", "text/plain")
			r.body = "x"
			if a := ask(t, app, r); a.status != http.StatusUnsupportedMediaType {
				t.Errorf("POST %s answers %d", action, a.status)
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("%d addresses found; there are more", len(seen))
	}
}

type finder interface {
	Find(string) *goquery.Selection
}

// addresses are the values of some attributes, without what follows #.
func addresses(in finder, attrs ...string) (found []string) {
	for _, attr := range attrs {
		matches := in.Find("[" + attr + "]")
		if s, ok := in.(*goquery.Selection); ok {
			matches = matches.AddSelection(s.Filter("[" + attr + "]"))
		}
		matches.Each(func(_ int, s *goquery.Selection) {
			if address, _, _ := strings.Cut(s.AttrOr(attr, ""), "#"); address != "" {
				found = append(found, address)
			}
		})
	}
	return found
}

// TestConsoleScriptFindsItsElements: each id and data attribute that console.js
// looks for is in some page, or set by the script itself.
func TestConsoleScriptFindsItsElements(t *testing.T) {
	f, _ := static.Open(static.URL("console.js"))
	script := string(f.Body)
	var pages strings.Builder
	for _, s := range scenes() {
		pages.WriteString(ask(t, s.world().app(), s.ask.browser()).body)
	}
	ids := regexp.MustCompile(`one\("#([\w-]+)|data-(?:copy|dialog)="#?([\w-]+)`)
	for _, m := range ids.FindAllStringSubmatch(script, -1) {
		if id := m[1] + m[2]; !strings.Contains(pages.String(), `id="`+id+`"`) {
			t.Errorf("console.js looks for #%s, which no page has", id)
		}
	}
	own := []string{"sent", "cursor", "js", "stale", "theme"} // the script sets and reads these
	for _, m := range regexp.MustCompile(`\[data-([a-z-]+)|dataset\.([a-z]+)`).FindAllStringSubmatch(script, -1) {
		if name := m[1] + m[2]; !slices.Contains(own, name) && !strings.Contains(pages.String(), "data-"+name) {
			t.Errorf("console.js looks for data-%s, which no page has", name)
		}
	}
}

// TestPagesListenToTheEventsOfTheScript: a countdown that reaches zero refreshes
// the rows through them.
func TestPagesListenToTheEventsOfTheScript(t *testing.T) {
	f, _ := static.Open(static.URL("console.js"))
	fired := map[string]bool{}
	for _, m := range regexp.MustCompile(`fire\("([\w:]+)"`).FindAllStringSubmatch(string(f.Body), -1) {
		fired[m[1]] = true
	}
	doc := mustAsk(t, newBusyWorld().app(), get("/jobs").browser(), http.StatusOK).page(t)
	trigger := doc.Find("#rows").AttrOr("hx-trigger", "")
	for name := range fired {
		if !strings.Contains(trigger, name+" from:body") {
			t.Errorf("the script fires %q, the rows listen to %q", name, trigger)
		}
	}
	if len(fired) == 0 {
		t.Error("the script fires nothing")
	}
}
