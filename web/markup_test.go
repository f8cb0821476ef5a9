package web

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// markupRules hold for every page in every state. Each returns what breaks it.
var markupRules = map[string]func(doc *goquery.Document, source string) []string{
	"tags that htmx needs are written out":         explicitTags,
	"one heading, and none is skipped":             headings,
	"ids are unique":                               uniqueIDs,
	"what is pointed to is there":                  references,
	"every field has a label":                      labels,
	"every button and link has a name":             names,
	"every button works without script":            buttons,
	"forms post to this console":                   forms,
	"tables have captions and scopes":              tables,
	"navigation says where the reader is":          navigation,
	"pictures are named or hidden":                 pictures,
	"times are instants":                           times,
	"nothing is loaded from elsewhere or run here": inert,
	"an error is tied to its field":                fieldErrors,
}

func TestMarkup(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			a := mustAsk(t, s.world().app(), s.ask.browser(), s.status)
			doc := a.page(t)
			for rule, check := range markupRules {
				for _, breach := range check(doc, a.body) {
					t.Errorf("%s: %s", rule, breach)
				}
			}
		})
	}
}

// explicitTags: the parser adds what is missing, and so would the browser; htmx
// leaves the page blank.
func explicitTags(doc *goquery.Document, source string) (breaches []string) {
	if !strings.HasPrefix(strings.ToLower(source), "<!doctype html><html") {
		breaches = append(breaches, "the page does not begin with doctype and html")
	}
	for _, tag := range []string{"<head>", "<body>", "</html>"} {
		if !strings.Contains(source, tag) {
			breaches = append(breaches, tag+" is missing")
		}
	}
	if lang, _ := doc.Find("html").Attr("lang"); lang != "en" {
		breaches = append(breaches, "html has no language")
	}
	return append(breaches, nested(source, "form", "a", "button")...)
}

// nested finds elements within their like, which the parser silently untangles.
func nested(source string, tags ...string) (breaches []string) {
	depth := map[string]int{}
	tokens := html.NewTokenizer(strings.NewReader(source))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return breaches
		case html.StartTagToken:
			name, _ := tokens.TagName()
			if depth[string(name)]++; depth[string(name)] > 1 && slices.Contains(tags, string(name)) {
				breaches = append(breaches, string(name)+" within "+string(name))
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			depth[string(name)]--
		}
	}
}

func headings(doc *goquery.Document, _ string) (breaches []string) {
	if n := doc.Find("h1").Length(); n != 1 {
		breaches = append(breaches, fmt.Sprintf("%d h1", n))
	}
	level := 1
	doc.Find("main").Find("h1, h2, h3, h4").Each(func(_ int, h *goquery.Selection) {
		here := int(goquery.NodeName(h)[1] - '0')
		if here > level+1 {
			breaches = append(breaches, fmt.Sprintf("h%d %q after h%d", here, text(h), level))
		}
		level = here
	})
	if title := doc.Find("head title").Text(); !strings.HasSuffix(title, " · cronsole") || strings.HasPrefix(title, " ") {
		breaches = append(breaches, fmt.Sprintf("title %q", title))
	}
	return breaches
}

func uniqueIDs(doc *goquery.Document, _ string) (breaches []string) {
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if id == "" || strings.ContainsAny(id, " \t\n") || seen[id] {
			breaches = append(breaches, fmt.Sprintf("%q", id))
		}
		seen[id] = true
	})
	return breaches
}

// pointers are attributes that hold ids, or selectors of an id.
var pointers = []string{
	"for", "list", "aria-labelledby", "aria-describedby", "aria-controls", "data-dialog",
	"hx-target", "hx-select", "hx-include", "hx-indicator", "data-copy", "href",
}

func references(doc *goquery.Document, _ string) (breaches []string) {
	has := func(id string) bool {
		return doc.Find("[id]").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.AttrOr("id", "") == id }).Length() > 0
	}
	for _, attr := range pointers {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, word := range strings.Fields(s.AttrOr(attr, "")) {
				id, isID := strings.CutPrefix(word, "#")
				if address := strings.HasPrefix(attr, "hx-") || attr == "data-copy" || attr == "href"; address && !isID {
					continue // "this", or an address
				}
				if !has(id) {
					breaches = append(breaches, fmt.Sprintf("%s=%q of %s", attr, word, goquery.NodeName(s)))
				}
			}
		})
	}
	return breaches
}

func labels(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find(`input:not([type="hidden"]), select, textarea`).Each(func(_ int, s *goquery.Selection) {
		id, name := s.AttrOr("id", ""), s.AttrOr("aria-label", "")
		if name == "" {
			name = text(s.Closest("label"))
		}
		if name == "" && id != "" {
			name = text(doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool { return l.AttrOr("for", "") == id }))
		}
		if name == "" {
			breaches = append(breaches, s.AttrOr("name", id))
		}
	})
	return breaches
}

func names(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("button, a, summary").Each(func(_ int, s *goquery.Selection) {
		named := text(s) != "" || s.AttrOr("aria-label", "") != ""
		if _, link := s.Attr("href"); !named || goquery.NodeName(s) == "a" && !link {
			out, _ := goquery.OuterHtml(s)
			breaches = append(breaches, out)
		}
	})
	return breaches
}

