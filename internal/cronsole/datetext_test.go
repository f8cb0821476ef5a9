package cronsole

import (
	"strings"
	"testing"
	"time"
)

func TestDatesAreReadOnTheClockOfTheZone(t *testing.T) {
	tests := map[string]struct{ text, zone, want string }{
		"a day is its midnight":   {"2026-12-24", "Europe/Berlin", "2026-12-23T23:00:00Z"},
		"minutes":                 {"2026-12-24T18:00", "Europe/Berlin", "2026-12-24T17:00:00Z"},
		"seconds":                 {"2026-12-24 18:00:05", "Asia/Kathmandu", "2026-12-24T12:15:05Z"},
		"one digit each":          {"2026-1-2 3:4:5", "UTC", "2026-01-02T03:04:05Z"},
		"a decimal fraction":      {"2026-12-24 18:00:05.05", "UTC", "2026-12-24T18:00:05.05Z"},
		"microseconds":            {"2026-12-24 18:00:05.000001", "UTC", "2026-12-24T18:00:05.000001Z"},
		"Z":                       {"2026-12-24T18:00:05Z", "Asia/Tokyo", "2026-12-24T18:00:05Z"},
		"an offset":               {"2026-12-24T18:00-09:30", "Asia/Tokyo", "2026-12-25T03:30:00Z"},
		"the first of two":        {"2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"},
		"in a gap":                {"2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"},
		"in half an hour's gap":   {"2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z"},
		"a midnight in a gap":     {"2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
		"on a skipped day":        {"2011-12-30 12:00", "Pacific/Apia", "2011-12-30T22:00:00Z"},
		"29 February":             {"2400-02-29", "UTC", "2400-02-29T00:00:00Z"},
		"the first day":           {"0001-01-01", "UTC", "0001-01-01T00:00:00Z"},
		"the last second":         {"9999-12-31 23:59:59", "UTC", "9999-12-31T23:59:59Z"},
		"before offsets were set": {"1800-01-01", "Europe/Berlin", "1799-12-31T23:06:32Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := parseDate(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			z, err := loadZone(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.in(z).in(z).UTC().Format(time.RFC3339Nano); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDatesThatAreNoneAreRefusedWithAdvice(t *testing.T) {
	const advice = "write a date such as 2026-12-24, 2026-12-24 18:00:00 or 2026-12-24T18:00:00+01:00"
	tests := map[string]string{
		"":                              `"" is not a date that is understood; ` + advice,
		"24.12.2026":                    `"24.12.2026" is not a date that is understood; ` + advice,
		"26-12-24":                      `"26-12-24" is not a date that is understood; ` + advice,
		"2026-12":                       `"2026-12" is not a date that is understood; ` + advice,
		"2026-12-24 18":                 `"2026-12-24 18" is not a date that is understood; ` + advice,
		"2026-12-24Z":                   `"2026-12-24Z" is not a date that is understood; ` + advice,
		"2026-12-24  18:00":             `"2026-12-24  18:00" is not a date that is understood; ` + advice,
		"2026-12-24 18:00:00.":          `"2026-12-24 18:00:00." is not a date that is understood; ` + advice,
		"2026-12-24 18:00:00.1234567":   `"2026-12-24 18:00:00.1234567" is not a date that is understood; ` + advice,
		"2026-12-24 18:00 CET":          `"2026-12-24 18:00 CET" is not a date that is understood; ` + advice,
		"2026-12-24T18:00:00+0100":      `"2026-12-24T18:00:00+0100" is not a date that is understood; ` + advice,
		"2026-12-24\n":                  `"2026-12-24\n" is not a date that is understood; ` + advice,
		strings.Repeat("2026-12-24", 9): `"` + strings.Repeat("2026-12-24", 4) + `…" is not a date that is understood; ` + advice,
		"0000-01-01":                    "there is no year 0000; " + advice,
		"2026-24-12":                    "there is no month 24; the order is year-month-day",
		"2026-0-12":                     "there is no month 0; the order is year-month-day",
		"2026-02-29":                    "there is no day 29 in that month",
		"2100-02-29":                    "there is no day 29 in that month",
		"2026-04-31":                    "there is no day 31 in that month",
		"2026-12-00":                    "there is no day 00 in that month",
		"2026-12-24 24:00":              "there is no hour 24; hours go from 0 to 23",
		"2026-12-24 23:60":              "there is no minute 60; minutes go from 0 to 59",
		"2026-12-24 23:59:60":           "there is no second 60; seconds go from 0 to 59",
		"2026-12-24 18:00:00+24:00":     "there is no offset +24:00; write one from -23:59 to +23:59",
		"2026-12-24 18:00:00-01:60":     "there is no offset -01:60; write one from -23:59 to +23:59",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			_, err := parseDate(text)
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

func TestInstantsRoundUp(t *testing.T) {
	for _, tt := range []struct {
		in, milli instant
		second    int64
	}{
		{instant{5, 0}, instant{5, 0}, 5},
		{instant{5, 1}, instant{5, 1_000_000}, 6},
		{instant{5, 1_000_000}, instant{5, 1_000_000}, 6},
		{instant{5, 999_000_001}, instant{6, 0}, 6},
		{instant{-5, 500_000_000}, instant{-5, 500_000_000}, -4},
	} {
		if got := tt.in.ceilMilli(); got != tt.milli {
			t.Errorf("%v to the millisecond is %v, want %v", tt.in, got, tt.milli)
		}
		if got := tt.in.ceil(); got != tt.second {
			t.Errorf("%v to the second is %d, want %d", tt.in, got, tt.second)
		}
	}
}

func TestParseInstant(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		zone string
		want time.Time
	}{
		"2h":                        {"UTC", now.Add(2 * time.Hour)},
		"1d12h":                     {"Europe/Berlin", now.Add(36 * time.Hour)},
		"2026-11-24":                {"Europe/Berlin", time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)},
		"2026-11-24 06:00":          {"Europe/Berlin", time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)},
		"2026-11-24T06:00":          {"", time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)},
		"2026-11-24T06:00:00+05:30": {"Europe/Berlin", time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)},
	}
	for text, tt := range tests {
		got, err := ParseInstant(text, tt.zone, now)
		if err != nil || !got.Equal(tt.want) || got.Location() != time.UTC {
			t.Errorf("%s in %q: %s, %v, want %s", text, tt.zone, got, err, tt.want)
		}
	}
	for text, zone := range map[string]string{"": "UTC", "tomorrow": "UTC", "-2h": "UTC", "2026-02-30": "UTC", "2026-11-24 06:00": "Mars/Olympus"} {
		if got, err := ParseInstant(text, zone, now); err == nil {
			t.Errorf("%q in %s is %s", text, zone, got)
		}
	}
}
