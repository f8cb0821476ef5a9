package cronsole

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// TriggerKeys returns the keys that the args of a type may hold, in the order
// of the form; nil for an unknown type.
func TriggerKeys(typ Type) []string {
	var keys []string
	switch typ {
	case TypeCron:
		for i := range fieldSpecs {
			keys = append(keys, fieldSpecs[i].name)
		}
		return append(keys, "expression", "start_date", "end_date", "dst")
	case TypeInterval:
		for _, u := range intervalUnits {
			keys = append(keys, u.name)
		}
		return append(keys, "start_date", "end_date")
	case TypeDate:
		return []string{"run_date"}
	}
	return nil
}

// FillDefaults fills in what the API and .schedule files mean by absent keys:
// absent cron fields "*" (second "5"), interval without units 10 seconds.
// Present null values are left alone; with "expression" nothing is filled. The
// map that was passed in is not changed.
func FillDefaults(typ Type, args map[string]any) map[string]any {
	out := make(map[string]any, len(args)+fieldCount)
	maps.Copy(out, args)
	switch typ {
	case TypeCron:
		if out["expression"] != nil {
			return out
		}
		for i := range fieldSpecs {
			name := fieldSpecs[i].name
			if _, ok := out[name]; ok {
				continue
			}
			out[name] = "*"
			if i == fieldSecond {
				out[name] = "5"
			}
		}
	case TypeInterval:
		for _, u := range intervalUnits {
			if _, ok := out[u.name]; ok {
				return out
			}
		}
		out["seconds"] = int64(10)
	}
	return out
}

// ParseSchedule reads the trigger keys of args (fields or expression, units,
// run_date, start_date, end_date, dst); values are strings, numbers or null, and
// null is the same as an absent key. The keys "timezone" (used when the
// parameter is empty) and "args" (see ParseArgs) may be among them; any other
// is refused. The time zone stays empty when neither gives one.
//
// The error is an *Error of kind Invalid that names every faulty value in the
// order of the form. It does not fill defaults, and does not decide whether a
// date is past; what can never fire is for NewTrigger to refuse.
func ParseSchedule(typ Type, args map[string]any, timezone string) (Schedule, error) {
	r := reader{args: args, read: map[string]bool{"timezone": true, "args": true}}
	s := Schedule{Type: typ, Timezone: timezone}
	if timezone == "" {
		s.Timezone = r.text("timezone")
	}
	if _, err := zoneOf(s.Timezone); err != nil {
		r.wrong = append(r.wrong, fieldsOf(err)...)
	}
	zoneProblems := r.wrong
	r.wrong = nil
	switch typ {
	case TypeCron:
		r.cron(&s)
		r.bounds(&s)
		if text := r.text("dst"); text != "" {
			dst, err := ParseDST(text, typ)
			if err != nil {
				r.wrong = append(r.wrong, fieldsOf(err)...)
			}
			s.DST = dst
		}
	case TypeInterval:
		r.interval(&s)
		r.bounds(&s)
	case TypeDate:
		s.RunDate = r.date("run_date")
		if s.RunDate == "" && !r.failed("run_date") {
			r.wrong.add("run_date", "is missing; %s", errNotDate)
		}
	default:
		return Schedule{}, invalid(badSchedule, FieldError{"type", unknownType(string(typ))})
	}
	r.wrong = append(r.wrong, zoneProblems...)
	r.unknown(typ)
	if err := r.wrong.err(badSchedule); err != nil {
		return Schedule{}, err
	}
	return s, nil
}

// reader takes values out of args and collects what is wrong with them.
type reader struct {
	args  map[string]any
	read  map[string]bool
	wrong problems
}

func (r *reader) failed(field string) bool {
	return slices.ContainsFunc(r.wrong, func(f FieldError) bool { return f.Field == field })
}

// value returns a value; nil when it was not given.
func (r *reader) value(key string) any {
	r.read[key] = true
	return r.args[key]
}

// text returns a string value without blanks at its ends; empty when it was
// not given.
func (r *reader) text(key string) string {
	switch v := r.value(key).(type) {
	case nil:
	case string:
		if s := strings.TrimSpace(v); s != "" {
			return s
		}
		r.wrong.add(key, "is empty; write a value, or leave it out")
	default:
		r.wrong.add(key, "must be a text")
	}
	return ""
}

func (r *reader) date(key string) string {
	s := r.text(key)
	if s == "" {
		return ""
	}
	if _, err := parseDate(s); err != nil {
		r.wrong.add(key, "%s", err)
	}
	return s
}

func (r *reader) bounds(s *Schedule) {
	s.StartDate, s.EndDate = r.date("start_date"), r.date("end_date")
}

