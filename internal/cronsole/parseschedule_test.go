package cronsole

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestScheduleIsReadFromArgs(t *testing.T) {
	type args = map[string]any
	tests := map[string]struct {
		typ  Type
		args args
		zone string
		want Schedule
	}{
		"numbers and texts": {
			TypeCron,
			args{"hour": 2, "minute": int64(30), "second": 0.0, "day": json.Number("1"), "month": " jan-mar "},
			"Asia/Kathmandu",
			Schedule{Type: TypeCron, Cron: CronFields{Month: "jan-mar", Day: "1", Hour: "2", Minute: "30", Second: "0"}, Timezone: "Asia/Kathmandu"},
		},
		"null is absent": {
			TypeCron,
			args{"hour": "2", "minute": nil, "expression": nil, "start_date": nil, "timezone": nil},
			"",
			Schedule{Type: TypeCron, Cron: CronFields{Hour: "2"}},
		},
		"an expression": {
			TypeCron,
			args{"expression": "30 2 * * mon-fri"},
			"UTC",
			Schedule{Type: TypeCron, Cron: CronFields{"*", "*", "*", "*", "mon-fri", "2", "30", "0"}, Timezone: "UTC"},
		},
		"bounds": {
			TypeCron,
			args{"hour": 2, "start_date": " 2026-01-01 ", "end_date": "2026-12-31T23:59:59Z"},
			"UTC",
			Schedule{Type: TypeCron, Cron: CronFields{Hour: "2"}, StartDate: "2026-01-01", EndDate: "2026-12-31T23:59:59Z", Timezone: "UTC"},
		},
		"the zone among the args": {
			TypeCron, args{"hour": 2, "timezone": "Asia/Tokyo"}, "", Schedule{Type: TypeCron, Cron: CronFields{Hour: "2"}, Timezone: "Asia/Tokyo"},
		},
		"the zone beside the args wins": {
			TypeCron, args{"hour": 2, "timezone": "nowhere"}, "UTC", Schedule{Type: TypeCron, Cron: CronFields{Hour: "2"}, Timezone: "UTC"},
		},
		"arguments of the code are not looked at": {
			TypeCron, args{"hour": 2, "args": 7}, "UTC", Schedule{Type: TypeCron, Cron: CronFields{Hour: "2"}, Timezone: "UTC"},
		},
		"units": {
			TypeInterval,
			args{"weeks": 1, "days": "02", "hours": 3.0, "minutes": json.Number("4"), "seconds": json.Number("5e0"), "start_date": "2026-01-01"},
			"UTC",
			Schedule{Type: TypeInterval, Interval: Units{1, 2, 3, 4, 5}, StartDate: "2026-01-01", Timezone: "UTC"},
		},
		"a date": {
			TypeDate, args{"run_date": " 2026-12-24 18:00 "}, "UTC", Schedule{Type: TypeDate, RunDate: "2026-12-24 18:00", Timezone: "UTC"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseSchedule(tt.typ, tt.args, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFaultyValuesAreNamedWithAdvice(t *testing.T) {
	type args = map[string]any
	const (
		dates = "write a date such as 2026-12-24, 2026-12-24 18:00:00 or 2026-12-24T18:00:00+01:00"
		cron  = "year, month, day, week, day_of_week, hour, minute, second, expression, start_date, end_date, dst"
	)
	tests := map[string]struct {
		typ  Type
		args args
		zone string
		want []FieldError
	}{
		"no type":            {"", args{}, "UTC", []FieldError{{"type", "is missing; write cron, interval or date"}}},
		"an unknown type":    {"hourly", args{}, "UTC", []FieldError{{"type", `"hourly" is no type of trigger; write cron, interval or date`}}},
		"a flag for a field": {TypeCron, args{"hour": true}, "UTC", []FieldError{{"hour", "must be a text or a whole number; write *, */5, 0 to 23, 8-18, 8-18/2 or a list of these"}}},
		"a fraction":         {TypeCron, args{"minute": 1.5}, "UTC", []FieldError{{"minute", "must be a text or a whole number; write *, */5, 0 to 59, 8-18, 8-18/2 or a list of these"}}},
		"an empty field":     {TypeCron, args{"week": " "}, "UTC", []FieldError{{"week", "is empty; write * for every value, or leave it out"}}},
		"an empty item":      {TypeCron, args{"day": "1,,2"}, "UTC", []FieldError{{"day", `has an empty item in its list "1,,2"; write items with one comma between them`}}},
		"0 is Monday":        {TypeCron, args{"day_of_week": 7}, "UTC", []FieldError{{"day_of_week", `"7" is outside 0 to 6, where 0 is Monday; names such as sun are clearer`}}},
		"a step of one":      {TypeCron, args{"hour": "23/1"}, "UTC", []FieldError{{"hour", `"23/1" has a step but a range of one value; write 23`}}},
		"a step too long":    {TypeCron, args{"hour": "8-18/11"}, "UTC", []FieldError{{"hour", `"8-18/11" needs a step from 1 to 10`}}},
		"a step of words":    {TypeCron, args{"hour": "*/x"}, "UTC", []FieldError{{"hour", `"*/x" is not understood; write *, */5, 0 to 23, 8-18, 8-18/2 or a list of these`}}},
		"a step after names": {TypeCron, args{"month": "jan-jun/2"}, "UTC", []FieldError{{"month", `"jan-jun/2" is not understood; write *, 1 to 12, jan to dec, jun-aug, */3 or a list of these`}}},
		"a name and number":  {TypeCron, args{"month": "jan-3"}, "UTC", []FieldError{{"month", `"jan-3" is not understood; write *, 1 to 12, jan to dec, jun-aug, */3 or a list of these`}}},
		"a long name":        {TypeCron, args{"day": "last friday"}, "UTC", []FieldError{{"day", `"last friday" is not a name that is known here; write fri`}}},
		"names backwards":    {TypeCron, args{"month": "nov-feb"}, "UTC", []FieldError{{"month", `"nov-feb" runs backwards; write nov-dec,jan-feb`}}},
		"quotes":             {TypeCron, args{"hour": `"2"`}, "UTC", []FieldError{{"hour", `"\"2\"" must be written without quotes`}}},
		"a comment":          {TypeCron, args{"hour": "2 # night"}, "UTC", []FieldError{{"hour", `"2 # night": "#" is not part of a value; write a comment on a line of its own`}}},
		"a long list":        {TypeCron, args{"minute": strings.Repeat("1,", 500) + "1"}, "UTC", []FieldError{{"minute", "is longer than 1000 characters; write ranges and steps such as 0-5 or */2"}}},
		"beyond all floats":  {TypeCron, args{"hour": json.Number("1e400")}, "UTC", []FieldError{{"hour", "must be a text or a whole number; write *, */5, 0 to 23, 8-18, 8-18/2 or a list of these"}}},
		"a year of words":    {TypeCron, args{"year": "next"}, "UTC", []FieldError{{"year", `"next" is not understood; write *, 2027, 2027-2030 or a list of these`}}},
		"a bad expression":   {TypeCron, args{"expression": "1 2 3"}, "UTC", []FieldError{{"expression", `"1 2 3" has 3 fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily`}}},
		"an expression and fields": {
			TypeCron,
			args{"expression": "@daily", "minute": 1, "hour": 2},
			"UTC",
			[]FieldError{{"expression", "stands alone; leave out hour and the other fields, or leave out expression"}},
		},
		"a date of words":      {TypeCron, args{"start_date": "tomorrow"}, "UTC", []FieldError{{"start_date", `"tomorrow" is not a date that is understood; ` + dates}}},
		"an empty date":        {TypeCron, args{"end_date": ""}, "UTC", []FieldError{{"end_date", "is empty; write a value, or leave it out"}}},
		"a date as a number":   {TypeCron, args{"end_date": 20261224}, "UTC", []FieldError{{"end_date", "must be a text"}}},
		"no date":              {TypeDate, args{}, "UTC", []FieldError{{"run_date", "is missing; " + dates}}},
		"a bad date":           {TypeDate, args{"run_date": "2026-02-29"}, "UTC", []FieldError{{"run_date", "there is no day 29 in that month"}}},
		"a date with a start":  {TypeDate, args{"run_date": "2026-12-24", "start_date": "2026-01-01"}, "UTC", []FieldError{{"start_date", "belongs to the type cron; a date schedule takes run_date"}}},
		"no units":             {TypeInterval, args{}, "UTC", []FieldError{{"", "the interval is zero; write at least one unit above 0, such as seconds=15"}}},
		"zero of one unit":     {TypeInterval, args{"hours": 0}, "UTC", []FieldError{{"hours", "the interval is zero; write at least one unit above 0, such as seconds=15"}}},
		"zero of two units":    {TypeInterval, args{"hours": 0, "days": 0}, "UTC", []FieldError{{"", "the interval is zero; write at least one unit above 0, such as seconds=15"}}},
		"below zero":           {TypeInterval, args{"hours": -1}, "UTC", []FieldError{{"hours", "is negative; write a whole number, 0 or above"}}},
		"half an hour":         {TypeInterval, args{"hours": 0.5}, "UTC", []FieldError{{"hours", "must be a whole number such as 15"}}},
		"101 years":            {TypeInterval, args{"days": 36526}, "UTC", []FieldError{{"days", "is more than 100 years; write a smaller number"}}},
		"101 years in two":     {TypeInterval, args{"days": 36525, "seconds": 1}, "UTC", []FieldError{{"", "the units add up to more than 100 years; write smaller numbers"}}},
		"beyond 64 bits":       {TypeInterval, args{"seconds": "99999999999999999999"}, "UTC", []FieldError{{"seconds", "is more than 100 years; write a smaller number"}}},
		"a misspelt unit":      {TypeInterval, args{"minute": 5}, "UTC", []FieldError{{"minute", "is not a key of an interval schedule; did you mean minutes?"}}},
		"a key of a cron":      {TypeInterval, args{"seconds": 5, "day_of_week": "mon"}, "UTC", []FieldError{{"day_of_week", "belongs to the type cron; an interval schedule takes weeks, days, hours, minutes, seconds, start_date, end_date"}}},
		"a key of no type":     {TypeCron, args{"colour": "red"}, "UTC", []FieldError{{"colour", "is not a key of a cron schedule; it takes " + cron}}},
		"a dst of no kind":     {TypeCron, args{"hour": 1, "dst": "off"}, "UTC", []FieldError{{"dst", `"off" is not known; write default or literal`}}},
		"a dst of an interval": {TypeInterval, args{"hours": 1, "dst": "literal"}, "UTC", []FieldError{{"dst", "belongs to the type cron; an interval schedule takes weeks, days, hours, minutes, seconds, start_date, end_date"}}},
		"an unknown zone":      {TypeCron, args{"hour": 1, "timezone": "utc"}, "", []FieldError{{"timezone", `"utc" is no time zone; write UTC`}}},
		"a zone of no text":    {TypeCron, args{"hour": 1, "timezone": 1}, "", []FieldError{{"timezone", "must be a text"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.typ, tt.args, tt.zone)
			if diff := cmp.Diff(tt.want, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if s != (Schedule{}) {
				t.Errorf("refused, yet %+v", s)
			}
		})
	}
}

func TestEveryFaultyValueIsNamedInTheOrderOfTheForm(t *testing.T) {
	for _, typ := range []Type{TypeCron, TypeInterval, TypeDate} {
		t.Run(string(typ), func(t *testing.T) {
			args := map[string]any{"zzz": 1, "aaa": 1, "timezone": "nowhere"}
			for _, key := range TriggerKeys(typ) {
				args[key] = []any{}
			}
			_, err := ParseSchedule(typ, args, "")
			var got []string
			for _, f := range refused(t, err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(append(TriggerKeys(typ), "timezone", "aaa", "zzz"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestKeysOfTheTypesAreInTheOrderOfTheForm(t *testing.T) {
	want := map[Type][]string{
		TypeCron:     {"year", "month", "day", "week", "day_of_week", "hour", "minute", "second", "expression", "start_date", "end_date", "dst"},
		TypeInterval: {"weeks", "days", "hours", "minutes", "seconds", "start_date", "end_date"},
		TypeDate:     {"run_date"},
		"other":      nil,
	}
	for typ, keys := range want {
		if diff := cmp.Diff(keys, TriggerKeys(typ)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", typ, diff)
		}
	}
}

func TestAbsentKeysGetTheirDefaults(t *testing.T) {
	type args = map[string]any
	tests := map[string]struct {
		typ      Type
		in, want args
	}{
		"no field": {TypeCron, nil, args{
			"year": "*", "month": "*", "day": "*", "week": "*", "day_of_week": "*", "hour": "*", "minute": "*", "second": "5",
		}},
		"an hour": {TypeCron, args{"hour": 2}, args{
			"year": "*", "month": "*", "day": "*", "week": "*", "day_of_week": "*", "hour": 2, "minute": "*", "second": "5",
		}},
		"null fields": {TypeCron, args{"minute": nil, "second": nil, "expression": nil}, args{
			"year": "*", "month": "*", "day": "*", "week": "*", "day_of_week": "*", "hour": "*", "minute": nil, "second": nil, "expression": nil,
		}},
		"an expression":  {TypeCron, args{"expression": "@daily"}, args{"expression": "@daily"}},
		"no unit":        {TypeInterval, args{"start_date": "2026-01-01"}, args{"start_date": "2026-01-01", "seconds": int64(10)}},
		"another unit":   {TypeInterval, args{"hours": 1}, args{"hours": 1}},
		"a null unit":    {TypeInterval, args{"hours": nil}, args{"hours": nil}},
		"a date":         {TypeDate, args{"run_date": "2026-01-01"}, args{"run_date": "2026-01-01"}},
		"unknown is not": {"other", args{"x": 1}, args{"x": 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := len(tt.in)
			if diff := cmp.Diff(tt.want, FillDefaults(tt.typ, tt.in)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(tt.in) != before {
				t.Errorf("the caller's map is now %v", tt.in)
			}
		})
	}
}

// A schedule may come from a database that an older or a foreign program wrote.
func TestTriggerOfAScheduleThatParsingWouldNotMakeIsRefused(t *testing.T) {
	const cannot = " is not a date that is understood; write a date such as 2026-12-24, 2026-12-24 18:00:00 or 2026-12-24T18:00:00+01:00"
	tests := map[string]struct {
		in   Schedule
		want []FieldError
	}{
		"no type":        {Schedule{}, []FieldError{{"type", "is missing; write cron, interval or date"}}},
		"a foreign type": {Schedule{Type: "hourly"}, []FieldError{{"type", `"hourly" is no type of trigger; write cron, interval or date`}}},
		"a lost zone":    {Schedule{Type: TypeCron, Timezone: "Europe/Atlantis"}, []FieldError{{"timezone", `"Europe/Atlantis" is no time zone; write an IANA name such as Europe/Berlin, America/New_York or UTC`}}},
		"bad fields": {
			Schedule{Type: TypeCron, Cron: CronFields{Hour: "24", Second: "60"}, EndDate: "never"},
			[]FieldError{{"hour", `"24" is outside 0 to 23`}, {"second", `"60" is outside 0 to 59`}, {"end_date", `"never"` + cannot}},
		},
		"bad units": {
			Schedule{Type: TypeInterval, Interval: Units{Hours: -1, Days: 1 << 40}, StartDate: "now"},
			[]FieldError{{"days", "is more than 100 years; write a smaller number"}, {"hours", "is negative; write a whole number, 0 or above"}, {"start_date", `"now"` + cannot}},
		},
		"no date": {Schedule{Type: TypeDate}, []FieldError{{"run_date", `""` + cannot}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			trigger, err := NewTrigger(tt.in, benchNow)
			if diff := cmp.Diff(tt.want, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if trigger != nil {
				t.Errorf("refused, yet %v", trigger)
			}
			for _, text := range []string{tt.in.Words(), tt.in.Frequency(), tt.in.Expression()} {
				checkShown(t, text)
			}
			if w := tt.in.Warnings(benchNow); w != nil {
				t.Errorf("warnings %q", w)
			}
		})
	}
}

// checkShown looks at a text that may be empty but is shown as it is.
func checkShown(t *testing.T, text string) {
	t.Helper()
	if text != "" {
		checkSentence(t, text)
	}
}

func TestScheduleSurvivesJSON(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		text, err := json.Marshal(s.schedule)
		if err != nil {
			t.Fatal(err)
		}
		var got Schedule
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.schedule, got); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", text, diff)
		}
	})
}

func TestOnlyCronTakesTheClockLiterally(t *testing.T) {
	tests := map[string]struct {
		text string
		typ  Type
		want DST
		err  []FieldError
	}{
		"default":                {"default", TypeCron, DSTDefault, nil},
		"literal":                {" literal ", TypeCron, DSTLiteral, nil},
		"default of an interval": {"default", TypeInterval, DSTDefault, nil},
		"an interval":            {"literal", TypeInterval, DSTDefault, []FieldError{{"dst", "belongs to the type cron; leave it out of an interval schedule"}}},
		"a date":                 {"literal", TypeDate, DSTDefault, []FieldError{{"dst", "belongs to the type cron; leave it out of a date schedule"}}},
		"another word":           {"twice", TypeCron, DSTDefault, []FieldError{{"dst", `"twice" is not known; write default or literal`}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseDST(tt.text, tt.typ)
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if tt.err == nil && err == nil {
				return
			}
			if diff := cmp.Diff(tt.err, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A time that the clock of the zone always skips is due by default, and never
// when the clock is taken literally.
func TestALiteralScheduleThatNeverComesIsRefused(t *testing.T) {
	s := Schedule{Type: TypeCron, Timezone: "Europe/Berlin", Cron: CronFields{Year: "2027", Month: "3", Day: "28", Hour: "2", Minute: "30"}}
	if _, err := NewTrigger(s, time.Time{}); err != nil {
		t.Errorf("by default: %v", err)
	}
	s.DST = DSTLiteral
	_, err := NewTrigger(s, time.Time{})
	want := []FieldError{{"day", "clocks in Europe/Berlin skip what fits day=28 and month=3 and year=2027"}}
	if diff := cmp.Diff(want, refused(t, err)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
