package cronsole

import "math/bits"

// cronSpec is a cron schedule compiled to bitmaps over the wall clock. It knows
// nothing of time zones; see cronTrigger. Its searches allocate nothing.
type cronSpec struct {
	hours   uint32
	minutes uint64
	seconds uint64
	months  uint16
	weeks   uint64    // 0: every week
	years   []element // nil: every year

	// days holds the matching days of a month by its length (from 28) and the
	// weekday of its first day; day, day_of_week and "last" are all in it.
	days [4][7]uint32

	// shapes has a bit for every yearShape with a matching day, so that
	// searching 8,000 years for what never comes is quick.
	shapes uint32

	perDay int64 // fires on a matching day
}

// parsedCron is the eight fields after the rule for omitted ones.
type parsedCron struct {
	fields [fieldCount][]element
	given  [fieldCount]bool
}

// parseCron reads the fields. Omitted ones before the last given one are "*",
// those after it their minimum, but week and day_of_week are always "*"; with
// no field at all every field is "*".
func parseCron(f *CronFields) (*parsedCron, problems) {
	var (
		p     parsedCron
		wrong problems
	)
	last := -1
	for i, text := range f.values() {
		if text == "" {
			continue
		}
		spec := &fieldSpecs[i]
		elements, err := parseField(spec, text)
		if err != nil {
			wrong.add(spec.name, "%s", err)
			continue
		}
		p.fields[i], p.given[i] = elements, true
		last = i
	}
	for i := range p.fields {
		if p.given[i] {
			continue
		}
		spec := &fieldSpecs[i]
		e := element{star: true, lo: spec.min, hi: spec.max, step: 1}
		if last >= 0 && i > last && i != fieldWeek && i != fieldWeekday {
			e = element{lo: spec.min, hi: spec.min, step: 1}
		}
		p.fields[i] = []element{e}
	}
	return &p, wrong
}

// compile turns the fields into bitmaps.
func (p *parsedCron) compile() *cronSpec {
	c := &cronSpec{
		hours:   uint32(set(p.fields[fieldHour])),
		minutes: set(p.fields[fieldMinute]),
		seconds: set(p.fields[fieldSecond]),
		months:  uint16(set(p.fields[fieldMonth])),
		weeks:   set(p.fields[fieldWeek]),
	}
	if c.weeks == fieldSpecs[fieldWeek].full() {
		c.weeks = 0
	}
	if !everyYear(p.fields[fieldYear]) {
		c.years = p.fields[fieldYear]
	}
	weekdays := set(p.fields[fieldWeekday])
	for length := 28; length <= 31; length++ {
		for first := range 7 {
			c.days[length-28][first] = monthDays(p.fields[fieldDay], weekdays, length, first)
		}
	}
	for i := range 28 {
		shape := yearShape{first: i / 4, leap: i&2 != 0, leapBefore: i&1 != 0}
		for m := 1; m <= 12; m++ {
			if c.monthMask(shape, m) != 0 {
				c.shapes |= 1 << i
				break
			}
		}
	}
	c.perDay = int64(bits.OnesCount32(c.hours)) * int64(bits.OnesCount64(c.minutes)) * int64(bits.OnesCount64(c.seconds))
	return c
}

func everyYear(elements []element) bool {
	for i := range elements {
		if e := &elements[i]; e.lo == minYear && e.hi == maxYear && e.step == 1 {
			return true
		}
	}
	return false
}

// monthDays returns the matching days of a month of the given length that
// begins on the given weekday.
func monthDays(elements []element, weekdays uint64, length, first int) uint32 {
	s := set(elements) & span(1, length)
	for i := range elements {
		e := &elements[i]
		switch e.kind {
		case kindLastDay:
			s |= 1 << length
		case kindNth:
			d := 1 + (e.lo-first+7)%7
			if e.ordinal == lastOrdinal {
				d += (length - d) / 7 * 7
			} else {
				d += 7 * e.ordinal
			}
			if d <= length {
				s |= 1 << d
			}
		}
	}
	for d := 1; d <= length; d++ {
		if weekdays>>((first+d-1)%7)&1 == 0 {
			s &^= 1 << d
		}
	}
	return uint32(s)
}

