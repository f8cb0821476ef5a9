package cronsole

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// What people write is either understood, or refused with a sentence that can
// be shown as it is. What is understood can be written out and read again.

// checkSentence looks at a message: one line that is not too long to be shown,
// with nothing in it that a terminal or a browser would act upon.
func checkSentence(t *testing.T, message string) {
	t.Helper()
	const most = 6 * maxFieldText // all date fields at their longest
	if message == "" || len(message) > most || !utf8.ValidString(message) || strings.ContainsFunc(message, unicode.IsControl) {
		t.Errorf("message %q", message)
	}
}

// checkInvalid looks at a refusal: an *Error that says for every value what is
// wrong. One field may be without a name, when no single value is at fault.
func checkInvalid(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != Invalid || len(e.Fields) == 0 {
		t.Fatalf("error %#v, want an *Error of kind Invalid with fields", err)
	}
	checkSentence(t, e.Message)
	for _, f := range e.Fields {
		checkSentence(t, f.Message)
	}
}

func FuzzField(f *testing.F) {
	for _, s := range []string{
		"*", "*/5", "0", "59", "1-5", "1-31/2", "5/10", "jan", "MON-fri", "last", "2nd fri", "last  sun", "1st mon,last", "1,2, 3",
		"", ",", "1,,2", "60", "5-1", "*/0", "*/99", "1-", "-1", "L", "15W", "fri#2", "5L", "?", "monday", "@daily", `"1"`, "99999999999999999999", "١",
	} {
		for field := range byte(fieldCount) {
			f.Add(field, s)
		}
	}
	specs := []*fieldSpec{&crontabWeekday}
	for i := range fieldSpecs {
		specs = append(specs, &fieldSpecs[i])
	}
	f.Fuzz(func(t *testing.T, field byte, text string) {
		spec := specs[int(field)%len(specs)]
		elements, err := parseField(spec, text)
		if err != nil {
			checkSentence(t, err.Error())
			return
		}
		written := canonical(spec, elements)
		again, err := parseField(spec, written)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, written, err)
		}
		if diff := cmp.Diff(elements, again, cmp.AllowUnexported(element{})); diff != "" {
			t.Errorf("%q is written as %q (-read +read again)\n%s", text, written, diff)
		}
		for _, e := range elements {
			if e.kind == kindNumbers && (e.lo < spec.min || e.hi > spec.max || e.lo > e.hi || e.step < 1) {
				t.Errorf("%q gives %+v", text, e)
			}
		}
	})
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{
		"0 0 * * *", "30 2 * * mon-fri", "*/15 9-17 * * 1-5", "5 4 * * sun", "0 22 * * 5-7", "0 0 1,15 * *", "0 0 last * *", "*/10 * * * * *",
		"0 30 2 * * mon-fri 2027", "0 0 0 29 2 * 2028/4", "@daily", "@WEEKLY", "@reboot", "@every 5m", "CRON_TZ=UTC 0 0 * * *", "0 0 13 * fri",
		"0 0 * * 5L", "0 0 L * *", "0 0 15W * *", "0 0 * * fri#2", "", "* * * *", "0 0 * * fri-tue", "0 0 1-31 * 0-7", "? ? ? ? ?",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		fields, err := ExpandExpression(expr)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		for i, text := range fields.values() {
			if text == "" {
				t.Errorf("%s is empty", fieldSpecs[i].name)
			}
		}
		s, err := ParseSchedule(TypeCron, map[string]any{"expression": expr}, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		checkWrittenOut(t, s)
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{
		"2026-12-24", "2026-12-24 18:00:00", "2026-12-24T18:00", "2026-12-24T18:00:00.5+01:00", "2026-1-2 3:4:5", "2027-03-28 02:30", "9999-12-31T23:59:59-23:59",
		"0001-01-01", "2026-02-29", "2026-13-01", "0000-01-01", "2026-12-24 24:00:00", "24.12.2026", "2026-12-24 18", "2026-12-24Z", "2026-12-24T18:00:60Z", "2026-12-24 18:00:00.123456",
	} {
		f.Add(s)
	}
	layouts := []string{"2006-1-2", "2006-1-2 15:4", "2006-1-2 15:4:5", "2006-1-2 15:4Z07:00", "2006-1-2 15:4:5Z07:00"}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDate(text)
		if err != nil {
			checkSentence(t, err.Error())
			return
		}
		got := d.in(&zone{loc: time.UTC, segs: []segment{{}}})
		for _, layout := range layouts {
			want, err := time.Parse(layout, strings.Replace(text, "T", " ", 1))
			if err == nil {
				if got != instantOf(want) {
					t.Errorf("%q is %v, want %s", text, got, want)
				}
				break
			}
			if layout == layouts[len(layouts)-1] {
				t.Errorf("%q is no date that package time knows", text)
			}
		}
		checkWrittenOut(t, Schedule{Type: TypeDate, RunDate: text, Timezone: "Australia/Lord_Howe"})
	})
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{
		"0", "0s", "90s", "15m", "2h", "1d", "1h30m", "500ms", "1d12h", "36525d", "36526d", "36525d876600h52596000m", "", "15", "1.5h", "-5m", "5 m", "30m1h", "99999999999999999999s", "1w",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			checkSentence(t, err.Error())
			return
		}
		if d < 0 || time.Duration(d) > maxDuration {
			t.Errorf("%q is %d ns", text, d)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%q is written as %s and read as %s, %v", text, d, again, err)
		}
	})
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []struct{ typ, args, zone string }{
		{"cron", `{"hour": 2, "minute": "30"}`, "Europe/Berlin"},
		{"cron", `{"year": "2028", "month": "feb", "day": "29", "hour": "*/2"}`, "Australia/Lord_Howe"},
		{"cron", `{"day": "2nd fri, last sun", "hour": 18, "start_date": "2026-01-01", "end_date": "2027-01-01 12:00"}`, "America/Sao_Paulo"},
		{"cron", `{"week": 20, "day_of_week": "mon", "second": null}`, ""},
		{"cron", `{"expression": "0 30 2 * * mon-fri", "timezone": "Asia/Kathmandu"}`, ""},
		{"cron", `{"month": 2, "day": 30}`, "UTC"},
		{"cron", `{"hour": true, "minute": 1.5, "second": [], "wek": 1}`, "Local"},
		{"interval", `{"minutes": 90}`, "UTC"},
		{"interval", `{"weeks": "1", "seconds": 1e3, "start_date": "2026-03-05T09:00:00.5Z"}`, "Africa/Casablanca"},
		{"interval", `{"days": 0}`, "UTC"},
		{"interval", `{"days": -1, "hours": 99999999999999999999, "minute": 5}`, "UTC"},
		{"date", `{"run_date": "2026-12-12T22:00:05.5-02:00"}`, "Pacific/Apia"},
		{"date", `{"run_date": "tomorrow", "hour": 1}`, "europe/berlin"},
		{"", `{}`, ""},
	} {
		f.Add(s.typ, []byte(s.args), s.zone)
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte, zone string) {
		args := decodeObject(data)
		s, err := ParseSchedule(Type(typ), args, zone)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		checkWrittenOut(t, s)
	})
}

