package cronsole

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestZonesAreSortedAndAllOfThemLoad(t *testing.T) {
	names := Zones()
	if len(names) < 590 || !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Fatalf("%d names, sorted: %t", len(names), slices.IsSorted(names))
	}
	for _, name := range names {
		loc, err := Location(name)
		if err != nil || loc.String() != name {
			t.Errorf("Location(%q) = %v, %v", name, loc, err)
		}
	}
	for _, name := range []string{"Factory", "Local", "localtime", "posixrules", "posix/UTC", ""} {
		if slices.Contains(names, name) {
			t.Errorf("%q is listed", name)
		}
	}
}

func TestListOfZonesBelongsToTheCaller(t *testing.T) {
	Zones()[0] = "changed"
	if Zones()[0] == "changed" {
		t.Error("the list changed for everyone")
	}
}

func TestVersionOfTheZonesIsKnown(t *testing.T) {
	if v := TZVersion(); !regexp.MustCompile(`^20[0-9]{2}[a-z]$`).MatchString(v) {
		t.Errorf("version %q", v)
	}
}

func TestUTCIsTheOneOfPackageTime(t *testing.T) {
	loc, err := Location("UTC")
	if err != nil || loc != time.UTC {
		t.Errorf("%v, %v", loc, err)
	}
}

func TestSameZoneIsReadOnce(t *testing.T) {
	if a, b := location(t, "Asia/Kathmandu"), location(t, "Asia/Kathmandu"); a != b {
		t.Error("two locations of one name")
	}
}

func TestUnknownZonesAreRefusedWithAdvice(t *testing.T) {
	const (
		any      = " is no time zone; write an IANA name such as Europe/Berlin, America/New_York or UTC"
		machines = " depends on the machine; write an IANA name such as Europe/Berlin or UTC"
		prefixed = " is not accepted; leave out the part before the first slash"
	)
	tests := map[string]string{
		"":                     "is empty; write an IANA name such as Europe/Berlin or UTC",
		"Local":                `"Local"` + machines,
		"local":                `"local"` + machines,
		"localtime":            `"localtime"` + machines,
		"posix/Europe/Berlin":  `"posix/Europe/Berlin"` + prefixed,
		"right/UTC":            `"right/UTC"` + prefixed,
		"europe/berlin":        `"europe/berlin" is no time zone; write Europe/Berlin`,
		"AMERICA/NEW YORK":     `"AMERICA/NEW YORK" is no time zone; write America/New_York`,
		"Europe Berlin":        `"Europe Berlin" is no time zone; write Europe/Berlin`,
		" Europe/Berlin ":      `" Europe/Berlin " is no time zone; write Europe/Berlin`,
		"utc":                  `"utc" is no time zone; write UTC`,
		"Berlin":               `"Berlin"` + any,
		"Europe/Atlantis":      `"Europe/Atlantis"` + any,
		"Factory":              `"Factory"` + any,
		"UTC+2":                `"UTC+2"` + any,
		"+02:00":               `"+02:00"` + any,
		"../../etc/passwd":     `"../../etc/passwd"` + any,
		"/etc/localtime":       `"/etc/localtime"` + any,
		"Europe":               `"Europe"` + any,
		"Europe/":              `"Europe/"` + any,
		"Europe/Berlin\x00":    `"Europe/Berlin\x00"` + any,
		"\x1b]0;Europe/Berlin": `"\x1b]0;Europe/Berlin"` + any,
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			loc, err := Location(name)
			if diff := cmp.Diff([]FieldError{{"timezone", want}}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if loc != nil {
				t.Errorf("refused, yet %s", loc)
			}
		})
	}
}
