package cronsole

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// maxArgs bounds the arguments of a job, written as JSON.
const maxArgs = 64 << 10

// ParseArgs reads the list of arguments for the code: a JSON list, or a string
// that holds one; nil is the empty list. The result is never nil and holds
// string, float64, bool, nil, []any and map[string]any. At most 64 KiB, no NUL.
// The error is an *Error of kind Invalid for the field "args".
func ParseArgs(v any) ([]any, error) {
	args, err := parseArgs(v)
	if err != nil {
		return nil, invalid("The arguments cannot be used.", FieldError{"args", err.Error()})
	}
	return args, nil
}

func parseArgs(v any) ([]any, error) {
	const advice = `write a JSON list such as ["a", 1]`
	switch t := v.(type) {
	case nil:
		return []any{}, nil
	case []string:
		list := make([]any, len(t))
		for i := range t {
			list[i] = t[i]
		}
		v = list
	case string:
		if len(t) > maxArgs {
			return nil, tooLong()
		}
		list, err := decodeList(t)
		if err != nil {
			return nil, fmt.Errorf("%s is not a JSON list; %s", quote(t), advice)
		}
		v = list
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("must be a list; %s", advice)
	}
	out := make([]any, len(list))
	for i := range list {
		var err error
		if out[i], err = plainJSON(list[i], 0); err != nil {
			return nil, fmt.Errorf("argument %d %w", i+1, err)
		}
	}
	if len(encode(out)) > maxArgs {
		return nil, tooLong()
	}
	return out, nil
}

func tooLong() error { return fmt.Errorf("are longer than 64 KiB; pass the name of a file instead") }

// decodeList reads exactly one JSON list. Numbers keep their text, so that
// plainJSON can see whether they survive.
func decodeList(s string) ([]any, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var list []any
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	if _, err := d.Token(); list == nil || err != io.EOF {
		return nil, fmt.Errorf("not one list")
	}
	return list, nil
}

// plainJSON copies a JSON value with numbers as float64.
func plainJSON(v any, depth int) (any, error) {
	if depth > 32 {
		return nil, fmt.Errorf("is nested more than 32 levels deep")
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, fmt.Errorf("holds a NUL character, which no program can be given")
		}
		return v, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = plainJSON(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if strings.ContainsRune(key, 0) {
				return nil, fmt.Errorf("holds a NUL character, which no program can be given")
			}
			var err error
			if out[key], err = plainJSON(value, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return plainNumber(v)
}

// plainNumber refuses numbers that would reach the code as other numbers.
func plainNumber(v any) (any, error) {
	const exact = 1 << 53
	var f float64
	switch n := v.(type) {
	case float64:
		f = n
	case int, int64:
		whole, _ := wholeNumber(n)
		if whole > exact || whole < -exact {
			return nil, tooLarge(whole)
		}
		f = float64(whole)
	case json.Number:
		var err error
		f, err = n.Float64()
		if err == nil && !strings.ContainsAny(n.String(), ".eE") {
			var whole int64
			if whole, err = n.Int64(); whole > exact || whole < -exact {
				return nil, tooLarge(n)
			}
		}
		if err != nil {
			return nil, tooLarge(n)
		}
	default:
		return nil, fmt.Errorf("is of a kind that JSON does not know")
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, tooLarge(f)
	}
	return f, nil
}

func tooLarge(n any) error {
	return fmt.Errorf(`is a number that is too large to be kept exactly; write it as a text, %s`, quote(fmt.Sprint(n)))
}

// Argv turns arguments into argv elements: strings as they are, other values
// as JSON.
func Argv(args []any) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if s, ok := a.(string); ok {
			out[i] = s
			continue
		}
		out[i] = encode(a)
	}
	return out
}

// encode writes a JSON value without escaping <, > and &. Values that are not
// JSON cannot come out of ParseArgs; they are written as Go prints them.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