// buttons: a button is in a form that posts, closes a dialog, or is shown only
// where there is script.
func buttons(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("button").Each(func(_ int, s *goquery.Selection) {
		form := s.Closest("form")
		method := s.AttrOr("formmethod", form.AttrOr("method", ""))
		switch {
		case s.AttrOr("type", "") == "button" && s.Closest(".needs-js").Length() == 1:
		case s.AttrOr("type", "submit") == "submit" && method == "post":
		case s.AttrOr("type", "submit") == "submit" && method == "get" && s.Closest("noscript").Length() == 1:
		case method == "dialog" && s.Closest("dialog").Length() == 1:
		default:
			out, _ := goquery.OuterHtml(s)
			breaches = append(breaches, out)
		}
	})
	return breaches
}

func forms(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		method, action := s.AttrOr("method", ""), s.AttrOr("action", "")
		hx := s.AttrOr("hx-post", s.AttrOr("hx-get", action))
		switch {
		case method == "dialog":
		case method != "post" && method != "get", !ownAddress(action), hx != action:
			breaches = append(breaches, fmt.Sprintf("method %q, action %q, htmx %q", method, action, hx))
		}
	})
	return breaches
}

func ownAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && (strings.HasPrefix(address, "/") || strings.HasPrefix(address, "#"))
}

func tables(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if text(s.Find("caption")) == "" {
			breaches = append(breaches, "a table has no caption")
		}
		columns := s.Find("thead tr").First().Children().Length()
		s.Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
			if n := row.Children().Length(); n != columns {
				breaches = append(breaches, fmt.Sprintf("row %q has %d cells under %d heads", row.AttrOr("id", ""), n, columns))
			}
		})
	})
	doc.Find("th").Each(func(_ int, s *goquery.Selection) {
		if scope := s.AttrOr("scope", ""); scope != "col" && scope != "row" || text(s) == "" {
			breaches = append(breaches, fmt.Sprintf("head %q has scope %q", text(s), scope))
		}
		if order, sorted := s.Attr("aria-sort"); sorted && order != "ascending" && order != "descending" {
			breaches = append(breaches, fmt.Sprintf("aria-sort=%q", order))
		}
	})
	return breaches
}

func navigation(doc *goquery.Document, _ string) (breaches []string) {
	labels := map[string]bool{}
	doc.Find("nav").Each(func(_ int, s *goquery.Selection) {
		label := s.AttrOr("aria-label", "")
		if label == "" || labels[label] {
			breaches = append(breaches, fmt.Sprintf("label %q", label))
		}
		labels[label] = true
		if n := s.Find("[aria-current]").Length(); n > 1 {
			breaches = append(breaches, fmt.Sprintf("%d places are current in %q", n, label))
		}
	})
	if doc.Find("main").Length() != 1 || doc.Find("body > a.skip").AttrOr("href", "") != "#main" {
		breaches = append(breaches, "no main element, or no link that skips to it")
	}
	return breaches
}

func pictures(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("svg").Each(func(_ int, s *goquery.Selection) {
		hidden := s.Closest(`[aria-hidden="true"]`).Length() > 0
		role := s.AttrOr("role", "")
		if !hidden && (role != "img" && role != "group" || s.AttrOr("aria-label", "") == "") {
			out, _ := goquery.OuterHtml(s)
			breaches = append(breaches, out)
		}
	})
	return breaches
}

func times(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("time").Each(func(_ int, s *goquery.Selection) {
		if _, err := time.Parse(time.RFC3339, s.AttrOr("datetime", "")); err != nil || text(s) == "" {
			breaches = append(breaches, fmt.Sprintf("datetime %q says %q", s.AttrOr("datetime", ""), text(s)))
		}
	})
	return breaches
}

var handler = regexp.MustCompile(`^(on|hx-on)`)

// inert: nothing that the content security policy would refuse.
func inert(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Get(0).Attr {
			address := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" || a.Key == "hx-get" || a.Key == "hx-post"
			switch {
			case a.Key == "style", handler.MatchString(a.Key), strings.Contains(a.Val, "js:"), strings.Contains(a.Val, "javascript:"):
			case address && !ownAddress(a.Val):
			default:
				continue
			}
			breaches = append(breaches, fmt.Sprintf("%s: %s=%q", goquery.NodeName(s), a.Key, a.Val))
		}
	})
	if n := doc.Find("style").Length(); n > 0 || strings.TrimSpace(doc.Find("script").Text()) != "" {
		breaches = append(breaches, "a style or script is inside the page")
	}
	return breaches
}

// fieldErrors: whoever hears that a field is wrong also hears why, and the
// summary leads to it.
func fieldErrors(doc *goquery.Document, _ string) (breaches []string) {
	doc.Find(`[aria-invalid="true"]`).Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if !slices.Contains(strings.Fields(s.AttrOr("aria-describedby", "")), id+"-error") {
			breaches = append(breaches, id+" is not described by its error")
		}
		if doc.Find(`#error-summary a[href="#`+id+`"]`).Length() != 1 {
			breaches = append(breaches, "the summary does not lead to "+id)
		}
	})
	return breaches
}
