package views

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// TestErrorsInJSONKeepTheirOrder, and what is said twice about a field is one
// text.
func TestErrorsInJSONKeepTheirOrder(t *testing.T) {
	tests := map[string]struct {
		errs FieldErrors
		want string
	}{
		"none":    {nil, `{}`},
		"ordered": {FieldErrors{{Field: "b", Message: "x"}, {Field: "a", Message: "y"}}, `{"b":"x","a":"y"}`},
		"twice":   {FieldErrors{{Field: "a", Message: "x"}, {Field: "b", Message: "y"}, {Field: "a", Message: "z"}}, `{"a":"x; z","b":"y"}`},
		"no name": {FieldErrors{{Message: "x"}}, `{"":"x"}`},
		"odd":     {FieldErrors{{Field: `"<`, Message: "\"\n\u2028"}}, `{"\"\u003c":"\"\n\u2028"}`},
	}
	for name, tt := range tests {
		got, err := json.Marshal(tt.errs)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

func TestFieldsAreNamedForPeople(t *testing.T) {
	for field, want := range map[string]string{
		"job_id": "Job id", "args.day_of_week": "Weekday", "args.hour": "Hour", "misfire_grace": "Grace", "tags": "Tags", "args.some_thing": "Some thing",
		"args.": "args.", "": "", "x": "X",
	} {
		if got := fieldLabel(field); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}

// TestEveryFieldHasALabelOfItsOwn, so that the summary of errors is not
// ambiguous.
func TestEveryFieldHasALabelOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, field := range FormFields {
		label := fieldLabel(field)
		if other := seen[label]; other != "" || label == "" {
			t.Errorf("%s and %s are both %q", other, field, label)
		}
		seen[label] = field
	}
}

func TestADateHasAPickerIfThePickerCanShowIt(t *testing.T) {
	for value, want := range map[string]string{
		"": "datetime-local", "2027-01-31T18:30": "datetime-local", "2027-01-31 18:30:15": "datetime-local",
		"2027-01-31": "text", "2027-01-31T18:30:00Z": "text", "2027-01-31T18:30+01:00": "text", "2027-01-31T18:30:00.5": "text", "tomorrow": "text",
	} {
		if got := dateKind(value); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestTheFiveNumbersOfAnIntervalAddUp(t *testing.T) {
	tests := map[string]struct {
		values map[string]string
		want   string
	}{
		"none": {nil, ""}, "noughts": {map[string]string{"args.hours": "0"}, ""}, "one": {map[string]string{"args.minutes": " 15 "}, "15m"},
		"several":  {map[string]string{"args.weeks": "1", "args.days": "1", "args.hours": "1", "args.seconds": "1"}, "8d1h1s"},
		"a word":   {map[string]string{"args.hours": "x", "args.minutes": "1"}, ""},
		"negative": {map[string]string{"args.hours": "-1", "args.minutes": "100"}, ""},
		"too big":  {map[string]string{"args.weeks": "99999999999"}, ""},
	}
	for name, tt := range tests {
		if got := (&JobForm{Values: tt.values}).IntervalWords(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestTheSummaryCountsTheFields(t *testing.T) {
	tests := map[string]struct {
		form JobForm
		want string
	}{
		"said":    {JobForm{Detail: "Job already exists"}, "Job already exists"},
		"one":     {JobForm{Errors: FieldErrors{{Field: "a"}}}, "One field needs another value."},
		"several": {JobForm{Errors: FieldErrors{{Field: "a"}, {Field: "b"}}}, "2 fields need other values."},
	}
	for name, tt := range tests {
		if got := tt.form.summary(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestPresetsAreSchedules, each of which the console itself accepts.
func TestPresetsAreSchedules(t *testing.T) {
	m := &JobForm{Values: map[string]string{"args.expression": "0 30 2 * * *"}}
	current := 0
	for _, p := range m.Presets() {
		if _, err := cronsole.ExpandExpression(p.Expression); err != nil {
			t.Errorf("%s: %v", p.Label, err)
		}
		if p.Current {
			current++
		}
	}
	if current != 1 {
		t.Errorf("%d presets are current", current)
	}
}

func TestHowOftenAScheduleIsDue(t *testing.T) {
	for perYear, want := range map[int64]string{
		0: "", 1: "1 run a year", 12: "12 runs a year", 51: "51 runs a year", 52: "about 1 run a week · 52 a year", 261: "about 5 runs a week · 261 a year",
		364: "about 7 runs a week · 364 a year", 365: "about 1 run a day", 366: "about 1 run a day", 8760: "about 24 runs a day", 31_536_000: "about 86 400 runs a day",
	} {
		if got := (&Preview{PerYear: perYear}).Rate(); got != want {
			t.Errorf("%d: %q, want %q", perYear, got, want)
		}
	}
}

func TestTheClockOfAZone(t *testing.T) {
	for zone, want := range map[string]string{
		"UTC": "Now 12:00 there, UTC", "Europe/Berlin": "Now 13:00 there, UTC+1", "America/New_York": "Now 07:00 there, UTC-5",
		"Asia/Kolkata": "Now 17:30 there, UTC+5:30", "America/St_Johns": "Now 08:30 there, UTC-3:30", "Asia/Kathmandu": "Now 17:45 there, UTC+5:45",
		"Pacific/Kiritimati": "Now 02:00 there, UTC+14", "Africa/Monrovia": "Now 12:00 there, UTC",
	} {
		if got := (&Preview{ZoneNow: InZone(noon, zone)}).ZoneClock(); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
	if got := (&Preview{}).ZoneClock(); got != "" {
		t.Errorf("no zone: %q", got)
	}
}

func TestAPreviewIsInTheZoneOfTheSchedule(t *testing.T) {
	s := cronsole.Schedule{Type: cronsole.TypeInterval, Interval: cronsole.Units{Hours: 24}, Timezone: "Europe/Berlin"}
	due := time.Date(2027, 3, 28, 10, 0, 0, 0, time.UTC)
	p := NewPreview(*shellIn(t, "UTC"), s, []time.Time{due}, nil)
	berlin := due.In(shellIn(t, "Europe/Berlin").Zone)
	want := []NextRun{{Due: berlin, Start: berlin, Change: "clocks go forward that day"}}
	if diff := cmp.Diff(want, p.NextRuns); diff != "" || p.Next[0].Format(time.RFC3339) != "2027-03-28T12:00:00+02:00" {
		t.Errorf("next %v (-want +got):\n%s", p.Next, diff)
	}
	if got, err := json.Marshal(p.Warnings); string(got) != "[]" || err != nil {
		t.Errorf("no warnings are %s", got)
	}
}
