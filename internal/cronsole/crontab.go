package cronsole

import (
	"fmt"
	"strings"
)

var aliases = map[string]string{
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly":  "0 0 1 * *",
	"@weekly":   "0 0 * * 0",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@hourly":   "0 * * * *",
}

// crontabNames has Sunday at both ends, as crontab counts.
var crontabNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// crontabWeekday reads crontab's last field, where 0 and 7 are Sunday.
var crontabWeekday = fieldSpec{name: "day_of_week", min: 0, max: 7, names: crontabNames}

// ExpandExpression turns a one-line expression into the eight fields: five
// fields as in crontab, six with the second first, seven with the year last, or
// @daily and kin. All eight come back filled; weekdays, which crontab counts
// from Sunday, come back as names.
//
// The error is an *Error of kind Invalid for the field "expression".
// Restricting both day and weekday is refused, because crontab means "or" by
// it and the fields mean "and".
func ExpandExpression(expr string) (CronFields, error) {
	f, err := expandExpression(strings.TrimSpace(expr))
	if err != nil {
		return CronFields{}, invalid("The expression cannot be used.", FieldError{"expression", err.Error()})
	}
	return f, nil
}

func expandExpression(expr string) (CronFields, error) {
	var none CronFields
	if strings.HasPrefix(expr, "@") {
		full, ok := aliases[strings.ToLower(expr)]
		if !ok {
			return none, unknownAlias(expr)
		}
		expr = full
	}
	words := strings.Fields(expr)
	if len(words) > 0 && strings.Contains(words[0], "=") {
		return none, fmt.Errorf("%s does not belong here; write a zone as timezone=Europe/Berlin on its own", quote(words[0]))
	}
	switch len(words) {
	case 5:
		words = append([]string{"0"}, append(words, "*")...)
	case 6:
		words = append(words, "*")
	case 7:
	default:
		return none, fmt.Errorf("%s has %d fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily", quote(expr), len(words))
	}
	f := CronFields{Second: words[0], Minute: words[1], Hour: words[2], Day: words[3], Month: words[4], Week: "*", Year: words[6]}
	values := f.values()
	for i := range fieldSpecs {
		if values[i] == "" {
			continue
		}
		if _, err := parseField(&fieldSpecs[i], values[i]); err != nil {
			return none, fmt.Errorf("%s %w", fieldSpecs[i].name, err)
		}
	}
	weekdays, err := parseField(&crontabWeekday, words[5])
	if err != nil {
		return none, fmt.Errorf("weekday %w", err)
	}
	f.DayOfWeek = weekdayText(weekdays)
	if f.DayOfWeek != "*" && !everyDay(f.Day) {
		return none, fmt.Errorf("restricts both day (%s) and weekday (%s): crontab means either of them, "+
			"while cronsole's fields mean both; make two jobs, or write the fields day and day_of_week if both must fit", f.Day, words[5])
	}
	return f, nil
}

func unknownAlias(expr string) error {
	switch lower := strings.ToLower(expr); {
	case lower == "@reboot":
		return fmt.Errorf("@reboot has no instant to be due at; write another schedule, and run_at_start=true beside it")
	case strings.HasPrefix(lower, "@every"):
		return fmt.Errorf("%s is an interval; choose the type interval and write its units, such as minutes=5", quote(expr))
	}
	return fmt.Errorf("%s is not known; write @hourly, @daily, @weekly, @monthly or @yearly", quote(expr))
}

// everyDay reports whether a day field that was parsed before restricts nothing.
func everyDay(text string) bool {
	spec := &fieldSpecs[fieldDay]
	elements, err := parseField(spec, text)
	return err == nil && set(elements) == spec.full()
}

// weekdayText turns crontab's weekdays, as a set, into names of ours.
func weekdayText(elements []element) string {
	var ours uint64
	for i := range elements {
		e := &elements[i]
		if e.star {
			e.hi = 6 // "*/2" steps over one week, not over both Sundays
		}
	}
	for s := set(elements); s != 0; s &= s - 1 {
		ours |= 1 << ((lowest(s) + 6) % 7)
	}
	return weekdaySet(ours)
}

// weekdaySet writes a set of weekdays (bit 0 is Monday) with names.
func weekdaySet(s uint64) string {
	if s == span(0, 6) {
		return "*"
	}
	var items []string
	for d := 0; d < 7; d++ {
		if s>>d&1 == 0 {
			continue
		}
		end := d
		for end < 6 && s>>(end+1)&1 != 0 {
			end++
		}
		if end-d >= 2 {
			items = append(items, weekdayNames[d]+"-"+weekdayNames[end])
			d = end
			continue
		}
		items = append(items, weekdayNames[d])
	}
	return strings.Join(items, ",")
}
