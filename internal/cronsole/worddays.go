package cronsole

import (
	"math/bits"
	"strconv"
	"strings"
)

var (
	longMonths = []string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	}
	longWeekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// dayWords says which days a cron schedule allows; each part is empty when it
// restricts nothing.
type dayWords struct {
	day      string // "day 1", "the last Friday"
	weekday  string // "Monday to Friday"
	single   bool   // one weekday only
	weekList bool   // weekdays as a list, not one range
	month    string // "June to August"
	week     string // "ISO week 20"
	year     string // "2027"
}

func (p *parsedCron) dayWords() dayWords {
	var w dayWords
	spec := func(i int) *fieldSpec { return &fieldSpecs[i] }
	if days := set(p.fields[fieldDay]); days != spec(fieldDay).full() {
		w.day = monthDayWords(p.fields[fieldDay], days)
	}
	if wd := set(p.fields[fieldWeekday]); wd != spec(fieldWeekday).full() {
		w.weekday = list(wd, func(i int) string { return longWeekdays[i] })
		w.single = bits.OnesCount64(wd) == 1
		w.weekList = !strings.Contains(w.weekday, " to ")
	}
	if m := set(p.fields[fieldMonth]); m != spec(fieldMonth).full() {
		w.month = list(m, func(i int) string { return longMonths[i-1] })
	}
	if weeks := set(p.fields[fieldWeek]); weeks != spec(fieldWeek).full() {
		w.week = "ISO " + plural("week", weeks) + " " + numbers(weeks)
	}
	if !everyYear(p.fields[fieldYear]) {
		w.year = yearWords(p.fields[fieldYear])
	}
	return w
}

// monthDayWords says "day 1", "days 1 to 7 and the last Sunday".
func monthDayWords(elements []element, days uint64) string {
	var items []string
	if days != 0 {
		items = append(items, plural("day", days)+" "+numbers(days))
	}
	for i := range elements {
		e := &elements[i]
		switch e.kind {
		case kindLastDay:
			items = append(items, "the last day")
		case kindNth:
			items = append(items, "the "+ordinals[e.ordinal]+" "+longWeekdays[e.lo])
		}
	}
	return join(items)
}

func yearWords(elements []element) string {
	var items []string
	for i := range elements {
		e := &elements[i]
		lo, hi := strconv.Itoa(e.lo), strconv.Itoa(e.hi)
		switch {
		case e.lo == e.hi:
			items = append(items, lo)
		case e.step == 1:
			items = append(items, lo+" to "+hi)
		default:
			item := "every " + ordinal(e.step) + " year from " + lo
			if e.hi < maxYear {
				item += " to " + hi
			}
			items = append(items, item)
		}
	}
	return join(items)
}

// ordinal writes 2 as "2nd".
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// sentence puts the times of day and the days together.
func (w dayWords) sentence(times string) string {
	var s string
	switch {
	case w.day != "":
		s = "On " + w.monthDay()
		if w.weekday != "" {
			s += ", only on " + w.weekday + ","
		}
		s += " at " + times
	case w.single && w.month != "":
		s = "Every " + w.weekday + " in " + w.month + " at " + times
	case w.single:
		s = "Every " + w.weekday + " at " + times
	case w.weekday != "":
		s = "At " + times + ", " + w.weekday
		if w.month != "" {
			s += ", in " + w.month
		}
	case w.month != "":
		s = "Every day in " + w.month + " at " + times
	default:
		s = "Every day at " + times
	}
	return s + w.weekAndYear()
}

// tail restricts a period to the days.
func (w dayWords) tail() string {
	var s string
	switch {
	case w.weekday == "":
	case w.day != "":
		s = ", only on " + w.weekday
	case w.weekList:
		s = ", on " + w.weekday
	default:
		s = ", " + w.weekday
	}
	switch {
	case w.day != "":
		s = ", on " + w.monthDay() + s
	case w.month != "":
		s += ", in " + w.month
	}
	return s + w.weekAndYear()
}

func (w dayWords) monthDay() string {
	if w.month == "" {
		return w.day + " of the month"
	}
	return w.day + " of " + w.month
}

func (w dayWords) weekAndYear() string {
	var s string
	if w.week != "" {
		s = ", in " + w.week
	}
	if w.year != "" {
		s += ", in " + w.year
	}
	return s
}