// cron reads the eight fields, or the expression in their place.
func (r *reader) cron(s *Schedule) {
	var v [fieldCount]string
	given := ""
	for i := range fieldSpecs {
		spec := &fieldSpecs[i]
		value := r.value(spec.name)
		if value == nil {
			continue
		}
		if given == "" {
			given = spec.name
		}
		text, ok := fieldText(value)
		if !ok {
			r.wrong.add(spec.name, "must be a text or a whole number; write %s", spec.examples())
			continue
		}
		if _, err := parseField(spec, text); err != nil {
			r.wrong.add(spec.name, "%s", err)
		}
		v[i] = text
	}
	s.Cron = cronFields(v)
	expr := r.text("expression")
	switch {
	case expr == "":
	case given != "":
		r.wrong.add("expression", "stands alone; leave out %s and the other fields, or leave out expression", given)
	default:
		fields, err := ExpandExpression(expr)
		if err != nil {
			r.wrong = append(r.wrong, fieldsOf(err)...)
		}
		s.Cron = fields
	}
}

// fieldText returns the text of a cron field, which may arrive as a number.
func fieldText(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return trimBlanks(s), true
	}
	n, ok := wholeNumber(v)
	return strconv.FormatInt(n, 10), ok
}

// wholeNumber reads a number of any type that JSON decoding may give.
func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		if v != math.Trunc(v) || math.Abs(v) >= 1<<53 {
			return 0, false
		}
		return int64(v), true
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, true
		}
		f, err := v.Float64()
		if err != nil {
			return 0, false
		}
		return wholeNumber(f)
	}
	return 0, false
}

// interval reads the five units.
func (r *reader) interval(s *Schedule) {
	given := []string{}
	before := len(r.wrong)
	for i, n := range s.Interval.values() {
		name := intervalUnits[i].name
		if value := r.value(name); value != nil {
			given = append(given, name)
			*n = r.count(name, value)
		}
	}
	if len(r.wrong) > before {
		return
	}
	_, wrong := s.Interval.seconds()
	for _, w := range wrong {
		switch {
		case w.Field == "" && len(given) == 1:
			w.Field = given[0]
		case len(given) == 0 && r.misspelt(TypeInterval):
			continue // "hour" for "hours" is the mistake, not the zero
		}
		r.wrong = append(r.wrong, w)
	}
}

// count reads a whole number from 0 up; numeric strings are accepted.
func (r *reader) count(key string, v any) int64 {
	if s, ok := v.(string); ok {
		s = trimBlanks(s)
		switch {
		case s == "":
			r.wrong.add(key, "is empty; write a whole number, or leave it out")
		case !isNumber(s):
			if len(s) > 1 && s[0] == '-' && isNumber(s[1:]) {
				r.wrong.add(key, "is negative; write a whole number, 0 or above")
				break
			}
			r.wrong.add(key, "%s is not a whole number; write digits only, such as 15", quote(s))
		default:
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				n = math.MaxInt64 // refused as too large by whoever knows the limit
			}
			return n
		}
		return 0
	}
	n, ok := wholeNumber(v)
	switch {
	case !ok:
		r.wrong.add(key, "must be a whole number such as 15")
	case n < 0:
		r.wrong.add(key, "is negative; write a whole number, 0 or above")
	}
	return n
}

// misspelt reports whether a key was given that the type does not have.
func (r *reader) misspelt(typ Type) bool {
	keys := TriggerKeys(typ)
	for key := range r.args {
		if !r.read[key] && !slices.Contains(keys, key) {
			return true
		}
	}
	return false
}

// unknown refuses the keys that nobody asked for.
func (r *reader) unknown(typ Type) {
	var rest []string
	for key := range r.args {
		if !r.read[key] {
			rest = append(rest, key)
		}
	}
	sort.Strings(rest)
	for _, key := range rest {
		r.wrong.add(key, "%s", unknownKey(key, typ))
	}
}

func article(typ Type) string {
	if typ == TypeInterval {
		return "an interval schedule"
	}
	return "a " + string(typ) + " schedule"
}

func unknownKey(key string, typ Type) string {
	keys, kind := TriggerKeys(typ), article(typ)
	if near := DidYouMean(key, keys); near != "" {
		return "is not a key of " + kind + "; did you mean " + near + "?"
	}
	for _, other := range []Type{TypeCron, TypeInterval, TypeDate} {
		if slices.Contains(TriggerKeys(other), key) {
			return "belongs to the type " + string(other) + "; " + kind + " takes " + strings.Join(keys, ", ")
		}
	}
	return "is not a key of " + kind + "; it takes " + strings.Join(keys, ", ")
}

// fieldsOf returns the fields that an *Error names.
func fieldsOf(err error) []FieldError {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return []FieldError{{Message: err.Error()}}
}
