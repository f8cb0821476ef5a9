package cronsole

import (
	"math/bits"
	"strconv"
	"strings"
)

// Words says the schedule for people: "At 02:30, Monday to Friday". It is
// complete: what the schedule restricts is in it, start and end included, and
// only the time zone is left out. A schedule that ParseSchedule would not have
// made is shown as its expression.
func (s Schedule) Words() string {
	z, err := zoneOf(s.Timezone)
	if err != nil {
		return s.Expression()
	}
	b, wrong := readBounds(&s, z)
	if len(wrong) > 0 {
		return s.Expression()
	}
	switch s.Type {
	case TypeCron:
		p, wrong := parseCron(&s.Cron)
		if len(wrong) > 0 {
			return ""
		}
		return p.words() + b.words(z)
	case TypeInterval:
		total, wrong := s.Interval.seconds()
		if len(wrong) > 0 {
			return ""
		}
		return intervalWords(total) + b.words(z)
	case TypeDate:
		d, err := parseDate(s.RunDate)
		if err != nil {
			return ""
		}
		t := d.in(z).ceilMilli().in(z)
		clock := "15:04"
		if t.Second() != 0 || t.Nanosecond() != 0 {
			clock = "15:04:05.999"
		}
		return "Once, on " + t.Format("2 Jan 2006") + " at " + t.Format(clock)
	}
	return ""
}

// words says start and end. An end at midnight is said with its time, because
// the day that it names is not part of the schedule.
func (b bounds) words(z *zone) string {
	var s string
	if b.start != nil {
		t := b.start.in(z)
		s += ", from " + t.Format("2 Jan 2006")
		if h, m, sec := t.Clock(); h+m+sec > 0 {
			s += t.Format(" 15:04")
		}
	}
	if b.end != nil {
		s += ", until " + b.end.in(z).Format("2 Jan 2006 15:04")
	}
	return s
}

func intervalWords(total int64) string {
	switch total {
	case 1:
		return "Every second"
	case 60:
		return "Every minute"
	case 3600:
		return "Every hour"
	case secondsPerDay:
		return "Every 24 hours" // "every day" would promise a time of day
	}
	var items []string
	for _, u := range intervalUnits[1:] {
		n := total / u.size
		total %= u.size
		switch n {
		case 0:
		case 1:
			items = append(items, "1 "+strings.TrimSuffix(u.name, "s"))
		default:
			items = append(items, strconv.FormatInt(n, 10)+" "+u.name)
		}
	}
	return "Every " + strings.Join(items, " ")
}

// words says a cron schedule: the time of day, put into a sentence with the
// days.
func (p *parsedCron) words() string {
	days := p.dayWords()
	if times := p.clockTimes(); times != "" {
		return days.sentence(times)
	}
	return p.periodWords() + days.tail()
}

// steps reports whether a set repeats evenly over a whole hour or day: every
// step-th of size values, beginning with from.
func steps(s uint64, size int) (step, from int, ok bool) {
	n := bits.OnesCount64(s)
	if n == 0 || size%n != 0 {
		return 0, 0, false
	}
	step, from = size/n, lowest(s)
	for v := from; v < size; v += step {
		if s>>v&1 == 0 {
			return 0, 0, false
		}
	}
	return step, from, from < step
}

// period says "every 10 seconds" when a set is even; lists of two that do not
// begin with 0 read better as a list.
func period(s uint64, size int, unit string) (string, bool) {
	step, from, ok := steps(s, size)
	n := bits.OnesCount64(s)
	switch {
	case !ok || n == 1 || from > 0 && n < 3:
		return "", false
	case step == 1:
		return "Every " + unit, true
	case from > 0:
		return "Every " + strconv.Itoa(step) + " " + unit + "s, starting at " + unit + " " + strconv.Itoa(from), true
	}
	return "Every " + strconv.Itoa(step) + " " + unit + "s", true
}

// maxClockTimes is how many times of day are listed one by one.
const maxClockTimes = 6

