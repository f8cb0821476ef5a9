package cronsole

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// NewTrigger builds the trigger of s. The anchor is the instant from which an
// interval without start_date counts (its first due instant is anchor, cut to
// milliseconds, plus the interval); the other types ignore it. Omitted cron
// fields before the last given one are "*", those after it their minimum, week
// and day_of_week always "*". An empty time zone is UTC.
//
// A schedule that can never fire, or that ParseSchedule would not have made,
// is an *Error of kind Invalid.
func NewTrigger(s Schedule, anchor time.Time) (Trigger, error) {
	z, err := zoneOf(s.Timezone)
	if err != nil {
		return nil, err
	}
	switch s.Type {
	case TypeCron:
		return newCronTrigger(s, z)
	case TypeInterval:
		return newIntervalTrigger(s, z, anchor)
	case TypeDate:
		d, err := parseDate(s.RunDate)
		if err != nil {
			return nil, invalid(badSchedule, FieldError{"run_date", err.Error()})
		}
		due := d.in(z).ceilMilli()
		if due.after(lastInstant(z)) {
			return nil, invalid(badSchedule, FieldError{"run_date", afterAll})
		}
		return &dateTrigger{zone: z, due: due}, nil
	}
	return nil, invalid(badSchedule, FieldError{"type", unknownType(string(s.Type))})
}

const (
	badSchedule = "The schedule cannot be used."
	afterAll    = "lies after the year 9999; write an earlier one"
)

// lastInstant is the last second of the year 9999 on a zone's clock. JSON and
// the date fields of a browser know no later one.
func lastInstant(z *zone) instant { return instant{maxWall - z.offset(maxWall), 0} }

func unknownType(s string) string {
	if s == "" {
		return "is missing; write cron, interval or date"
	}
	return quote(s) + " is no type of trigger; write cron, interval or date"
}

// bounds are the instants of start_date and end_date; nil when not given.
type bounds struct{ start, end *instant }

func readBounds(s *Schedule, z *zone) (bounds, problems) {
	var (
		b     bounds
		wrong problems
	)
	read := func(field, text string) *instant {
		if text == "" {
			return nil
		}
		d, err := parseDate(text)
		if err != nil {
			wrong.add(field, "%s", err)
			return nil
		}
		i := d.in(z)
		return &i
	}
	b.start, b.end = read("start_date", s.StartDate), read("end_date", s.EndDate)
	return b, wrong
}

// backwards says what is wrong when the end lies before the start.
func (b bounds) backwards() error {
	if b.start != nil && b.end != nil && b.start.after(*b.end) {
		return never("end_date", "lies before start_date, so the schedule can never fire")
	}
	return nil
}

func never(field, message string) error {
	return invalid("The schedule can never fire.", FieldError{field, message})
}

func newCronTrigger(s Schedule, z *zone) (Trigger, error) {
	parsed, wrong := parseCron(&s.Cron)
	b, dates := readBounds(&s, z)
	if err := append(wrong, dates...).err(badSchedule); err != nil {
		return nil, err
	}
	if err := b.backwards(); err != nil {
		return nil, err
	}
	t := &cronTrigger{spec: parsed.compile(), zone: z, start: math.MinInt64, end: math.MaxInt64}
	t.everyHour = t.spec.hours == uint32(fieldSpecs[fieldHour].full())
	t.follow = t.everyHour || s.DST == DSTLiteral
	if b.start != nil {
		t.start = b.start.ceil()
	}
	if b.end != nil {
		t.end = b.end.sec
	}
	if first, ok := t.next(max(t.start, -slack)); !ok || first > t.end {
		return nil, t.whyNever(parsed, b)
	}
	return t, nil
}

// whyNever says which values exclude each other.
func (t *cronTrigger) whyNever(p *parsedCron, b bounds) error {
	if _, ok := t.next(-slack); ok {
		switch {
		case b.end == nil:
			return never("start_date", "lies after the last instant that the fields allow; write an earlier one")
		case b.start == nil:
			return never("end_date", "lies before the first instant that the fields allow; write a later one")
		}
		return never("end_date", "leaves no instant that the fields allow after start_date; write a later one")
	}
	var named []string
	field := ""
	for _, i := range []int{fieldDay, fieldWeek, fieldWeekday, fieldMonth, fieldYear} {
		spec := &fieldSpecs[i]
		text := canonical(spec, p.fields[i])
		if text == "*" {
			continue
		}
		if field == "" {
			field = spec.name
		}
		named = append(named, spec.name+"="+text)
	}
	fields := strings.Join(named, " and ")
	if _, ok := t.spec.nextWall(0); ok {
		return never(field, fmt.Sprintf("clocks in %s skip what fits %s", t.zone.loc, fields))
	}
	return never(field, "no date until the year 9999 fits "+fields)
}

func newIntervalTrigger(s Schedule, z *zone, anchor time.Time) (Trigger, error) {
	every, wrong := s.Interval.seconds()
	b, dates := readBounds(&s, z)
	if err := append(wrong, dates...).err(badSchedule); err != nil {
		return nil, err
	}
	if err := b.backwards(); err != nil {
		return nil, err
	}
	t := &intervalTrigger{zone: z, every: every, end: lastInstant(z)}
	if b.start != nil {
		t.first = b.start.ceilMilli()
	} else {
		a := instantOf(anchor.Truncate(time.Millisecond))
		t.first = instant{a.sec + every, a.nanos}
	}
	if b.end != nil && !b.end.after(t.end) {
		t.end = *b.end
	}
	switch {
	case !t.first.after(t.end):
	case b.start == nil:
		return nil, never("end_date", "lies before the first run, which is one interval after the job is made; write a later one")
	case t.first.after(lastInstant(z)):
		return nil, never("start_date", afterAll)
	default:
		return nil, never("end_date", "leaves no whole millisecond after start_date; write a later one")
	}
	return t, nil
}

// unit is one of the five numbers of an interval.
type unit struct {
	name string
	size int64 // seconds
}

var intervalUnits = []unit{{"weeks", 7 * secondsPerDay}, {"days", secondsPerDay}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}}

func (u *Units) values() []*int64 {
	return []*int64{&u.Weeks, &u.Days, &u.Hours, &u.Minutes, &u.Seconds}
}

const maxIntervalSeconds = int64(maxDuration / time.Second)

// seconds adds the units up. Zero and more than 100 years are wrong.
func (u Units) seconds() (int64, problems) {
	var (
		total int64
		wrong problems
	)
	for i, n := range u.values() {
		switch name := intervalUnits[i].name; {
		case *n < 0:
			wrong.add(name, "is negative; write a whole number, 0 or above")
		case *n > maxIntervalSeconds/intervalUnits[i].size:
			wrong.add(name, "is more than 100 years; write a smaller number")
		default:
			total += *n * intervalUnits[i].size
		}
	}
	switch {
	case len(wrong) > 0:
	case total > maxIntervalSeconds:
		wrong.add("", "the units add up to more than 100 years; write smaller numbers")
	case total == 0:
		wrong.add("", "the interval is zero; write at least one unit above 0, such as seconds=15")
	}
	return total, wrong
}
