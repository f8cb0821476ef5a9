package cronsole

// Civil arithmetic on plain integers: package time answers the same questions,
// but through normalisation and a zone lookup that a search over days cannot
// afford. A wall clock reading is the number of seconds since 1970-01-01
// 00:00:00 on that clock; weekdays count from 0 = Monday.

const (
	secondsPerDay = 86400
	minYear       = 1970
	maxYear       = 9999

	// maxWall is 9999-12-31 23:59:59, the last reading that is ever searched.
	maxWall = 253402300799
)

// daysBefore[m-1] is the number of days of a common year before month m.
var daysBefore = [12]int{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// dayNumber returns the days from 1970-01-01 to the given date of the
// proleptic Gregorian calendar.
func dayNumber(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// date is the inverse of dayNumber.
func date(days int) (y, m, d int) {
	days += 719468
	era := floorDiv(days, 146097)
	doe := days - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	y = yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, d
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// weekday returns the weekday of a day number, 0 = Monday.
func weekday(days int) int {
	w := (days + 3) % 7
	if w < 0 {
		w += 7
	}
	return w
}

func monthLength(m int, leap bool) int {
	switch m {
	case 2:
		if leap {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// yearShape is all that a calendar page depends on: the weekday of 1 January,
// whether the year is a leap year, and whether the year before was one (it
// decides whether early January belongs to week 52 or 53).
type yearShape struct {
	first            int
	leap, leapBefore bool
}

func shapeOf(y int) yearShape {
	return yearShape{first: weekday(dayNumber(y, 1, 1)), leap: isLeap(y), leapBefore: isLeap(y - 1)}
}

// index numbers the shapes from 0 to 27.
func (s yearShape) index() int {
	i := s.first * 4
	if s.leap {
		i += 2
	}
	if s.leapBefore {
		i++
	}
	return i
}

// monthStart returns the day of the year (from 0) on which month m begins.
func (s yearShape) monthStart(m int) int {
	n := daysBefore[m-1]
	if s.leap && m > 2 {
		n++
	}
	return n
}

// weeks returns how many ISO weeks a year has that begins on the given weekday.
func weeksInYear(first int, leap bool) int {
	if first == 3 || leap && first == 2 {
		return 53
	}
	return 52
}

// isoWeek returns the ISO week of a day of the year (from 0).
func (s yearShape) isoWeek(dayOfYear int) int {
	wd := (s.first + dayOfYear) % 7
	week := (dayOfYear - wd + 10) / 7
	switch {
	case week == 0:
		before := 365
		if s.leapBefore {
			before++
		}
		first := ((s.first-before)%7 + 7) % 7
		return weeksInYear(first, s.leapBefore)
	case week == 53 && weeksInYear(s.first, s.leap) == 52:
		return 1
	}
	return week
}
