package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// golden compares text with testdata/name, or writes it there with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

// volatile is what differs from one build or request to the next.
var volatile = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`(/static/[a-z.]+)\.[0-9a-f]{12}\.`), "$1."},
	{regexp.MustCompile(`(name="idempotency_key" value=")[0-9a-f]{32}`), "${1}KEY"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "REQUEST"},
}

// laidOut is HTML with an element a line, so that a diff is readable. It leaves
// classes out: how a page looks may change every day, what it says may not.
func laidOut(s *goquery.Selection) string {
	var b strings.Builder
	for _, n := range s.Nodes {
		layOut(&b, n, 0)
	}
	out := b.String()
	for _, v := range volatile {
		out = v.find.ReplaceAllString(out, v.put)
	}
	return out
}

func layOut(b *strings.Builder, n *html.Node, depth int) {
	line := func(s string) { b.WriteString(strings.Repeat("  ", depth) + s + "\n") }
	switch {
	case n.Type == html.TextNode:
		if words := strings.Join(strings.Fields(n.Data), " "); words != "" {
			line(html.EscapeString(words))
		}
		return
	case n.Type != html.ElementNode:
		return
	case n.Data == "datalist":
		line(openTag(n) + "…</datalist>") // every time zone there is
		return
	case n.FirstChild == nil || short(n):
		line(inline(n))
		return
	}
	line(openTag(n))
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		layOut(b, c, depth+1)
	}
	line("</" + n.Data + ">")
}

func openTag(n *html.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		if a.Key == "class" {
			continue
		}
		b.WriteString(" " + a.Key)
		if a.Val != "" {
			b.WriteString(`="` + html.EscapeString(a.Val) + `"`)
		}
	}
	return b.String() + ">"
}

// short reports whether an element holds nothing but one text or one element
// that is short itself.
func short(n *html.Node) bool {
	c := n.FirstChild
	return c == nil || c.NextSibling == nil && (c.Type == html.TextNode && len(c.Data) < 100 || short(c))
}

var void = map[string]bool{"input": true, "meta": true, "link": true, "br": true}

func inline(n *html.Node) string {
	if n.Type == html.TextNode {
		return html.EscapeString(strings.Join(strings.Fields(n.Data), " "))
	}
	out := openTag(n)
	if void[n.Data] {
		return out
	}
	if n.FirstChild != nil {
		out += inline(n.FirstChild)
	}
	return out + "</" + n.Data + ">"
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
