package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"
)

// request is what a client sends. As it is made it is what curl sends: no word
// about the answer that is wanted, nothing of what a browser adds.
type request struct {
	method, target, body string
	header               http.Header
}

func get(target string) request {
	return request{method: http.MethodGet, target: target, header: http.Header{"Accept": {"*/*"}}}
}

func postJSON(target, body string) request {
	r := get(target).with("Content-Type", "application/json")
	r.method, r.body = http.MethodPost, body
	return r
}

// postForm is a form with pairs of name and value, as a browser sends it.
func postForm(target string, pairs ...string) request {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	r := get(target).browser().with("Content-Type", "application/x-www-form-urlencoded")
	r.method, r.body = http.MethodPost, values.Encode()
	return r
}

// with sets a header; Host is one of them.
func (r request) with(name, value string) request {
	r.header = r.header.Clone()
	r.header.Set(name, value)
	return r
}

func (r request) by(method string) request {
	r.method = method
	return r
}

func (r request) browser() request {
	return r.with("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
}

func (r request) htmx() request {
	return r.with("Accept", "text/html, text/event-stream").with("HX-Request", "true")
}

type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t testing.TB, app *fiber.App, r request) answer {
	t.Helper()
	req, err := http.NewRequest(r.method, "http://127.0.0.1:8000"+r.target, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.header.Clone()
	if host, ok := r.header["Host"]; ok {
		req.Host = host[0]
		req.Header.Del("Host")
	}
	res, err := app.Test(req, -1)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.target, err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.target, err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// wire sends bytes as they are, for requests that no client library would write,
// and for those that the server refuses before it has read them.
func wire(t testing.TB, app *fiber.App, raw string) answer {
	t.Helper()
	app.Handler() // builds the routes
	conn := &memoryConn{in: strings.NewReader(raw)}
	_ = app.Server().ServeConn(conn) // the error is what the answer says
	method, _, _ := strings.Cut(raw, " ")
	res, err := http.ReadResponse(bufio.NewReader(&conn.out), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.80q: %v", raw, err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%.80q: %v", raw, err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

type memoryConn struct {
	net.Conn
	in  *strings.Reader
	out bytes.Buffer
}

func (c *memoryConn) Read(b []byte) (int, error)     { return c.in.Read(b) }
func (c *memoryConn) Write(b []byte) (int, error)    { return c.out.Write(b) }
func (*memoryConn) Close() error                     { return nil }
func (*memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*memoryConn) SetDeadline(time.Time) error      { return nil }
func (*memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (*memoryConn) SetWriteDeadline(time.Time) error { return nil }

// mustAsk is ask for what has to work.
func mustAsk(t testing.TB, app *fiber.App, r request, status int) answer {
	t.Helper()
	a := ask(t, app, r)
	if a.status != status {
		t.Fatalf("%s %s: status %d, want %d: %.500s", r.method, r.target, a.status, status, a.body)
	}
	return a
}

// page reads the answer as a browser without script does, which sees what is
// in noscript.
func (a answer) page(t testing.TB) *goquery.Document {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(a.body), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return goquery.NewDocumentFromNode(root)
}

// part reads an answer that is no whole page. Rows stand in a table there.
func (a answer) part(t testing.TB) *goquery.Document {
	t.Helper()
	a.body = "<template>" + a.body + "</template>"
	return a.page(t)
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// problem is what an error says to scripts.
type problem struct {
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Detail  string            `json:"detail"`
	Errors  map[string]string `json:"errors"`
	Nearest []string          `json:"nearest"`
}

func (a answer) problem(t testing.TB) problem {
	t.Helper()
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Fatalf("status %d, Content-Type %q: %.500s", a.status, kind, a.body)
	}
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if p.Status != a.status {
		t.Errorf("the body says status %d, the answer %d", p.Status, a.status)
	}
	return p
}

// text is the words of a selection, one space between them.
func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
