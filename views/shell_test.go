package views

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInstantsAsSeenFromThePage(t *testing.T) {
	type said struct{ In, Ago, At, Day, Clock, Full string }
	const day = 24 * time.Hour
	tests := map[string]struct {
		zone string
		at   time.Time
		want said
	}{
		"never": {"UTC", time.Time{}, said{}},
		"now":   {"UTC", noon, said{"due", "just now", "12:00:00", "Today", "12:00:00", "Mon 23 Nov 2026 12:00:00 UTC"}},
		"in a moment": {
			"UTC", noon.Add(999 * time.Millisecond),
			said{"due", "just now", "12:00:00", "Today", "12:00:00", "Mon 23 Nov 2026 12:00:00 UTC"},
		},
		"soon": {"UTC", noon.Add(90 * time.Second), said{"in 1 min 30 s", "just now", "12:01:30", "Today", "12:01:30", "Mon 23 Nov 2026 12:01:30 UTC"}},
		"just now": {
			"UTC", noon.Add(-time.Second),
			said{"late 1 s", "1 s ago", "11:59:59", "Today", "11:59:59", "Mon 23 Nov 2026 11:59:59 UTC"},
		},
		"tomorrow": {
			"UTC", noon.Add(12 * time.Hour),
			said{"in 12 h", "just now", "Tue 24 Nov 00:00", "Tomorrow", "00:00:00", "Tue 24 Nov 2026 00:00:00 UTC"},
		},
		"tomorrow, there": {
			"Asia/Kolkata", noon.Add(7 * time.Hour),
			said{"in 7 h", "just now", "Tue 24 Nov 00:30", "Tomorrow", "00:30:00", "Tue 24 Nov 2026 00:30:00 IST"},
		},
		"yesterday": {
			"UTC", noon.Add(-12*time.Hour - 1),
			said{"late 12 h", "12 h ago", "Sun 22 Nov 23:59:59", "Yesterday", "23:59:59", "Sun 22 Nov 2026 23:59:59 UTC"},
		},
		"next week": {
			"UTC", noon.Add(8*day + 5*time.Second),
			said{"in 8 d", "just now", "Tue 1 Dec 12:00:05", "Tue 1 Dec", "12:00:05", "Tue 1 Dec 2026 12:00:05 UTC"},
		},
		"early next year": {
			"UTC", time.Date(2027, 2, 1, 6, 0, 0, 0, time.UTC),
			said{"in 69 d 18 h", "just now", "Mon 1 Feb 06:00", "1 Feb 2027", "06:00:00", "Mon 1 Feb 2027 06:00:00 UTC"},
		},
		"long ago": {
			"UTC", time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
			said{"late 690 d 8 h", "690 d 8 h ago", "2 Jan 2025 03:04:05", "2 Jan 2025", "03:04:05", "Thu 2 Jan 2025 03:04:05 UTC"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := shellIn(t, tt.zone)
			got := said{s.In(tt.at), s.Ago(tt.at), s.At(tt.at), s.Day(tt.at), s.Clock(tt.at), s.Full(tt.at)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstantsForMachines(t *testing.T) {
	berlin := shellIn(t, "Europe/Berlin").Zone
	for at, want := range map[time.Time]string{
		{}:                                "",
		noon:                              "2026-11-23T12:00:00Z",
		noon.In(berlin):                   "2026-11-23T12:00:00Z",
		noon.Add(1500 * time.Microsecond): "2026-11-23T12:00:00.001Z",
		noon.Add(-120 * time.Millisecond): "2026-11-23T11:59:59.88Z",
		noon.Add(500 * time.Microsecond):  "2026-11-23T12:00:00Z",
		time.Date(2026, 1, 1, 0, 0, 0, 0, berlin): "2025-12-31T23:00:00Z",
	} {
		if got := Machine(at); got != want {
			t.Errorf("%s is %q, want %q", at, got, want)
		}
	}
	if got := shellIn(t, "Europe/Berlin").ClockMilli(noon.Add(7 * time.Millisecond)); got != "13:00:00.007" {
		t.Errorf("a line of output is at %q", got)
	}
}

// TestTodayEndsAtMidnightOfThePage, also on days that are not 24 hours long or
// begin at one.
func TestTodayEndsAtMidnightOfThePage(t *testing.T) {
	tests := map[string]struct {
		zone     string
		now      time.Time
		want     string
		dayAfter time.Duration // from now
	}{
		"UTC":            {"UTC", noon, "2026-11-24T00:00:00Z", 12 * time.Hour},
		"east":           {"Asia/Kolkata", noon, "2026-11-23T18:30:00Z", 6*time.Hour + 30*time.Minute},
		"at midnight":    {"UTC", noon.Add(12 * time.Hour), "2026-11-25T00:00:00Z", 24 * time.Hour},
		"a short day":    {"Europe/Berlin", time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC), "2026-03-29T22:00:00Z", 23 * time.Hour},
		"a long day":     {"Europe/Berlin", time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC), "2026-10-25T23:00:00Z", 25 * time.Hour},
		"end of a month": {"UTC", time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), "2026-12-01T00:00:00Z", 12 * time.Hour},
		"no zone":        {"", noon, "2026-11-24T00:00:00Z", 12 * time.Hour},
	}
	for name, tt := range tests {
		s := &Shell{Now: tt.now}
		if tt.zone != "" {
			s.Zone = shellIn(t, tt.zone).Zone
		}
		got := s.Midnight()
		if Machine(got) != tt.want || got.Sub(tt.now) != tt.dayAfter {
			t.Errorf("%s: %s after %s, want %s", name, Machine(got), got.Sub(tt.now), tt.want)
		}
	}
}

func TestTitlesTellABackgroundTabThatSomethingFails(t *testing.T) {
	for failing, want := range map[int]string{0: "Jobs · cronsole", 1: "(1 failing) Jobs · cronsole", 1200: "(1 200 failing) Jobs · cronsole"} {
		s := Shell{Title: "Jobs", FailingCount: failing}
		if got := s.PageTitle(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAddressesOfJobsAreEscaped(t *testing.T) {
	for want, parts := range map[string][]string{
		"/jobs/a":           {"a"},
		"/jobs/a.b-c_d/run": {"a.b-c_d", "run"},
		"/jobs/a%2Fb":       {"a/b"},
		"/jobs/%3Cb%3E%3F":  {"<b>?"},
		"/jobs/..":          {".."}, // no id begins with a dot
		"/jobs/a%20b/edit":  {"a b", "edit"},
	} {
		if got := JobURL(parts[0], parts[1:]...); got != want {
			t.Errorf("%v: %q, want %q", parts, got, want)
		}
	}
}

// TestHtmxGetsOnlyOwnAddresses: it would run what begins with "js:".
func TestHtmxGetsOnlyOwnAddresses(t *testing.T) {
	for u, want := range map[string]string{
		"/jobs?part=rows": "/jobs?part=rows", "": "/", "js:alert(1)": "/", "javascript:alert(1)": "/", "//evil.example": "/", "http://evil.example": "/",
		"jobs": "/",
	} {
		if got := hxURL(u); got != want {
			t.Errorf("%q becomes %q, want %q", u, got, want)
		}
	}
}
