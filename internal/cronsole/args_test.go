package cronsole

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nested writes a number inside so many lists.
func nested(lists int) string {
	return strings.Repeat("[", lists) + "1" + strings.Repeat("]", lists)
}

func TestArgumentsAreJSONValues(t *testing.T) {
	tests := map[string]struct {
		in   any
		want []any
	}{
		"nothing":               {nil, []any{}},
		"an empty list":         {[]any{}, []any{}},
		"an empty text list":    {"[]", []any{}},
		"texts":                 {[]string{"a", ""}, []any{"a", ""}},
		"every kind":            {`["a b", 1, 1.5, true, null, ["x"], {"k": [2]}]`, []any{"a b", 1.0, 1.5, true, nil, []any{"x"}, map[string]any{"k": []any{2.0}}}},
		"a leading dash":        {[]any{"--force", "-"}, []any{"--force", "-"}},
		"Go integers":           {[]any{1, int64(-2)}, []any{1.0, -2.0}},
		"decoded numbers":       {[]any{json.Number("3"), json.Number("1e3")}, []any{3.0, 1000.0}},
		"the largest integers":  {`[9007199254740992, -9007199254740992]`, []any{9007199254740992.0, -9007199254740992.0}},
		"blanks around":         {" [1]\n", []any{1.0}},
		"64 KiB and not a byte": {[]any{strings.Repeat("a", maxArgs-4)}, []any{strings.Repeat("a", maxArgs-4)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseArgs(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestArgumentsThatNoCodeCanBeGivenAreRefused(t *testing.T) {
	const (
		nul    = "holds a NUL character, which no program can be given"
		deep   = "argument 1 is nested more than 32 levels deep"
		longer = "are longer than 64 KiB; pass the name of a file instead"
	)
	exact := func(n string) string {
		return `argument 1 is a number that is too large to be kept exactly; write it as a text, "` + n + `"`
	}
	tests := map[string]struct {
		in   any
		want string
	}{
		"an object":              {map[string]any{"a": 1}, `must be a list; write a JSON list such as ["a", 1]`},
		"a number":               {7, `must be a list; write a JSON list such as ["a", 1]`},
		"a text":                 {"a b", `"a b" is not a JSON list; write a JSON list such as ["a", 1]`},
		"an empty text":          {"", `"" is not a JSON list; write a JSON list such as ["a", 1]`},
		"null as a text":         {"null", `"null" is not a JSON list; write a JSON list such as ["a", 1]`},
		"an object as a text":    {`{"a": 1}`, `"{\"a\": 1}" is not a JSON list; write a JSON list such as ["a", 1]`},
		"two lists":              {"[1] [2]", `"[1] [2]" is not a JSON list; write a JSON list such as ["a", 1]`},
		"a bracket too many":     {"[1]]", `"[1]]" is not a JSON list; write a JSON list such as ["a", 1]`},
		"a brace after the list": {"[1]}", `"[1]}" is not a JSON list; write a JSON list such as ["a", 1]`},
		"text after the list":    {"[1]x", `"[1]x" is not a JSON list; write a JSON list such as ["a", 1]`},
		"NUL":                    {[]any{"ok", "a\x00b"}, "argument 2 " + nul},
		"NUL in a list":          {`[["\u0000"]]`, "argument 1 " + nul},
		"NUL in a key":           {`[{"\u0000": 1}]`, "argument 1 " + nul},
		"33 levels":              {[]any{decodeValue(nested(33))}, deep},
		"33 levels as a text":    {nested(1 + 33), deep},
		"more than 64 KiB":       {[]any{strings.Repeat("a", maxArgs-3)}, longer},
		"escapes count as JSON":  {[]any{strings.Repeat("\"", maxArgs/2)}, longer},
		"a text over 64 KiB":     {"[" + strings.Repeat(" ", maxArgs) + "]", longer},
		"just over 2^53":         {`[9007199254740993]`, exact("9007199254740993")},
		"far below -2^53":        {`[-99999999999999999999]`, exact("-99999999999999999999")},
		"a Go integer over 2^53": {[]any{int64(9007199254740993)}, exact("9007199254740993")},
		"beyond all floats":      {`[1e400]`, exact("1e400")},
		"not a number":           {[]any{math.NaN()}, exact("NaN")},
		"infinity":               {[]any{math.Inf(1)}, exact("+Inf")},
		"a very long number":     {`[` + strings.Repeat("9", 1000) + `]`, exact(strings.Repeat("9", 40) + "…")},
		"a Go struct":            {[]any{struct{}{}}, "argument 1 is of a kind that JSON does not know"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			args, err := ParseArgs(tt.in)
			if diff := cmp.Diff([]FieldError{{"args", tt.want}}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if args != nil {
				t.Errorf("refused, yet %v", args)
			}
		})
	}
}

func decodeValue(text string) any {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

func TestDepthIsCountedWithinAnArgument(t *testing.T) {
	if _, err := ParseArgs(nested(1 + 32)); err != nil {
		t.Error(err)
	}
}

// What was parsed belongs to the job alone.
func TestArgumentsAreCopied(t *testing.T) {
	inner := map[string]any{"k": []any{"a"}}
	args, err := ParseArgs([]any{inner})
	if err != nil {
		t.Fatal(err)
	}
	inner["k"].([]any)[0] = "changed"
	inner["new"] = true
	if diff := cmp.Diff([]any{map[string]any{"k": []any{"a"}}}, args); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestArgvHasTextsAsTheyAreAndTheRestAsJSON(t *testing.T) {
	args, err := ParseArgs(`["", "a b", "-x", "<&>", 1, 1.50, 1e21, -0.1, true, null, ["a", 1], {"b": "<&>", "a": null}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "a b", "-x", "<&>", "1", "1.5", "1e+21", "-0.1", "true", "null", `["a",1]`, `{"a":null,"b":"<&>"}`}
	if diff := cmp.Diff(want, Argv(args)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{}, Argv(nil)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWholeNumbersReachTheCodeAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		text, _ := json.Marshal([]int64{n})
		args, err := ParseArgs(string(text))
		if tooLarge := n > 1<<53 || n < -1<<53; tooLarge != (err != nil) {
			t.Fatalf("%d: %v", n, err)
		}
		if err == nil && int64(args[0].(float64)) != n {
			t.Fatalf("%d becomes %v", n, args[0])
		}
	})
}
