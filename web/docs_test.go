package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

var update = flag.Bool("update", false, "write what was answered into docs/api.md and testdata")

const (
	requestFence  = "```http request"
	responseFence = "```http response"
	anything      = "…"
)

// TestDocumentedExamples sends every request of docs/api.md, in order, to one
// console, and compares the answers with those on the page. "…" stands for any
// value, and as a key for any further keys. A response block without a body
// gets one with -update.
func TestDocumentedExamples(t *testing.T) {
	path := filepath.Join("..", "docs", "api.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	app := w.app()
	out, n := eachExample(t, string(text), func(request, response string) string {
		req := exampleRequest(t, request)
		name := req.Method + " " + req.URL.String()
		res, err := app.Test(req, -1)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer res.Body.Close() //nolint:errcheck // read to its end below
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(req.URL.Path, "/log_something/run") && len(w.output) == 0 {
			w.output[1284] = []cronsole.Chunk{{Time: noon, Stream: cronsole.Stdout, Data: []byte("hello there\n")}}
			w.runs[0].OutputBytes = 12
		}
		if strings.HasSuffix(req.URL.Path, "/1284/cancel") { // and retention comes by
			w.runs[0].PurgedAt, w.runs[0].PurgedBy = noon, "keep_bytes=10"
		}
		return compareExample(t, name, response, res, body)
	})
	if n < 25 {
		t.Errorf("%d examples found; the page has more", n)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// eachExample calls f with each pair of request and response blocks and returns
// the text with the responses replaced by what f returned.
func eachExample(t *testing.T, text string, f func(request, response string) string) (out string, n int) {
	t.Helper()
	var b strings.Builder
	request := ""
	for {
		before, rest, found := strings.Cut(text, "```http ")
		b.WriteString(before)
		if !found {
			break
		}
		kind, rest, _ := strings.Cut(rest, "\n")
		block, rest, _ := strings.Cut(rest, "```")
		if kind == "response" {
			block = f(request, block)
			n++
		} else {
			request = block
		}
		fmt.Fprintf(&b, "```http %s\n%s```", kind, block)
		text = rest
	}
	return b.String(), n
}

func exampleRequest(t *testing.T, block string) *http.Request {
	t.Helper()
	head, body, _ := strings.Cut(block, "\n\n")
	first, headers, _ := strings.Cut(strings.TrimSpace(head), "\n")
	method, target, _ := strings.Cut(first, " ")
	req, err := http.NewRequest(method, "http://127.0.0.1:8000"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(strings.NewReader(headers)); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), ": ")
		req.Header.Set(name, value)
	}
	return req
}

func compareExample(t *testing.T, name, want string, res *http.Response, body []byte) string {
	t.Helper()
	head, wantBody, _ := strings.Cut(strings.TrimSpace(want), "\n\n")
	status, headers, _ := strings.Cut(head, "\n")
	if got := fmt.Sprint(res.StatusCode); got != status {
		t.Errorf("%s: status %s, want %s: %s", name, got, status, body)
	}
	for s := bufio.NewScanner(strings.NewReader(headers)); s.Scan(); {
		header, value, _ := strings.Cut(s.Text(), ": ")
		if got := res.Header.Get(header); got != value {
			t.Errorf("%s: %s is %q, want %q", name, header, got, value)
		}
	}
	if !strings.Contains(res.Header.Get("Content-Type"), "json") {
		if strings.TrimSpace(string(body)) != wantBody {
			t.Errorf("%s: body %q, want %q", name, body, wantBody)
		}
		return want
	}
	if *update && !strings.Contains(wantBody, anything) {
		return head + "\n\n" + prettyJSON(t, body) + "\n"
	}
	var got, wanted any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%s: %v in %s", name, err, body)
	}
	if err := json.Unmarshal([]byte(wantBody), &wanted); err != nil {
		t.Fatalf("%s: example: %v in %s", name, err, wantBody)
	}
	if diff := cmp.Diff(wanted, expected(wanted, got)); diff != "" {
		t.Errorf("%s: answer differs (-documented +answered):\n%s", name, diff)
	}
	return want
}

// expected is got without what the example leaves open.
func expected(want, got any) any {
	switch want := want.(type) {
	case string:
		if want == anything {
			return anything
		}
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for key, v := range object {
			if w, ok := want[key]; ok {
				out[key] = expected(w, v)
			} else if _, open := want[anything]; !open {
				out[key] = v
			}
		}
		if v, open := want[anything]; open {
			out[anything] = v
		}
		return out
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return got
		}
		out := make([]any, len(list))
		for i := range list {
			out[i] = expected(want[i], list[i])
		}
		return out
	}
	return got
}

// prettyJSON lays JSON out for a page: members on lines of their own where the
// whole would be long.
func prettyJSON(t *testing.T, body []byte) string {
	t.Helper()
	body = bytes.TrimSpace(body)
	if len(body) <= 120 {
		return string(body)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
