package cronsole

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// The eight fields of a cron schedule, most significant first.
const (
	fieldYear = iota
	fieldMonth
	fieldDay
	fieldWeek
	fieldWeekday
	fieldHour
	fieldMinute
	fieldSecond
	fieldCount
)

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	ordinals     = []string{"1st", "2nd", "3rd", "4th", "5th", "last"}
)

const lastOrdinal = 5 // index of "last" in ordinals

// fieldSpec says what one field may hold.
type fieldSpec struct {
	name     string
	min, max int
	names    []string // three-letter names for min, min+1, …
}

var fieldSpecs = [fieldCount]fieldSpec{
	{"year", minYear, maxYear, nil},
	{"month", 1, 12, monthNames},
	{"day", 1, 31, nil},
	{"week", 1, 53, nil},
	{"day_of_week", 0, 6, weekdayNames},
	{"hour", 0, 23, nil},
	{"minute", 0, 59, nil},
	{"second", 0, 59, nil},
}

// values returns the eight texts in the order of fieldSpecs.
func (f *CronFields) values() [fieldCount]string {
	return [fieldCount]string{f.Year, f.Month, f.Day, f.Week, f.DayOfWeek, f.Hour, f.Minute, f.Second}
}

func cronFields(v [fieldCount]string) CronFields {
	return CronFields{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}
}

// element is one item of a field's list.
type element struct {
	star         bool // "*" or "*/n"
	named        bool // written with names, "mon-fri"
	lo, hi, step int  // numbers lo, lo+step … hi
	open         bool // "a/n": hi is the field's maximum
	stepped      bool // a step was written
	ordinal      int  // day only: index into ordinals, of the weekday lo
	kind         elementKind
}

type elementKind int

const (
	kindNumbers elementKind = iota
	kindNth                 // "2nd fri", "last sun"
	kindLastDay             // "last"
)

// maxFieldText bounds a field: a list of all sixty seconds has 169 characters.
const maxFieldText = 1000