// clockTimes lists the times of day, "07:00, 11:00 and 15:00"; empty when they
// are many, or better said as a period.
func (p *parsedCron) clockTimes() string {
	h, m, s := set(p.fields[fieldHour]), set(p.fields[fieldMinute]), set(p.fields[fieldSecond])
	n := bits.OnesCount64(h) * bits.OnesCount64(m) * bits.OnesCount64(s)
	if step, from, ok := steps(h, 24); n > maxClockTimes || ok && from == 0 && step <= 8 {
		return ""
	}
	var times []string
	for hs := h; hs != 0; hs &= hs - 1 {
		for ms := m; ms != 0; ms &= ms - 1 {
			for ss := s; ss != 0; ss &= ss - 1 {
				t := clock(lowest(hs), lowest(ms))
				if s != 1 {
					t += ":" + twoDigits(int64(lowest(ss)))
				}
				times = append(times, t)
			}
		}
	}
	return join(times)
}

func clock(hour, minute int) string {
	return twoDigits(int64(hour)) + ":" + twoDigits(int64(minute))
}

// periodWords says how often within the matching days.
func (p *parsedCron) periodWords() string {
	h, m, s := set(p.fields[fieldHour]), set(p.fields[fieldMinute]), set(p.fields[fieldSecond])
	if lead, ok := period(s, 60, "second"); ok {
		if m != fieldSpecs[fieldMinute].full() {
			lead += ", in " + plural("minute", m) + " " + numbers(m)
		}
		return lead + hourWords(h)
	}
	if lead, ok := period(m, 60, "minute"); ok {
		return lead + hourWords(h) + at("second", s)
	}
	if step, from, ok := steps(h, 24); ok && from == 0 && step <= 8 {
		lead := "Every hour"
		if step > 1 {
			lead = "Every " + strconv.Itoa(step) + " hours"
		}
		return lead + at("minute", m) + at("second", s)
	}
	if step, ok := progression(h); ok && bits.OnesCount64(m) == 1 {
		lead := "Every hour"
		if step > 1 {
			lead = "Every " + strconv.Itoa(step) + " hours"
		}
		return lead + " from " + clock(lowest(h), lowest(m)) + " to " + clock(highest(h), lowest(m)) + at("second", s)
	}
	if step, ok := progression(h); ok && step == 1 || bits.OnesCount64(h) == 1 {
		return "Every hour" + hourWords(h) + at("minute", m) + at("second", s)
	}
	return "In hours " + numbers(h) + atAlways("minute", m) + at("second", s)
}

// at says ", at minute 5"; nothing for the full hour or minute.
func at(unit string, s uint64) string {
	if s == 1 {
		return ""
	}
	return atAlways(unit, s)
}

func atAlways(unit string, s uint64) string {
	return ", at " + plural(unit, s) + " " + numbers(s)
}

func plural(unit string, s uint64) string {
	if bits.OnesCount64(s) == 1 {
		return unit
	}
	return unit + "s"
}

// hourWords restricts a period to hours: ", from 09:00 to 17:59".
func hourWords(h uint64) string {
	if h == fieldSpecs[fieldHour].full() {
		return ""
	}
	if highest(h)-lowest(h)+1 == bits.OnesCount64(h) {
		return ", from " + clock(lowest(h), 0) + " to " + clock(highest(h), 59)
	}
	return ", in hours " + numbers(h)
}

// progression reports whether a set of three or more has one distance between
// all neighbours.
func progression(s uint64) (step int, ok bool) {
	if bits.OnesCount64(s) < 3 {
		return 0, false
	}
	first := lowest(s)
	step = lowest(s&(s-1)) - first
	var want uint64
	for v := first; v <= highest(s); v += step {
		want |= 1 << v
	}
	return step, want == s
}

// numbers lists a set: "5", "0, 20 and 40", "8 to 18", "1, 3, 5 … 31".
func numbers(s uint64) string {
	if step, ok := progression(s); ok && step > 1 && bits.OnesCount64(s) > maxClockTimes {
		a := lowest(s)
		return strconv.Itoa(a) + ", " + strconv.Itoa(a+step) + ", " + strconv.Itoa(a+2*step) + " … " + strconv.Itoa(highest(s))
	}
	return list(s, strconv.Itoa)
}

// list names the members of a set, runs of three or more as "a to b".
func list(s uint64, name func(int) string) string {
	return join(runs(s, name))
}

func runs(s uint64, name func(int) string) []string {
	var items []string
	for s != 0 {
		a := lowest(s)
		b := a
		for b < 63 && s>>(b+1)&1 != 0 {
			b++
		}
		if b-a >= 2 {
			items = append(items, name(a)+" to "+name(b))
		} else {
			for v := a; v <= b; v++ {
				items = append(items, name(v))
			}
		}
		s &^= span(a, b)
	}
	return items
}

// join puts "and" before the last item.
func join(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}
