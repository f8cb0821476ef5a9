package cronsole

import (
	"archive/zip"
	"bytes"
	_ "embed" // the time zone database
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"time"
)

// The database is embedded, so that every machine computes the same instants
// whatever its own zone files say. It is Go's own lib/time/zoneinfo.zip.
//
//go:embed tzdata/zoneinfo.zip
var zoneinfo []byte

//go:embed tzdata/VERSION
var tzVersion string

// TZVersion is the version of the embedded tz data, "2025c".
func TZVersion() string { return strings.TrimSpace(tzVersion) }

type zoneIndex struct {
	names []string
	files map[string]*zip.File
	lower map[string]string // "europe/berlin" → "Europe/Berlin", for advice
}

var openZones = sync.OnceValue(func() zoneIndex {
	r, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic("embedded time zones cannot be read: " + err.Error())
	}
	idx := zoneIndex{files: map[string]*zip.File{}, lower: map[string]string{}}
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") || f.Name == "Factory" {
			continue
		}
		idx.names = append(idx.names, f.Name)
		idx.files[f.Name] = f
		idx.lower[strings.ToLower(f.Name)] = f.Name
	}
	sort.Strings(idx.names)
	return idx
})

// zoneCache holds a *zone for every name that was asked for. The names come
// from the embedded list only, so it cannot grow without bound.
var zoneCache sync.Map

// Zones lists the IANA names that Location accepts, sorted.
func Zones() []string { return append([]string(nil), openZones().names...) }

// Location returns the zone of an IANA name from the embedded tz data. Names
// that depend on the machine ("Local") and unknown ones are an *Error of kind
// Invalid that names the field "timezone".
func Location(name string) (*time.Location, error) {
	z, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	return z.loc, nil
}

// loadZone is Location for those who compute with the zone. The empty name is
// not a zone here; see zoneOf.
func loadZone(name string) (*zone, error) {
	if z, ok := zoneCache.Load(name); ok {
		return z.(*zone), nil
	}
	f, ok := openZones().files[name]
	if !ok {
		return nil, invalid("The time zone is not known.", FieldError{"timezone", unknownZone(name)})
	}
	loc := time.UTC
	if name != "UTC" {
		var err error
		if loc, err = readZone(name, f); err != nil {
			return nil, fmt.Errorf("read time zone %s: %w", name, err)
		}
	}
	z, _ := zoneCache.LoadOrStore(name, newZone(loc))
	return z.(*zone), nil
}

// zoneOf is loadZone with UTC for a schedule that names no zone yet.
func zoneOf(name string) (*zone, error) {
	if name == "" {
		name = "UTC"
	}
	return loadZone(name)
}

func readZone(name string, f *zip.File) (*time.Location, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}

func unknownZone(name string) string {
	lower := strings.ToLower(strings.TrimSpace(name))
	idx := openZones()
	switch {
	case name == "":
		return "is empty; write an IANA name such as Europe/Berlin or UTC"
	case lower == "local" || lower == "localtime":
		return quote(name) + " depends on the machine; write an IANA name such as Europe/Berlin or UTC"
	case strings.HasPrefix(lower, "posix/") || strings.HasPrefix(lower, "right/"):
		return fmt.Sprintf("%s is not accepted; leave out the part before the first slash", quote(name))
	}
	if known, ok := idx.lower[strings.ReplaceAll(lower, " ", "_")]; ok {
		return fmt.Sprintf("%s is no time zone; write %s", quote(name), known)
	}
	if known, ok := idx.lower[strings.ReplaceAll(lower, " ", "/")]; ok {
		return fmt.Sprintf("%s is no time zone; write %s", quote(name), known)
	}
	return quote(name) + " is no time zone; write an IANA name such as Europe/Berlin, America/New_York or UTC"
}
