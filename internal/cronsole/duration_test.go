package cronsole

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDurationsAreReadAndShownShort(t *testing.T) {
	tests := map[string]struct {
		want  time.Duration
		shown string
	}{
		"0":              {0, "0s"},
		"0s":             {0, "0s"},
		"0d0h":           {0, "0s"},
		"90s":            {90 * time.Second, "90s"},
		"60s":            {time.Minute, "1m"},
		"100s":           {100 * time.Second, "1m40s"},
		"15m":            {15 * time.Minute, "15m"},
		"90m":            {90 * time.Minute, "90m"},
		"100m":           {100 * time.Minute, "1h40m"},
		"2h":             {2 * time.Hour, "2h"},
		"24h":            {day, "1d"},
		"36h":            {36 * time.Hour, "36h"},
		"100h":           {100 * time.Hour, "4d4h"},
		"1d":             {day, "1d"},
		"1h30m":          {90 * time.Minute, "90m"},
		"1d1h1m1s1ms":    {day + time.Hour + time.Minute + time.Second + time.Millisecond, "1d1h1m1s1ms"},
		"500ms":          {500 * time.Millisecond, "500ms"},
		"1500ms":         {1500 * time.Millisecond, "1500ms"},
		"12s345ms":       {12345 * time.Millisecond, "12s345ms"},
		"007m":           {7 * time.Minute, "7m"},
		"36525d":         {36525 * day, "36525d"},
		"36524d24h":      {36525 * day, "36525d"},
		"3155760000s":    {36525 * day, "36525d"},
		"36524d23h60m0s": {36525 * day, "36525d"},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			d, err := ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			if time.Duration(d) != tt.want || d.String() != tt.shown {
				t.Errorf("%d, shown as %s; want %d, %s", d, d, tt.want, tt.shown)
			}
		})
	}
}

func TestDurationsThatAreNoneAreRefusedWithAdvice(t *testing.T) {
	const instead = " is no length of time; write 90s, 15m, 2h, 1d or 1h30m"
	tests := map[string]string{
		"":                         `""` + instead,
		" ":                        `" "` + instead,
		"15":                       `"15" lacks a unit; write 15s, 15m, 15h or 15d`,
		"00":                       `"00" lacks a unit; write 00s, 00m, 00h or 00d`,
		strings.Repeat("9", 60):    `"` + strings.Repeat("9", 40) + `…"` + instead,
		"m":                        `"m"` + instead,
		"soon":                     `"soon"` + instead,
		"1.5h":                     `"1.5h"` + instead,
		"-5m":                      `"-5m"` + instead,
		"+5m":                      `"+5m"` + instead,
		"5 m":                      `"5 m"` + instead,
		"5M":                       `"5M"` + instead,
		"5min":                     `"5min"` + instead,
		"1w":                       `"1w"` + instead,
		"30m1h":                    `"30m1h"` + instead,
		"1h1h":                     `"1h1h"` + instead,
		"5us":                      `"5us"` + instead,
		"1h30":                     `"1h30"` + instead,
		"٣m":                       `"٣m"` + instead,
		"36525d1ms":                `"36525d1ms" is longer than 100 years`,
		"36526d":                   `"36526d" is longer than 100 years`,
		"99999999999999999999s":    `"99999999999999999999s" is longer than 100 years`,
		"36525d876600h":            `"36525d876600h" is longer than 100 years`,
		"36525d876600h52596000m":   `"36525d876600h52596000m" is longer than 100 years`, // more than fits into 64 bits
		"36525d876600h52596000m1s": `"36525d876600h52596000m1s" is longer than 100 years`,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			d, err := ParseDuration(text)
			if err == nil {
				t.Fatalf("accepted as %s", d)
			}
			if err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

func TestDurationIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour, day}).Draw(t, "unit")
		d := Duration(rapid.Int64Range(0, int64(maxDuration/unit)).Draw(t, "n")) * Duration(unit)
		again, err := ParseDuration(d.String())
		if err != nil || again != d {
			t.Fatalf("%d is written %s and read as %d, %v", d, d, again, err)
		}
	})
}

func TestDurationShowsWhatItCannotReadToo(t *testing.T) {
	for d, want := range map[Duration]string{
		Duration(-90 * time.Minute):    "-90m",
		Duration(time.Millisecond - 1): "0s",
		Duration(time.Second + 1):      "1s",
		Duration(math.MinInt64):        "-106751d23h47m16s854ms",
		Duration(math.MaxInt64):        "106751d23h47m16s854ms",
	} {
		if got := d.String(); got != want {
			t.Errorf("%d ns is shown as %s, want %s", int64(d), got, want)
		}
	}
}

func TestDurationIsATextInJSON(t *testing.T) {
	type message struct {
		Timeout Duration `json:"timeout"`
	}
	text, err := json.Marshal(message{Duration(90 * time.Minute)})
	if err != nil || string(text) != `{"timeout":"90m"}` {
		t.Fatalf("%s, %v", text, err)
	}
	var got message
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(message{Duration(90 * time.Minute)}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"timeout":"soon"}`), &got); err == nil || got.Timeout != Duration(90*time.Minute) {
		t.Errorf("%v, %v", got, err)
	}
}