// monthMask returns the matching days of month m of a year as bits 1 to 31.
func (c *cronSpec) monthMask(shape yearShape, m int) uint32 {
	if c.months>>m&1 == 0 {
		return 0
	}
	start := shape.monthStart(m)
	first := (shape.first + start) % 7
	length := monthLength(m, shape.leap)
	mask := c.days[length-28][first]
	if c.weeks == 0 || mask == 0 {
		return mask
	}
	for d := 1; d <= length; {
		end := min(length, d+6-(first+d-1)%7) // Sunday, or the end of the month
		if c.weeks>>shape.isoWeek(start+d-1)&1 == 0 {
			mask &^= uint32(span(d, end))
		}
		d = end + 1
	}
	return mask
}

// nextDay returns the first matching day at or after the given one.
func (c *cronSpec) nextDay(days int) (int, bool) {
	y, m, d := date(days)
	for y <= maxYear {
		shape := shapeOf(y)
		if c.shapes>>shape.index()&1 != 0 && c.hasYear(y) {
			for ; m <= 12; m++ {
				if mask := c.monthMask(shape, m) & (^uint32(0) << d); mask != 0 {
					return dayNumber(y, m, bits.TrailingZeros32(mask)), true
				}
				d = 1
			}
		}
		y, m, d = y+1, 1, 1
		if c.years != nil {
			if y = c.nextYear(y); y == 0 {
				return 0, false
			}
		}
	}
	return 0, false
}

// prevDay returns the last matching day at or before the given one.
func (c *cronSpec) prevDay(days int) (int, bool) {
	y, m, d := date(days)
	for y >= minYear {
		shape := shapeOf(y)
		if c.shapes>>shape.index()&1 != 0 && c.hasYear(y) {
			for ; m >= 1; m-- {
				if mask := c.monthMask(shape, m) & uint32(1<<(d+1)-1); mask != 0 {
					return dayNumber(y, m, 31-bits.LeadingZeros32(mask)), true
				}
				d = 31
			}
		}
		y, m, d = y-1, 12, 31
		if c.years != nil {
			if y = c.prevYear(y); y == 0 {
				return 0, false
			}
		}
	}
	return 0, false
}

func (c *cronSpec) hasYear(y int) bool {
	return c.years == nil || c.nextYear(y) == y
}

// nextYear returns the first year of the list at or after y; 0 when there is none.
func (c *cronSpec) nextYear(y int) int {
	best := 0
	for i := range c.years {
		e := &c.years[i]
		n := e.lo
		if y > n {
			n += (y - n + e.step - 1) / e.step * e.step
		}
		if n <= e.hi && (best == 0 || n < best) {
			best = n
		}
	}
	return best
}

// prevYear returns the last year of the list at or before y; 0 when there is none.
func (c *cronSpec) prevYear(y int) int {
	best := 0
	for i := range c.years {
		e := &c.years[i]
		if y < e.lo {
			continue
		}
		n := e.lo + (min(y, e.hi)-e.lo)/e.step*e.step
		best = max(best, n)
	}
	return best
}

// hasDay reports whether a day matches.
func (c *cronSpec) hasDay(days int) bool {
	y, m, d := date(days)
	return c.hasYear(y) && c.monthMask(shapeOf(y), m)>>d&1 != 0
}

// nextWall returns the first matching reading at or after wall; false when
// there is none up to maxWall.
func (c *cronSpec) nextWall(wall int64) (int64, bool) {
	wall = max(wall, 0)
	if wall > maxWall {
		return 0, false
	}
	days, tod := int(wall/secondsPerDay), int(wall%secondsPerDay)
	d, ok := c.nextDay(days)
	if !ok {
		return 0, false
	}
	if d == days {
		if t, ok := c.nextTime(tod); ok {
			return int64(d)*secondsPerDay + int64(t), true
		}
		if d, ok = c.nextDay(days + 1); !ok {
			return 0, false
		}
	}
	return int64(d)*secondsPerDay + int64(c.firstTime()), true
}