// parseField reads the list of one field; the error is a sentence without the
// field's name.
func parseField(spec *fieldSpec, text string) ([]element, error) {
	if len(text) > maxFieldText {
		return nil, fmt.Errorf("is longer than %d characters; write ranges and steps such as %d-%d or */2", maxFieldText, spec.min, spec.min+5)
	}
	if trimBlanks(text) == "" {
		return nil, fmt.Errorf("is empty; write * for every value, or leave it out")
	}
	var out []element
	for _, item := range strings.Split(text, ",") {
		item = trimBlanks(item)
		if item == "" {
			return nil, fmt.Errorf("has an empty item in its list %s; write items with one comma between them", quote(text))
		}
		e, err := parseElement(spec, item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func trimBlanks(s string) string { return strings.Trim(s, " \t") }

func parseElement(spec *fieldSpec, item string) (element, error) {
	body, stepText, stepped := strings.Cut(item, "/")
	e := element{lo: spec.min, hi: spec.max, step: 1, stepped: stepped}
	first, last, ranged := strings.Cut(body, "-")
	switch {
	case body == "*":
		e.star = true
	case isNumber(first) && (!ranged || isNumber(last)):
		e.lo = number(first)
		switch {
		case ranged:
			e.hi = number(last)
		case stepped:
			e.open = true
		default:
			e.hi = e.lo
		}
	case spec.names != nil && !stepped:
		return namedElement(spec, item)
	case spec.name == "day" && !stepped:
		return dayElement(spec, item)
	default:
		return e, notAnElement(spec, item)
	}
	if stepped && !isNumber(stepText) {
		return e, notAnElement(spec, item)
	}
	for _, n := range []int{e.lo, e.hi} {
		if n < spec.min || n > spec.max {
			return e, fmt.Errorf("%s is outside %d to %d%s", quote(item), spec.min, spec.max, spec.hint())
		}
	}
	if e.lo > e.hi {
		return e, fmt.Errorf("%s runs backwards; write %d-%d,%d-%d", quote(item), e.lo, spec.max, spec.min, e.hi)
	}
	if stepped {
		e.step = number(stepText)
		if e.step < 1 || e.step > e.hi-e.lo {
			return e, badStep(&e, item)
		}
	}
	return e, nil
}

func (spec *fieldSpec) hint() string {
	switch {
	case spec.name != "day_of_week":
		return ""
	case spec.max == crontabWeekday.max:
		return ", where 0 and 7 are Sunday; names such as sun are clearer"
	}
	return ", where 0 is Monday; names such as sun are clearer"
}

func badStep(e *element, item string) error {
	if e.hi == e.lo {
		return fmt.Errorf("%s has a step but a range of one value; write %d", quote(item), e.lo)
	}
	return fmt.Errorf("%s needs a step from 1 to %d", quote(item), e.hi-e.lo)
}

// namedElement reads "jan", "mon-fri".
func namedElement(spec *fieldSpec, item string) (element, error) {
	first, last, ranged := strings.Cut(item, "-")
	lo, ok := nameIndex(spec.names, first)
	hi := lo
	if ok && ranged {
		hi, ok = nameIndex(spec.names, last)
		if end := len(spec.names) - 1; ok && hi < lo && spec.names[hi] == spec.names[end] {
			hi = end // "fri-sun": crontab's week has a Sunday at both ends
		}
	}
	switch {
	case !ok:
		return element{}, notAnElement(spec, item)
	case lo > hi:
		return element{}, fmt.Errorf("%s runs backwards; write %s-%s,%s-%s", quote(item),
			spec.names[lo], spec.names[len(spec.names)-1], spec.names[0], spec.names[hi])
	}
	return element{named: true, lo: spec.min + lo, hi: spec.min + hi, step: 1}, nil
}

// dayElement reads "last", "2nd fri", "last sun".
func dayElement(spec *fieldSpec, item string) (element, error) {
	words := strings.FieldsFunc(item, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 1 && strings.EqualFold(words[0], "last") {
		return element{kind: kindLastDay}, nil
	}
	if len(words) == 2 {
		n, ok := nameIndex(ordinals, words[0])
		wd, known := nameIndex(weekdayNames, words[1])
		if ok && known {
			return element{kind: kindNth, ordinal: n, lo: wd, hi: wd}, nil
		}
	}
	return element{}, notAnElement(spec, item)
}

func nameIndex(names []string, s string) (int, bool) {
	for i, n := range names {
		if len(s) == len(n) && strings.EqualFold(s, n) {
			return i, true
		}
	}
	return 0, false
}

// notAnElement says what is wrong with an item and what to write instead.
func notAnElement(spec *fieldSpec, item string) error {
	lower := strings.ToLower(item)
	switch {
	case strings.ContainsAny(item, `"'`):
		return fmt.Errorf("%s must be written without quotes", quote(item))
	case item == "?":
		return fmt.Errorf(`"?" is not used here; write *`)
	case aliases[lower] != "":
		return fmt.Errorf("%s stands for a whole schedule; write expression=%s", quote(item), item)
	case strings.Contains(item, "#"):
		if spec.name == "day_of_week" || spec.name == "day" {
			return fmt.Errorf(`%s: "#" is not used here; write the field day as in "2nd fri", and a comment on a line of its own`, quote(item))
		}
		return fmt.Errorf(`%s: "#" is not part of a value; write a comment on a line of its own`, quote(item))
	case lower == "l":
		return fmt.Errorf(`%s is not used here; write day "last" for the last day, or "last fri" for the last Friday of a month`, quote(item))
	case spec.name == "day" && strings.HasSuffix(lower, "w") && isNumber(lower[:len(lower)-1]):
		return fmt.Errorf(`%s: the nearest working day cannot be asked for; write a day, or "1st mon"`, quote(item))
	case spec.name == "day_of_week" && strings.HasSuffix(lower, "l"):
		return fmt.Errorf(`%s is not used here; write the field day as "last fri"`, quote(item))
	}
	if advice := longName(spec, lower); advice != "" {
		return fmt.Errorf("%s is not a name that is known here; write %s", quote(item), advice)
	}
	return fmt.Errorf("%s is not understood; write %s", quote(item), spec.examples())
}

// longName advises "mon" for "monday".
func longName(spec *fieldSpec, item string) string {
	names := spec.names
	if spec.name == "day" {
		names = weekdayNames
	}
	for _, word := range strings.FieldsFunc(item, func(r rune) bool { return r < 'a' || r > 'z' }) {
		for _, n := range names {
			if len(word) > 3 && strings.HasPrefix(word, n) {
				return n
			}
		}
	}
	return ""
}

func (spec *fieldSpec) examples() string {
	switch spec.name {
	case "year":
		return "*, 2027, 2027-2030 or a list of these"
	case "month":
		return "*, 1 to 12, jan to dec, jun-aug, */3 or a list of these"
	case "day":
		return `*, 1 to 31, 1-7, */2, last, "2nd fri", "last sun" or a list of these`
	case "day_of_week":
		if spec.max == crontabWeekday.max {
			return "*, mon to sun, mon-fri, 0 (Sunday) to 7 (Sunday) or a list of these"
		}
		return "*, mon to sun, mon-fri, 0 (Monday) to 6 or a list of these"
	case "week":
		return "*, 1 to 53, 1-26, */2 or a list of these"
	}
	return fmt.Sprintf("*, */5, %d to %d, 8-18, 8-18/2 or a list of these", spec.min, spec.max)
}

// canonical writes elements the way run_frequency shows them.
func canonical(spec *fieldSpec, elements []element) string {
	items := make([]string, len(elements))
	for i := range elements {
		items[i] = elements[i].text(spec)
	}
	return strings.Join(items, ",")
}

func (e *element) text(spec *fieldSpec) string {
	var s string
	switch {
	case e.kind == kindLastDay:
		return "last"
	case e.kind == kindNth:
		return ordinals[e.ordinal] + " " + weekdayNames[e.lo]
	case e.star:
		s = "*"
	case e.open || e.lo == e.hi:
		s = e.name(spec, e.lo)
	default:
		s = e.name(spec, e.lo) + "-" + e.name(spec, e.hi)
	}
	if e.stepped {
		s += "/" + strconv.Itoa(e.step)
	}
	return s
}

func (e *element) name(spec *fieldSpec, n int) string {
	if e.named {
		return spec.names[n-spec.min]
	}
	return strconv.Itoa(n)
}

// set returns the numbers of the elements as bits. It is not for years.
func set(elements []element) uint64 {
	var s uint64
	for i := range elements {
		e := &elements[i]
		if e.kind != kindNumbers {
			continue
		}
		for n := e.lo; n <= e.hi; n += e.step {
			s |= 1 << n
		}
	}
	return s
}

// full returns the set of every value of a field.
func (spec *fieldSpec) full() uint64 { return span(spec.min, spec.max) }

// span returns the bits lo to hi.
func span(lo, hi int) uint64 { return (1<<(hi-lo+1) - 1) << lo }

func lowest(s uint64) int  { return bits.TrailingZeros64(s) }
func highest(s uint64) int { return 63 - bits.LeadingZeros64(s) }

// isNumber accepts ASCII digits only, and no more than any field needs.
func isNumber(s string) bool {
	return s != "" && countDigits(s) == len(s)
}

// number reads digits; numbers beyond every field become one that is too large.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n > 1<<30 {
		return 1 << 30
	}
	return n
}
