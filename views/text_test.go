package views

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLengthsOfTimeInWords(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[time.Duration]struct{ length, took string }{
		-time.Hour:                           {"0 s", "0 s"},
		0:                                    {"0 ms", "0 ms"},
		999 * time.Microsecond:               {"0 ms", "0 ms"},
		time.Millisecond:                     {"1 ms", "1 ms"},
		999*time.Millisecond + 999:           {"999 ms", "999 ms"},
		time.Second:                          {"1 s", "1.0 s"},
		1999 * time.Millisecond:              {"1 s", "1.9 s"},
		42 * time.Second:                     {"42 s", "42.0 s"},
		59*time.Second + 999999*1000:         {"59 s", "59.9 s"},
		time.Minute:                          {"1 min", "1 min"},
		4*time.Minute + 8*time.Second:        {"4 min 8 s", "4 min 8 s"},
		10*time.Minute - time.Nanosecond:     {"9 min 59 s", "9 min 59 s"},
		10 * time.Minute:                     {"10 min", "10 min"},
		10*time.Minute + 59*time.Second:      {"10 min", "10 min"},
		59*time.Minute + 59*time.Second:      {"59 min", "59 min"},
		time.Hour:                            {"1 h", "1 h"},
		15*time.Hour + 48*time.Minute:        {"15 h 48 min", "15 h 48 min"},
		day - time.Second:                    {"23 h 59 min", "23 h 59 min"},
		day:                                  {"1 d", "1 d"},
		5*day + 16*time.Hour + time.Minute:   {"5 d 16 h", "5 d 16 h"},
		400 * day:                            {"400 d", "400 d"},
		time.Duration(1<<63 - 1):             {"106751 d 23 h", "106751 d 23 h"},
		time.Duration(-1 << 63):              {"0 s", "0 s"},
		time.Hour + 59*time.Second:           {"1 h", "1 h"},
		2*day + 59*time.Minute:               {"2 d", "2 d"},
		3*time.Minute + 999*time.Millisecond: {"3 min", "3 min"},
	}
	for d, want := range tests {
		if got := (struct{ length, took string }{Length(d), Took(d)}); got != want {
			t.Errorf("%d ns: %+v, want %+v", d, got, want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	counts := map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1 000", 12345: "12 345", 999999: "999 999", 1000000: "1 000 000",
		-1: "-1", -999: "-999", -1000: "-1 000", -123456: "-123 456", 1<<63 - 1: "9 223 372 036 854 775 807",
	}
	for n, want := range counts {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) is %q, want %q", n, got, want)
		}
	}
	plurals := map[int]string{0: "0 runs", 1: "1 run", 2: "2 runs", 1001: "1 001 runs", -1: "-1 runs"}
	for n, want := range plurals {
		if got := Plural(n, "run"); got != want {
			t.Errorf("Plural(%d) is %q, want %q", n, got, want)
		}
	}
	capped := map[int]string{0: "0", 9999: "9 999", 10000: "9,999+", 1 << 40: "9,999+"}
	for n, want := range capped {
		if got := CappedCount(n); got != want {
			t.Errorf("CappedCount(%d) is %q, want %q", n, got, want)
		}
	}
	sizes := map[int64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1.0 kB", 1499: "1.5 kB", 104857600: "104.9 MB", 5_000_000_000: "5.0 GB", 7e12: "7.0 TB", 9e18: "9000000.0 TB",
	}
	for n, want := range sizes {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) is %q, want %q", n, got, want)
		}
	}
}

func TestTextIsCutIntoItsLines(t *testing.T) {
	tests := map[string][]string{
		"": nil, "a": {"a"}, "a\n": {"a"}, "a\nb": {"a", "b"}, "a\n\n": {"a", ""}, "\n": {""}, "a\r\nb": {"a\r", "b"},
	}
	for text, want := range tests {
		if diff := cmp.Diff(want, splitText(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestASentenceBecomesTheEndOfAnother(t *testing.T) {
	tests := map[string]string{
		"": "", "E": "E", "Every day": "every day", "At 02:30": "at 02:30", "UTC day": "UTC day", "A day": "A day", "Über": "Über", "30 s": "30 s",
	}
	for text, want := range tests {
		if got := lowerFirst(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestFewIDsAreListedAndTheRestCounted(t *testing.T) {
	tests := map[string][]string{
		"": nil, "a": {"a"}, "a, b, c": {"a", "b", "c"}, "a, b, c and 1 more": {"a", "b", "c", "d"}, "a, b, c and 2 more": {"a", "b", "c", "d", "e"},
	}
	for want, ids := range tests {
		if got := joinWords(ids); got != want {
			t.Errorf("%v: %q, want %q", ids, got, want)
		}
	}
}
