package catalog

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// fileCase is one line of testdata/schedule-files.json.
type fileCase struct {
	ID      string
	Content string
	Base64  string `json:"content_base64"`
	Expect  *struct {
		Type     cronsole.Type
		Args     map[string]any
		Timezone string
	}
	Error *struct {
		Line int
		Key  string
	}
}

func (c fileCase) data(t testing.TB) []byte {
	t.Helper()
	if c.Base64 == "" {
		return []byte(c.Content)
	}
	data, err := base64.StdEncoding.DecodeString(c.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fileCases(t testing.TB) []fileCase {
	t.Helper()
	data, err := os.ReadFile("testdata/schedule-files.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []fileCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// plain is a value as JSON has it, so that int64 and float64 compare.
func plain(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestParseReadsEveryCase(t *testing.T) {
	cases := fileCases(t)
	if len(cases) != 63 {
		t.Fatalf("%d cases, want 63", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			p, fault := Parse(c.data(t))
			if c.Error != nil {
				if fault == nil {
					t.Fatalf("accepted, want an error in line %d, key %q", c.Error.Line, c.Error.Key)
				}
				if fault.Line != c.Error.Line || fault.Key != c.Error.Key {
					t.Errorf("line %d, key %q (%s), want line %d, key %q", fault.Line, fault.Key, fault.Message, c.Error.Line, c.Error.Key)
				}
				if fault.Message == "" {
					t.Error("the error has no message")
				}
				return
			}
			if fault != nil {
				t.Fatalf("line %d: %v", fault.Line, fault)
			}
			if p.Type != c.Expect.Type || p.Timezone != c.Expect.Timezone {
				t.Errorf("type %q, zone %q, want %q and %q", p.Type, p.Timezone, c.Expect.Type, c.Expect.Timezone)
			}
			if diff := cmp.Diff(plain(t, c.Expect.Args), plain(t, p.Args)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseKeepsUnitsAsIntegers(t *testing.T) {
	p, fault := Parse([]byte("interval\nhours=1\n"))
	if fault != nil {
		t.Fatal(fault)
	}
	if diff := cmp.Diff(map[string]any{"hours": int64(1)}, p.Args); diff != "" {
		t.Error(diff)
	}
}

func TestDefinitionHasDefaults(t *testing.T) {
	every := cronsole.CronFields{Year: "*", Month: "*", Day: "*", Week: "*", DayOfWeek: "*", Hour: "*", Minute: "*", Second: "5"}
	ten := every
	ten.Second = "*/10"
	rules := cronsole.DefaultRules()
	tests := map[string]struct {
		text string
		want cronsole.Schedule
		args []any
	}{
		"cron without fields": {"cron\n", cronsole.Schedule{Type: "cron", Cron: every, Timezone: "UTC"}, []any{}},
		"a given second":      {"cron\nsecond=*/10", cronsole.Schedule{Type: "cron", Cron: ten, Timezone: "UTC"}, []any{}},
		"interval without units": {
			"interval\ntimezone=Asia/Tokyo",
			cronsole.Schedule{Type: "interval", Interval: cronsole.Units{Seconds: 10}, Timezone: "Asia/Tokyo"},
			[]any{},
		},
		"interval with a unit": {"interval\nhours=2", cronsole.Schedule{Type: "interval", Interval: cronsole.Units{Hours: 2}, Timezone: "UTC"}, []any{}},
		"arguments of a date": {
			"date\nrun_date=2031-05-06\nargs=[\"a\", 1]",
			cronsole.Schedule{Type: "date", RunDate: "2031-05-06", Timezone: "UTC"},
			[]any{"a", float64(1)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, fault := Parse([]byte(tt.text))
			if fault != nil {
				t.Fatal(fault)
			}
			want := cronsole.Definition{Schedule: tt.want, Args: tt.args, Rules: rules, Source: cronsole.SourceFile}
			if diff := cmp.Diff(plain(t, want), plain(t, p.Definition)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpressionBecomesFields(t *testing.T) {
	p, fault := Parse([]byte("cron\nexpression=30 2 * * 1-5\n"))
	if fault != nil {
		t.Fatal(fault)
	}
	trigger, err := cronsole.NewTrigger(p.Definition.Schedule, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	// A Friday; the weekday numbers are cron's own.
	next := cronsole.NextN(trigger, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 2)
	want := []time.Time{time.Date(2027, 1, 1, 2, 30, 0, 0, time.UTC), time.Date(2027, 1, 4, 2, 30, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, next); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		text string
		line int
		key  string
		says string // part of the message
	}{
		"an empty file":                    {"", 1, "", "the type is missing"},
		"comments only":                    {"# a\n# b\n", 1, "", "the type is missing"},
		"a crontab line":                   {"30 2 * * *\n", 1, "", "expression=30 2 * * *"},
		"a type in upper case":             {"CRON\n", 1, "", "lower case: cron"},
		"the earlier of two faults":        {"cron\nhour=25\nfoo=1\n", 2, "hour", ""},
		"the earlier fault, other order":   {"cron\nfoo=1\nhour=25\n", 2, "foo", ""},
		"a bad value before bad bytes":     {"cron\nhour=25\n\xff\n", 2, "hour", ""},
		"a bad zone and a bad field":       {"cron\nhour=25\ntimezone=Mars\n", 2, "hour", ""},
		"a bad zone first":                 {"cron\ntimezone=Mars\nhour=25\n", 2, "timezone", ""},
		"a line before the whole":          {"date\nfoo=1\n", 2, "foo", ""},
		"all units zero":                   {"interval\n# c\nminutes=0\nseconds=0\n", 3, "minutes", ""},
		"a unit beyond numbers":            {"interval\nweeks=99999999999999999999\n", 2, "weeks", "too large"},
		"a unit beyond a century":          {"interval\nweeks=99999999\n", 2, "weeks", ""},
		"a date that never comes":          {"cron\nmonth=2\nday=30\n", 3, "day", ""},
		"a key of another type":            {"date\nrun_date=2031-01-01\nhour=3\n", 3, "hour", "belongs to type cron"},
		"a slip of the finger":             {"cron\nmisfre_grace=60s\n", 2, "misfre_grace", "did you mean misfire_grace?"},
		"a word of another scheduler":      {"cron\ntz=UTC\n", 2, "tz", "did you mean timezone?"},
		"a key that is not built yet":      {"cron\npace=fixed_delay\n", 2, "pace", "is not a key of a cron schedule"},
		"a key of nobody":                  {"cron\ncommand=rm -rf /\n", 2, "command", "is not a key"},
		"expression beside a field":        {"cron\nexpression=@daily\nhour=3\n", 2, "expression", ""},
		"expression of an interval":        {"interval\nexpression=@daily\n", 2, "expression", "belongs to type cron"},
		"arguments that are no list":       {"cron\nargs={\"a\":1}\n", 2, "args", ""},
		"an unknown isolation":             {"cron\nisolation=docker\n", 2, "isolation", "process or inline"},
		"a wrong name in pass_env":         {"cron\npass_env=PATH,,HOME\n", 2, "pass_env", ""},
		"the console's own in pass_env":    {"cron\npass_env=CRONSOLE_DATA\n", 2, "pass_env", "belong to the console"},
		"a word for enabled":               {"cron\nenabled=yes\n", 2, "enabled", "true or false"},
		"an overlap that does not exist":   {"cron\noverlap=maybe\n", 2, "overlap", ""},
		"a timeout that is none":           {"cron\ntimeout=soon\n", 2, "timeout", ""},
		"a byte order mark further on":     {"cron\nhour=\ufeff3\n", 2, "", "byte order mark"},
		"an escape sequence":               {"cron\ndescription=\x1b[31m\n", 2, "", "control character"},
		"a longer file than anybody needs": {"cron\n" + strings.Repeat("#\n", MaxScheduleBytes), 1, "", "64 KiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, fault := Parse([]byte(tt.text))
			if fault == nil {
				t.Fatal("accepted")
			}
			if fault.Line != tt.line || fault.Key != tt.key || !strings.Contains(fault.Message, tt.says) {
				t.Errorf("line %d, key %q: %s; want line %d, key %q and %q", fault.Line, fault.Key, fault.Message, tt.line, tt.key, tt.says)
			}
		})
	}
}

func TestParseReadsTheOtherKeys(t *testing.T) {
	p, fault := Parse([]byte("cron\ntimeout=15m\njitter=30s\ntags=nightly, db\ndescription=Makes = sense # indeed\n" +
		"keep_runs=10\nisolation=inline\npass_env=HTTP_PROXY, API_TOKEN,HTTP_PROXY\nenabled=false\n"))
	if fault != nil {
		t.Fatalf("line %d: %v", fault.Line, fault)
	}
	want := cronsole.DefaultRules()
	want.Timeout, want.Jitter = cronsole.Duration(15*time.Minute), cronsole.Duration(30*time.Second)
	want.Tags, want.Description, want.KeepRuns = []string{"nightly", "db"}, "Makes = sense # indeed", 10
	if diff := cmp.Diff(want, p.Definition.Rules); diff != "" {
		t.Error(diff)
	}
	if p.Enabled || p.Isolation != cronsole.IsolationInline {
		t.Errorf("enabled %v, isolation %q", p.Enabled, p.Isolation)
	}
	if diff := cmp.Diff([]string{"HTTP_PROXY", "API_TOKEN"}, p.PassEnv); diff != "" {
		t.Error(diff)
	}
}

// A slip in one line must not change how a job that is already scheduled runs.
func TestCodeKeysSurviveAFaultElsewhere(t *testing.T) {
	p, fault := Parse([]byte("cron\nhour=25\npass_env=TOKEN\nisolation=inline\n"))
	if fault == nil || fault.Line != 2 {
		t.Fatalf("fault %v", fault)
	}
	if p.Isolation != cronsole.IsolationInline || !cmp.Equal(p.PassEnv, []string{"TOKEN"}) {
		t.Errorf("isolation %q, pass_env %q", p.Isolation, p.PassEnv)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range fileCases(f) {
		f.Add(c.data(f))
	}
	f.Add([]byte("cron\r\rexpression=@daily\rargs=[null]\r\n"))
	f.Add([]byte("date\nrun_date=2031-01-01\ntags=a,b\npass_env=A,B\nenabled=false"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, fault := Parse(data)
		if fault == nil {
			if _, err := cronsole.NewTrigger(p.Definition.Schedule, time.Unix(0, 0)); err != nil {
				t.Fatalf("accepted, but there is no trigger: %v", err)
			}
			return
		}
		if lines := len(splitLines(data)); fault.Line < 1 || fault.Line > lines {
			t.Fatalf("line %d of %d", fault.Line, lines)
		}
		if fault.Message == "" {
			t.Fatal("no message")
		}
	})
}
