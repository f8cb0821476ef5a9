package views

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unsafe is what would let text of a person become code in a browser, or what
// the content security policy refuses. Templ escapes everything else.
var unsafe = []struct {
	find *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`templ\.(Raw|SafeURL|SafeCSS\w*|SafeClass|SafeScript\w*|JS\w+|ComponentScript|OnceHandle)`), "is not escaped"},
	{regexp.MustCompile(`(?i)\bhx-on\b|\bhx-on:`), "holds code"},
	{regexp.MustCompile(`(?i)\bhx-(vals|headers|vars|request)\b`), "may hold code"},
	{regexp.MustCompile(`(?i)[\s"'](on[a-z]+)=`), "is a handler in the page"},
	{regexp.MustCompile(`(?i)\bstyle=`), "is a style in the page"},
	{regexp.MustCompile(`(?i)<style\b`), "is a style in the page"},
	{regexp.MustCompile(`(?i)\b(js|javascript|data):[^"]*"`), "is no address of this console"},
	{regexp.MustCompile(`(?m)^(script|css) \w+\(`), "is rendered into the page"},
	{regexp.MustCompile(`hx-trigger="[^"]*\[`), "is a filter, which needs eval"},
	{regexp.MustCompile(`\}\s*=\s*[{"]`), "names an attribute by a variable"},
	{regexp.MustCompile(`<!--`), "is a comment that browsers get"},
}

var (
	scriptTag   = regexp.MustCompile(`(?is)<script\b([^>]*)>(.*?)</script>`)
	hxAttribute = regexp.MustCompile(`(hx-[\w:.-]+)=\{\s*([^}]*?)\s*\}`)
	hxSafe      = regexp.MustCompile(`^hxURL\([^()]*(\([^()]*\)[^()]*)*\)$`)
	spread      = regexp.MustCompile(`\{\s*([^{}]+?)\.\.\.\s*\}`)
	spreadSafe  = regexp.MustCompile(`^(children|(invalid|describedBy)\(.*\))$`)
)

// lint finds what must not be in a template.
func lint(source string) (faults []string) {
	for _, u := range unsafe {
		for _, found := range u.find.FindAllString(source, -1) {
			faults = append(faults, fmt.Sprintf("%s %s", strings.TrimSpace(found), u.why))
		}
	}
	for _, m := range scriptTag.FindAllStringSubmatch(source, -1) {
		if !strings.Contains(m[1], "src={ static.URL(") || strings.TrimSpace(m[2]) != "" {
			faults = append(faults, "a script is in the page")
		}
	}
	for _, m := range hxAttribute.FindAllStringSubmatch(source, -1) {
		if !hxSafe.MatchString(m[2]) {
			faults = append(faults, fmt.Sprintf("%s={ %s } does not go through hxURL", m[1], m[2]))
		}
	}
	for _, m := range spread.FindAllStringSubmatch(source, -1) {
		if !spreadSafe.MatchString(m[1]) {
			faults = append(faults, fmt.Sprintf("{ %s... } may hold any attribute", m[1]))
		}
	}
	return faults
}

func TestTemplatesHoldNothingUnsafe(t *testing.T) {
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d templates found: %v", len(files), err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range lint(string(source)) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestGoFilesHoldNothingUnsafe: a helper must not do what a template may not.
func TestGoFilesHoldNothingUnsafe(t *testing.T) {
	for _, pattern := range []string{"*.go", "../web/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 10 {
			t.Fatalf("%s: %d files found: %v", pattern, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if found := unsafe[0].find.FindString(string(source)); found != "" {
				t.Errorf("%s: %s %s", name, found, unsafe[0].why)
			}
		}
	}
}

// TestTheLintFinds what it is there for, and leaves alone what is fine.
func TestTheLintFinds(t *testing.T) {
	bad := []string{
		`@templ.Raw(m.Text)`, `<a href={ templ.SafeURL(m.URL) }>`, `<p style={ templ.SafeCSS(m.Style) }>`, `<p onclick={ templ.JSFuncCall("f", x) }>`,
		`<p onclick={ templ.JSUnsafeFuncCall(x) }>`, `<p x={ templ.JSExpression("e") }>`, `<p style="color:red">`, `<p STYLE='x'>`, `<style>p{}</style>`,
		`<p hx-on:click="f()">`, `<p hx-on="f()">`, `<p onclick="f()">`, `<p OnLoad="f()">`, `<script>f()</script>`, `<script src="/x.js"></script>`,
		`<script src={ static.URL("x.js") }>f()</script>`, `<p hx-vals='{"a": 1}'>`, `<p hx-vals="js:f()">`, `<p hx-headers={ m.Headers }>`,
		`<a href="javascript:f()">`, `<img src="data:image/png;base64,x"/>`, `<p hx-get={ m.URL }>`, `<p hx-post={ "/jobs/" + m.ID }>`,
		`<p hx-target={ "#" + m.ID }>`, `<p hx-trigger={ m.Trigger }>`, `<p hx-get={ hxURL(m.URL) + m.X }>`, `<p hx-get={ x(hxURL(m.URL)) }>`,
		`<p hx-trigger="click[ctrlKey]">`, `<p { attrs... }>`, `<p { m.Attributes()... }>`, `<p { name }="x">`, `<p { name }={ value }>`, "script f() {\n}",
		"css red() {\n}", `<!-- who wrote this -->`, `<p hx-status:422={ m.Swap }>`,
	}
	for _, source := range bad {
		if len(lint(source)) == 0 {
			t.Errorf("%s passes", source)
		}
	}
	good := strings.Join([]string{
		`<a href={ templ.URL(m.URL) } hx-get={ hxURL(m.RowsURL()) } hx-trigger="every 5s, jobs:changed from:body" hx-swap="innerMorph">{ m.Text }</a>`,
		`<form hx-post={ hxURL(url) } hx-status:422="swap:outerMorph">{ children... }</form>`, `<input { invalid(m, "code")... }/>`,
		`<input { describedBy(m, f.name, f.hint != "")... } class={ "input " + f.class }/>`, `<script src={ static.URL("console.js") } defer></script>`,
		`<meta name="htmx-config" content={ htmxConfig }/>`,
	}, "\n")
	if diff := cmp.Diff([]string(nil), lint(good)); diff != "" {
		t.Errorf("what is fine (-want +got):\n%s", diff)
	}
}

// TestHtmxIsConfiguredForThePolicy: no eval, no style of its own, no page in
// its own storage, and errors leave a page alone.
func TestHtmxIsConfiguredForThePolicy(t *testing.T) {
	want := `{"noSwap":[204,304,"4xx","5xx"],"history":"reload","defaultTimeout":10000,"includeIndicatorCSS":false,` +
		`"morphIgnore":["data-htmx-powered","data-cursor"]}`
	if diff := cmp.Diff(want, htmxConfig); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