// decodeObject reads JSON as an API does; what cannot be read is no values.
func decodeObject(data []byte) map[string]any {
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}

var assignment = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|(\S+))`)

// checkWrittenOut looks at the texts of a schedule that was accepted. It can
// be stored and read, and what lists show for it means the same schedule.
func checkWrittenOut(t *testing.T, s Schedule) {
	t.Helper()
	if s.Expression() == "" || s.Frequency() == "" || s.Words() == "" {
		t.Fatalf("%+v is shown as %q, %q and %q", s, s.Expression(), s.Frequency(), s.Words())
	}
	stored, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var loaded Schedule
	if err := json.Unmarshal(stored, &loaded); err != nil || loaded != s {
		t.Fatalf("%s is read as %+v, %v", stored, loaded, err)
	}
	anchor := time.Date(2026, 11, 23, 11, 41, 12, 0, time.UTC)
	trigger, err := NewTrigger(s, anchor)
	if err != nil {
		checkInvalid(t, err)
		return
	}
	again := s
	switch expr := s.Expression(); {
	case s.Type == TypeCron && strings.Contains(expr, "="):
		again.Cron = readAssignments(t, expr)
	case s.Type == TypeCron:
		if again.Cron, err = ExpandExpression(expr); err != nil {
			t.Fatalf("%+v is shown as %q: %v", s, expr, err)
		}
	case s.Type == TypeDate && !strings.Contains(expr, "UTC"):
		again.RunDate = expr
	}
	if again.Expression() != s.Expression() {
		t.Errorf("%q is shown as %q", s.Expression(), again.Expression())
	}
	same, err := NewTrigger(again, anchor)
	if err != nil {
		t.Fatalf("%+v is shown as %q: %v", s, s.Expression(), err)
	}
	for _, after := range []time.Time{{}, anchor} {
		if diff := cmp.Diff(NextN(trigger, after, 3), NextN(same, after, 3)); diff != "" {
			t.Errorf("%+v is shown as %q (-schedule +shown)\n%s", s, s.Expression(), diff)
		}
	}
}

// readAssignments reads `week=20 hour=4 day="2nd fri"`.
func readAssignments(t *testing.T, text string) CronFields {
	t.Helper()
	args := map[string]any{}
	for _, m := range assignment.FindAllStringSubmatch(text, -1) {
		args[m[1]] = m[2] + m[3]
	}
	s, err := ParseSchedule(TypeCron, args, "UTC")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.Cron
}

func FuzzRules(f *testing.F) {
	for _, s := range []string{
		`{"jitter": "30s", "timeout": "2h", "overlap": "skip", "misfire": "run_once", "misfire_grace": "1m"}`,
		`{"keep_runs": 10, "keep_days": "7", "keep_bytes": "100MiB", "tags": ["a", "b"], "description": "line\nline"}`,
		`{"tags": "a, b ,a", "keep_bytes": 0, "timeout": 0}`,
		`{"jitter": "soon", "timeout": 5, "overlap": "perhaps", "misfire": "", "keep_runs": -1, "keep_days": 1e12, "keep_bytes": "1EB", "tags": [1], "description": 1, "timeuot": "1h"}`,
		`{"keep_bytes": "9999999999999GB", "tags": "a,,b", "description": "\u0000"}`,
		`{}`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := ParseRules(decodeObject(data), DefaultRules())
		if err != nil {
			checkInvalid(t, err)
			if diff := cmp.Diff(DefaultRules(), rules); diff != "" {
				t.Errorf("refused, yet changed (-want +got)\n%s", diff)
			}
			return
		}
		stored, err := json.Marshal(rules)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseRules(decodeObject(stored), Rules{})
		if err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		if diff := cmp.Diff(rules, again); diff != "" {
			t.Errorf("stored as %s (-want +got)\n%s", stored, diff)
		}
	})
}

func FuzzArgs(f *testing.F) {
	for _, s := range []string{
		`[]`, `["a b", 1, true, null, {"k": [1.5, "x"]}]`, `[9007199254740992]`, `[9007199254740993]`, `[1e400]`, `[-0]`, `["\u0000"]`, `{"a": 1}`, `"a"`, `null`, ``,
		`[1]]`, `[1] [2]`, `["\ud800"]`, strings.Repeat("[", 34) + strings.Repeat("]", 34), `["<a href='x'>&\u2028"]`, `[1.0, 1e2, 0.1]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args, err := ParseArgs(text)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		argv := Argv(args)
		if args == nil || len(argv) != len(args) || strings.Contains(strings.Join(argv, ""), "\x00") {
			t.Errorf("%q becomes %q", text, argv)
		}
		stored, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseArgs(string(stored))
		if err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		if !reflect.DeepEqual(again, args) { // go-cmp takes for ever on 32 levels
			t.Errorf("%q is stored as %s and read as %q", text, stored, again)
		}
	})
}
