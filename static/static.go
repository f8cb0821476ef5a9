// Package static holds the console's style sheet, scripts and icons inside the
// binary and names each by its content, so that a browser may keep it for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

// Prefix is the path under which the addresses of [URL] lie.
const Prefix = "/static/"

//go:embed app.css favicon.svg htmx.min.js icons.svg js/console.js
var files embed.FS

// File is an asset, ready to be sent. Its address changes with its content, so
// it may be cached without asking again.
type File struct {
	Body        []byte
	Gzip        []byte // Body compressed; nil when that saves nothing
	ContentType string
	ETag        string // strong, quoted
}

// assets is both directions of the naming, made once, on first use: a child
// process that only runs a job never pays for it.
var assets = sync.OnceValue(func() (a struct {
	urls  map[string]string // "app.css" → "/static/app.0f1e2d3c4b5a.css"
	files map[string]File   // by the name after Prefix
},
) {
	a.urls, a.files = map[string]string{}, map[string]File{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		hashed, f := hash(name, body)
		a.urls[path.Base(name)], a.files[hashed] = Prefix+hashed, f
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("embedded assets cannot be read: %v", err))
	}
	return a
})

func hash(name string, body []byte) (string, File) {
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:6])
	base, ext := path.Base(name), path.Ext(name)
	return strings.TrimSuffix(base, ext) + "." + digest + ext, File{
		Body:        body,
		Gzip:        compress(body),
		ContentType: contentType(ext),
		ETag:        `"` + digest + `"`,
	}
}

func contentType(ext string) string {
	switch ext { // mime asks the machine's own tables, which may say something else
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	if _, err := w.Write(body); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// URL returns the address of an asset by its plain name, such as "app.css".
// A name that is not embedded is a mistake in the program and panics.
func URL(name string) string {
	u, ok := assets().urls[name]
	if !ok {
		panic("no asset named " + name)
	}
	return u
}

// Open returns the asset at a path, with or without [Prefix]. It is false for
// every path that [URL] does not give, so that an old address is never answered
// with new content.
func Open(p string) (File, bool) {
	f, ok := assets().files[strings.TrimPrefix(strings.TrimPrefix(p, Prefix), "/")]
	return f, ok
}

// Version changes whenever any asset does. Pages put it in their ETag.
var Version = sync.OnceValue(func() string {
	h := sha256.New()
	for _, name := range []string{"app.css", "console.js", "htmx.min.js", "icons.svg"} {
		h.Write([]byte(URL(name)))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})
