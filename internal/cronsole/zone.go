package cronsole

import (
	"math"
	"time"
)

// slack is more than any two UTC offsets ever differed, and more than any
// clock change ever skipped or repeated. A reading of the wall clock lies
// within it of the instant with the same number.
const slack = 48 * 3600

// segment is a stretch of time with one UTC offset. It ends where the next begins.
type segment struct {
	from int64 // unix seconds
	off  int64 // seconds east of UTC
}

// zone is a time zone as a table of its offsets. Rules that go on for ever
// repeat with the Gregorian calendar every 400 years, so the table ends with
// one such cycle and is complete with a few hundred entries.
type zone struct {
	loc   *time.Location
	segs  []segment
	cycle int // index of the first segment of the cycle; 0: there is none
}

const cycleSeconds = 146097 * secondsPerDay

// explicitUntil is past the last change that any zone lists by date (2087).
var explicitUntil = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

func newZone(loc *time.Location) *zone {
	z := &zone{loc: loc}
	t := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	_, off := t.Zone()
	z.segs = []segment{{math.MinInt64 / 2, int64(off)}}
	for {
		_, end := t.ZoneBounds()
		if end.IsZero() {
			return z
		}
		if !end.After(t) { // package time ends leap years a day early
			end = t.Add(day)
		}
		t = end
		_, off := t.Zone()
		if int64(off) == z.segs[len(z.segs)-1].off {
			if t.Year() > 2600 {
				return z
			}
			continue
		}
		switch {
		case z.cycle == 0 && t.Unix() >= explicitUntil:
			z.cycle = len(z.segs)
		case z.cycle > 0 && t.Unix() >= z.segs[z.cycle].from+cycleSeconds:
			return z
		}
		z.segs = append(z.segs, segment{t.Unix(), int64(off)})
	}
}

// seg returns the i-th segment, as far into the future as is asked for.
func (z *zone) seg(i int) segment {
	if i < len(z.segs) {
		return z.segs[i]
	}
	n := len(z.segs) - z.cycle
	k := (i - z.cycle) / n
	s := z.segs[z.cycle+(i-z.cycle)%n]
	s.from += int64(k) * cycleSeconds
	return s
}

// end returns where the i-th segment ends.
func (z *zone) end(i int) int64 {
	if z.cycle == 0 && i+1 >= len(z.segs) {
		return math.MaxInt64 / 2
	}
	return z.seg(i + 1).from
}

// index returns the number of the segment that holds an instant.
func (z *zone) index(t int64) int {
	k := 0
	if z.cycle > 0 {
		if first := z.segs[z.cycle].from; t >= first+cycleSeconds {
			k = int((t - first) / cycleSeconds)
			t -= int64(k) * cycleSeconds
		}
	}
	lo, hi := 0, len(z.segs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; z.segs[mid].from <= t {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + k*(len(z.segs)-z.cycle)
}

// offset returns the seconds east of UTC at an instant.
func (z *zone) offset(t int64) int64 { return z.seg(z.index(t)).off }

// gap returns the readings [start, end) that the change at the beginning of
// segment i skips, and the offset before it; ok is false when it skips none.
func (z *zone) gap(i int) (start, end, before int64, ok bool) {
	if i == 0 {
		return 0, 0, 0, false
	}
	s, b := z.seg(i), z.seg(i-1).off
	return s.from + b, s.from + s.off, b, b < s.off
}

// occurrence returns the first segment that shows a reading of the wall clock;
// false when no segment does.
func (z *zone) occurrence(wall int64) (int, bool) {
	for i := z.index(wall - slack); ; i++ {
		s := z.seg(i)
		if s.from > wall+slack {
			return 0, false
		}
		if s.from+s.off <= wall && wall < z.end(i)+s.off {
			return i, true
		}
		if z.end(i) > wall+slack {
			return 0, false
		}
	}
}

// instant turns a reading of the wall clock into an instant: the first
// occurrence of a repeated one; a skipped one is read with the offset before
// the gap.
func (z *zone) instant(wall int64) int64 {
	if i, ok := z.occurrence(wall); ok {
		return wall - z.seg(i).off
	}
	for i := z.index(wall - slack); ; i++ {
		if start, end, before, ok := z.gap(i); ok && start <= wall && wall < end {
			return wall - before
		}
		if z.end(i) > wall+slack {
			return wall - z.seg(i).off
		}
	}
}

// changes returns the numbers of the segments that begin in (after, until].
func (z *zone) changes(after, until int64) []int {
	var out []int
	for i := z.index(after) + 1; z.end(i-1) <= until; i++ {
		out = append(out, i)
	}
	return out
}

// time returns an instant on the zone's clock.
func (z *zone) time(sec int64) time.Time { return time.Unix(sec, 0).In(z.loc) }