// prevWall returns the last matching reading at or before wall; false when
// there is none since 1970.
func (c *cronSpec) prevWall(wall int64) (int64, bool) {
	wall = min(wall, maxWall)
	if wall < 0 {
		return 0, false
	}
	days, tod := int(wall/secondsPerDay), int(wall%secondsPerDay)
	d, ok := c.prevDay(days)
	if !ok {
		return 0, false
	}
	if d == days {
		if t, ok := c.prevTime(tod); ok {
			return int64(d)*secondsPerDay + int64(t), true
		}
		if d, ok = c.prevDay(days - 1); !ok {
			return 0, false
		}
	}
	return int64(d)*secondsPerDay + int64(c.lastTime()), true
}

func (c *cronSpec) firstTime() int {
	return lowest(uint64(c.hours))*3600 + lowest(c.minutes)*60 + lowest(c.seconds)
}

func (c *cronSpec) lastTime() int {
	return highest(uint64(c.hours))*3600 + highest(c.minutes)*60 + highest(c.seconds)
}

// nextTime returns the first matching second of a day at or after tod.
func (c *cronSpec) nextTime(tod int) (int, bool) {
	h, m, s := tod/3600, tod/60%60, tod%60
	if c.hours>>h&1 != 0 {
		if c.minutes>>m&1 != 0 {
			if rest := c.seconds >> s; rest != 0 {
				return tod + lowest(rest), true
			}
		}
		if rest := c.minutes >> (m + 1); rest != 0 {
			return h*3600 + (m+1+lowest(rest))*60 + lowest(c.seconds), true
		}
	}
	if rest := c.hours >> (h + 1); rest != 0 {
		return (h+1+lowest(uint64(rest)))*3600 + lowest(c.minutes)*60 + lowest(c.seconds), true
	}
	return 0, false
}

// prevTime returns the last matching second of a day at or before tod.
func (c *cronSpec) prevTime(tod int) (int, bool) {
	h, m, s := tod/3600, tod/60%60, tod%60
	if c.hours>>h&1 != 0 {
		if c.minutes>>m&1 != 0 {
			if rest := c.seconds & (1<<(s+1) - 1); rest != 0 {
				return tod - s + highest(rest), true
			}
		}
		if rest := c.minutes & (1<<m - 1); rest != 0 {
			return h*3600 + highest(rest)*60 + highest(c.seconds), true
		}
	}
	if rest := uint64(c.hours) & (1<<h - 1); rest != 0 {
		return highest(rest)*3600 + highest(c.minutes)*60 + highest(c.seconds), true
	}
	return 0, false
}

// count returns how many matching readings lie in [from, to).
func (c *cronSpec) count(from, to int64) int64 {
	from, to = max(from, 0), min(to, maxWall+1)
	if from >= to {
		return 0
	}
	first, last := int(from/secondsPerDay), int(to/secondsPerDay)
	n := c.countDays(first, last) * c.perDay
	if c.hasDay(first) {
		n -= c.countTimes(int(from % secondsPerDay))
	}
	if rest := int(to % secondsPerDay); rest > 0 && c.hasDay(last) {
		n += c.countTimes(rest)
	}
	return n
}

// countDays returns how many matching days lie in [from, to).
func (c *cronSpec) countDays(from, to int) int64 {
	var n int64
	for from < to {
		y, m, d := date(from)
		shape := shapeOf(y)
		if d == 1 && m == 1 && (c.shapes>>shape.index()&1 == 0 || !c.hasYear(y)) {
			from = dayNumber(y+1, 1, 1)
			continue
		}
		length := monthLength(m, shape.leap)
		end := min(from+length-d+1, to)
		if c.hasYear(y) {
			n += int64(bits.OnesCount32(c.monthMask(shape, m) & uint32(span(d, d+end-from-1))))
		}
		from = end
	}
	return n
}

// countTimes returns how many matching seconds of a day lie before tod.
func (c *cronSpec) countTimes(tod int) int64 {
	h, m, s := tod/3600, tod/60%60, tod%60
	minutes, seconds := int64(bits.OnesCount64(c.minutes)), int64(bits.OnesCount64(c.seconds))
	n := int64(bits.OnesCount32(c.hours&(1<<h-1))) * minutes * seconds
	if c.hours>>h&1 != 0 {
		n += int64(bits.OnesCount64(c.minutes&(1<<m-1))) * seconds
		if c.minutes>>m&1 != 0 {
			n += int64(bits.OnesCount64(c.seconds & (1<<s - 1)))
		}
	}
	return n
}
