package cronsole

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRulesAreReadOverTheDefaults(t *testing.T) {
	tests := map[string]struct {
		in   map[string]any
		want func(r *Rules)
	}{
		"nothing":               {nil, func(*Rules) {}},
		"null keeps":            {map[string]any{"timeout": nil, "tags": nil, "description": nil, "overlap": nil, "keep_runs": nil, "keep_bytes": nil}, func(*Rules) {}},
		"jitter":                {map[string]any{"jitter": "30s"}, func(r *Rules) { r.Jitter = Duration(30 * time.Second) }},
		"timeout":               {map[string]any{"timeout": " 2h "}, func(r *Rules) { r.Timeout = Duration(2 * time.Hour) }},
		"no timeout":            {map[string]any{"timeout": "0"}, func(r *Rules) { r.Timeout = 0 }},
		"zero as a number":      {map[string]any{"timeout": json.Number("0"), "jitter": 0, "misfire_grace": 0.0}, func(r *Rules) { r.Timeout, r.MisfireGrace = 0, 0 }},
		"overlap skip":          {map[string]any{"overlap": "skip"}, func(r *Rules) { r.Overlap = OverlapSkip }},
		"overlap queue_one":     {map[string]any{"overlap": "queue_one"}, func(r *Rules) { r.Overlap = OverlapQueueOne }},
		"overlap allow":         {map[string]any{"overlap": "allow", "max_instances": "3"}, func(r *Rules) { r.Overlap, r.MaxInstances = OverlapAllow, 3 }},
		"overlap replace":       {map[string]any{"overlap": " replace "}, func(r *Rules) { r.Overlap = OverlapReplace }},
		"misfire skip":          {map[string]any{"misfire": "skip"}, func(r *Rules) { r.Misfire = MisfireSkip }},
		"misfire run_once":      {map[string]any{"misfire": "run_once", "misfire_grace": "5m"}, func(r *Rules) { r.MisfireGrace = Duration(5 * time.Minute) }},
		"max_runs":              {map[string]any{"max_runs": "3"}, func(r *Rules) { r.MaxRuns = 3 }},
		"misfire run_all":       {map[string]any{"misfire": "run_all", "catchup_window": "2d", "catchup_limit": 1000}, func(r *Rules) { r.Misfire, r.CatchupWindow, r.CatchupLimit = MisfireRunAll, 2*Duration(day), 1000 }},
		"keep_runs":             {map[string]any{"keep_runs": 10, "keep_days": " 7 "}, func(r *Rules) { r.KeepRuns, r.KeepDays = 10, 7 }},
		"no limits":             {map[string]any{"keep_runs": 0, "keep_days": "0", "keep_bytes": "0"}, func(r *Rules) { r.KeepRuns, r.KeepDays, r.KeepBytes = 0, 0, 0 }},
		"the largest limits":    {map[string]any{"keep_runs": maxKept, "keep_bytes": json.Number("1125899906842624")}, func(r *Rules) { r.KeepRuns, r.KeepBytes = maxKept, maxKeptBytes }},
		"bytes":                 {map[string]any{"keep_bytes": 5000}, func(r *Rules) { r.KeepBytes = 5000 }},
		"B":                     {map[string]any{"keep_bytes": "5000B"}, func(r *Rules) { r.KeepBytes = 5000 }},
		"kB":                    {map[string]any{"keep_bytes": "5kB"}, func(r *Rules) { r.KeepBytes = 5000 }},
		"KB":                    {map[string]any{"keep_bytes": "5 KB"}, func(r *Rules) { r.KeepBytes = 5000 }},
		"KiB":                   {map[string]any{"keep_bytes": "5KiB"}, func(r *Rules) { r.KeepBytes = 5 << 10 }},
		"MB":                    {map[string]any{"keep_bytes": "5MB"}, func(r *Rules) { r.KeepBytes = 5e6 }},
		"MiB":                   {map[string]any{"keep_bytes": " 5 MiB "}, func(r *Rules) { r.KeepBytes = 5 << 20 }},
		"GB":                    {map[string]any{"keep_bytes": "5GB"}, func(r *Rules) { r.KeepBytes = 5e9 }},
		"GiB":                   {map[string]any{"keep_bytes": "1048576GiB"}, func(r *Rules) { r.KeepBytes = maxKeptBytes }},
		"tags as a text":        {map[string]any{"tags": "b, a ,b"}, func(r *Rules) { r.Tags = []string{"b", "a"} }},
		"tags as a list":        {map[string]any{"tags": []any{"night", " back up "}}, func(r *Rules) { r.Tags = []string{"night", "back up"} }},
		"tags of a form":        {map[string]any{"tags": []string{"größe"}}, func(r *Rules) { r.Tags = []string{"größe"} }},
		"a tag of 40 letters":   {map[string]any{"tags": strings.Repeat("ß", maxTag)}, func(r *Rules) { r.Tags = []string{strings.Repeat("ß", maxTag)} }},
		"no tags":               {map[string]any{"tags": " "}, func(r *Rules) { r.Tags = nil }},
		"description":           {map[string]any{"description": " two\nlines\t"}, func(r *Rules) { r.Description = "two\nlines" }},
		"500 letters":           {map[string]any{"description": strings.Repeat("ß", maxDescription)}, func(r *Rules) { r.Description = strings.Repeat("ß", maxDescription) }},
		"an empty description":  {map[string]any{"description": ""}, func(*Rules) {}},
		"one tag twice is once": {map[string]any{"tags": strings.Repeat("a,", 100) + "a"}, func(r *Rules) { r.Tags = []string{"a"} }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := DefaultRules()
			tt.want(&want)
			got, err := ParseRules(tt.in, DefaultRules())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// An edit that leaves a key out keeps it, one that empties it clears it.
func TestRulesAreReadOverThoseOfTheJob(t *testing.T) {
	base := Rules{
		Jitter: 1, Timeout: 2, Overlap: OverlapAllow, MaxInstances: 3, Misfire: MisfireRunAll, MisfireGrace: 4, CatchupWindow: 5, CatchupLimit: 6,
		KeepRuns: 7, KeepDays: 8, KeepBytes: 9, Tags: []string{"a"}, Description: "d",
	}
	got, err := ParseRules(map[string]any{"keep_runs": 40}, base)
	if err != nil {
		t.Fatal(err)
	}
	want := base
	want.KeepRuns = 40
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("one key (-want +got)\n%s", diff)
	}
	got, err = ParseRules(map[string]any{"tags": []any{}, "description": "", "jitter": "0"}, base)
	if err != nil {
		t.Fatal(err)
	}
	want = base
	want.Tags, want.Description, want.Jitter = nil, "", 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cleared (-want +got)\n%s", diff)
	}
}

func TestRulesThatCannotBeUsedSayWhatToWrite(t *testing.T) {
	keys := strings.Join(RuleKeys(), ", ")
	tests := map[string]struct {
		key   string
		value any
		want  string
	}{
		"jitter without unit":     {"jitter", "15", `"15" lacks a unit; write 15s, 15m, 15h or 15d`},
		"timeout as a number":     {"timeout", 90, "must be a text with a unit; write 90s, 15m, 2h or 1d"},
		"timeout as a fraction":   {"timeout", 0.5, "must be a text with a unit; write 90s, 15m, 2h or 1d"},
		"timeout as a list":       {"timeout", []any{}, "must be a text with a unit; write 90s, 15m, 2h or 1d"},
		"timeout of 101 years":    {"timeout", "40000d", `"40000d" is longer than 100 years`},
		"an empty timeout":        {"timeout", "", `"" is no length of time; write 90s, 15m, 2h, 1d or 1h30m`},
		"grace below zero":        {"misfire_grace", "-1m", `"-1m" is no length of time; write 90s, 15m, 2h, 1d or 1h30m`},
		"an unknown overlap":      {"overlap", "queue", `"queue" is not known; write skip, queue_one, allow or replace`},
		"an overlap in capitals":  {"overlap", "Skip", `"Skip" is not known; write skip, queue_one, allow or replace`},
		"an empty overlap":        {"overlap", " ", "is empty; write a value, or leave it out"},
		"an overlap of no text":   {"overlap", true, "must be a text"},
		"an unknown misfire":      {"misfire", "run_twice", `"run_twice" is not known; write skip, run_once or run_all`},
		"instances below zero":    {"max_instances", -1, "is negative; write a whole number, 0 or above"},
		"a window without unit":   {"catchup_window", "24", `"24" lacks a unit; write 24s, 24m, 24h or 24d`},
		"too much to catch up":    {"catchup_limit", 1001, "is larger than 1000; write a smaller number"},
		"nothing to catch up":     {"catchup_limit", 0, "must be 1 or more"},
		"all there is":            {"catchup_limit", "all", `"all" is not a whole number; write digits only, such as 15`},
		"runs below zero":         {"keep_runs", -1, "is negative; write a whole number, 0 or above"},
		"runs below zero as text": {"keep_runs", "-1", "is negative; write a whole number, 0 or above"},
		"half a run":              {"keep_runs", 1.5, "must be a whole number such as 15"},
		"too many runs":           {"keep_runs", maxKept + 1, "is larger than 1000000000; write a smaller number, or 0 for no limit"},
		"runs beyond 64 bits":     {"keep_runs", "99999999999999999999", "is larger than 1000000000; write a smaller number, or 0 for no limit"},
		"days as words":           {"keep_days", "a week", `"a week" is not a whole number; write digits only, such as 15`},
		"empty days":              {"keep_days", "", "is empty; write a whole number, or leave it out"},
		"days of no kind":         {"keep_days", false, "must be a whole number such as 15"},
		"an unknown size":         {"keep_bytes", "5TB", `"5TB" is not a size; write bytes, or 100MiB`},
		"a fraction of a size":    {"keep_bytes", "1.5GB", `"1.5GB" is not a size; write bytes, or 100MiB`},
		"a unit alone":            {"keep_bytes", "MiB", `"MiB" is not a size; write bytes, or 100MiB`},
		"an empty size":           {"keep_bytes", "", `"" is not a size; write bytes, or 100MiB`},
		"a size below zero":       {"keep_bytes", -5, "is negative; write a whole number, 0 or above"},
		"more than 1 PiB":         {"keep_bytes", "1048577GiB", "is larger than 1 PiB; write a smaller size, or 0 for no limit"},
		"more than 64 bits":       {"keep_bytes", "99999999999999999999GiB", "is larger than 1 PiB; write a smaller size, or 0 for no limit"},
		"an empty tag":            {"tags", "a,,b", "hold an empty one; write them with one comma between"},
		"a comma too many":        {"tags", "a,", "hold an empty one; write them with one comma between"},
		"a comma in a tag":        {"tags", []any{"a,b"}, `"a,b" holds a character that tags cannot have`},
		"a line end in a tag":     {"tags", []any{"a\nb"}, `"a\nb" holds a character that tags cannot have`},
		"a turned tag":            {"tags", "a\u202eb", `"a\u202eb" holds a character that tags cannot have`},
		"a tag of no text":        {"tags", []any{"a", 1}, "must be texts; write a list such as backup,night"},
		"tags of no list":         {"tags", 7, "must be a list; write backup,night"},
		"a tag of 41 letters":     {"tags", strings.Repeat("a", maxTag+1), `"` + strings.Repeat("a", 40) + `…" is longer than 40 characters`},
		"21 tags":                 {"tags", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21", "are more than 20"},
		"501 letters":             {"description", strings.Repeat("ß", maxDescription+1), "is longer than 500 characters"},
		"control characters":      {"description", "a\x1b[31m", "holds control characters; write plain text"},
		"a description of no text": {
			"description", 5, "must be a text",
		},
		"a misspelt key":  {"time_out", "1h", "is not a key of a job; did you mean timeout?"},
		"an unknown key":  {"renice", 3, "is not a key of a job; it takes " + keys},
		"a key of a code": {"isolation", "inline", "is not a key of a job; it takes " + keys},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rules, err := ParseRules(map[string]any{tt.key: tt.value}, DefaultRules())
			if diff := cmp.Diff([]FieldError{{tt.key, tt.want}}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(DefaultRules(), rules); diff != "" {
				t.Errorf("refused, yet changed (-want +got)\n%s", diff)
			}
		})
	}
}

func TestFaultyRulesAreNamedInTheOrderOfTheForm(t *testing.T) {
	in := map[string]any{"zzz": 1, "aaa": 1}
	want := RuleKeys()
	for _, key := range want {
		in[key] = []any{map[string]any{}}
	}
	_, err := ParseRules(in, DefaultRules())
	var got []string
	for _, f := range refused(t, err) {
		got = append(got, f.Field)
	}
	if diff := cmp.Diff(append(want, "aaa", "zzz"), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The keys of the form, of the JSON answer and of ParseRules are the same.
func TestRulesInJSONHaveTheKeysOfTheForm(t *testing.T) {
	text, err := json.Marshal(Rules{Jitter: 1, Timeout: 1, Tags: []string{"a"}, Description: "d"})
	if err != nil {
		t.Fatal(err)
	}
	got := decodeObject(text)
	for _, key := range RuleKeys() {
		if _, ok := got[key]; !ok {
			t.Errorf("%s is not in %s", key, text)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("%v are no keys of the form", got)
	}
}

func TestDefaultRules(t *testing.T) {
	want := Rules{
		Timeout: Duration(time.Hour), Overlap: "skip", Misfire: "run_once", MisfireGrace: Duration(time.Minute), CatchupWindow: Duration(day), CatchupLimit: 100,
		RetryBackoff: Duration(10 * time.Second), RetryMax: Duration(10 * time.Minute), OnInterrupt: "fail",
		KeepRuns: 1000, KeepDays: 90, KeepBytes: 100 << 20,
	}
	if diff := cmp.Diff(want, DefaultRules()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRulesOfAnOlderConsoleHaveTheDefaultsOfThisOne(t *testing.T) {
	got := DefaultRules() // what a store reads over
	if err := json.Unmarshal([]byte(`{"overlap": "skip", "misfire": "run_once", "timeout": "0s", "keep_runs": 5}`), &got); err != nil {
		t.Fatal(err)
	}
	want := DefaultRules()
	want.Timeout, want.KeepRuns = 0, 5
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"timeout": "soon"}`), &got); err == nil {
		t.Error("accepted a timeout of \"soon\"")
	}
}
