package static

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLNamesTheContent(t *testing.T) {
	for _, name := range []string{"app.css", "htmx.min.js", "icons.svg", "console.js", "favicon.svg"} {
		u := URL(name)
		f, ok := Open(u)
		if !ok {
			t.Fatalf("Open(%q) finds nothing", u)
		}
		if !strings.Contains(u, strings.Trim(f.ETag, `"`)) {
			t.Errorf("%s: the address does not carry the ETag %s", u, f.ETag)
		}
		if bare, ok := Open(strings.TrimPrefix(u, Prefix)); !ok || bare.ETag != f.ETag {
			t.Errorf("%s cannot be opened without the prefix", u)
		}
	}
}

func TestOpenKnowsNothingElse(t *testing.T) {
	for _, p := range []string{"", "/static/", "/static/app.css", "/static/app.000000000000.css", "/static/../static.go", "vendor.lock", "js/console.js"} {
		if _, ok := Open(p); ok {
			t.Errorf("Open(%q) answers", p)
		}
	}
}

func TestGzipIsTheBody(t *testing.T) {
	f, _ := Open(URL("app.css"))
	r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.Body, got); diff != "" {
		t.Error(diff)
	}
}

// The vendored files are those that were reviewed: nobody edits them by hand
// and no upgrade slips in without its line in the lock.
func TestVendoredFilesMatchTheLock(t *testing.T) {
	lock, err := os.Open("vendor.lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close() //nolint:errcheck // opened for reading
	seen := map[string]bool{}
	for s := bufio.NewScanner(lock); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) != 4 {
			t.Fatalf("vendor.lock: want package, version, file, SHA-256; got %q", s.Text())
		}
		body, err := os.ReadFile(f[2])
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if got := hex.EncodeToString(sum[:]); got != f[3] {
			t.Errorf("%s of %s %s: SHA-256 is %s, the lock says %s", f[2], f[0], f[1], got, f[3])
		}
		seen[f[2]] = true
	}
	if diff := cmp.Diff(map[string]bool{"htmx.min.js": true, "icons.svg": true}, seen); diff != "" {
		t.Errorf("vendored files (-want +got):\n%s", diff)
	}
}

func TestConsoleScriptStaysSmall(t *testing.T) {
	f, _ := Open(URL("console.js"))
	if n := bytes.Count(f.Body, []byte("\n")); n >= 300 {
		t.Errorf("console.js has %d lines; it stays under 300", n)
	}
}
