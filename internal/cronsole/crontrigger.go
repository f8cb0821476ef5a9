package cronsole

import (
	"math"
	"time"
)

// cronTrigger puts a cronSpec on a zone's clock.
//
// When the hour field admits all 24 hours, or the schedule takes the clock
// literally, it follows the clock: it fires at every instant whose reading matches. Otherwise every matching
// reading fires once: a repeated one at its first occurrence, a skipped one
// where the offset before the gap puts it.
type cronTrigger struct {
	spec       *cronSpec
	zone       *zone
	everyHour  bool
	follow     bool
	start, end int64 // inclusive unix seconds
}

func (t *cronTrigger) Next(after time.Time) (time.Time, bool) {
	sec, ok := t.next(max(after.Unix()+1, t.start))
	if !ok || sec > t.end {
		return time.Time{}, false
	}
	return t.zone.time(sec), true
}

func (t *cronTrigger) Last(at time.Time) (time.Time, bool) {
	sec, ok := t.last(min(at.Unix(), t.end))
	if !ok || sec < t.start {
		return time.Time{}, false
	}
	return t.zone.time(sec), true
}

func (t *cronTrigger) Count(after, until time.Time) int64 {
	from := max(after.Unix()+1, t.start, -slack)
	to := min(until.Unix(), t.end, maxWall+slack)
	var n int64
	// After a clock change the readings are counted one by one as long as they
	// repeat earlier ones or share their instants with skipped ones.
	special := int64(math.MinInt64)
	for i := t.zone.index(from); from <= to; i++ {
		s, end := t.zone.seg(i), min(t.zone.end(i)-1, to)
		if !t.follow && i > 0 {
			change := s.off - t.zone.seg(i-1).off
			special = max(special, s.from+max(change, -change))
		}
		if from < special {
			n += t.walk(from, min(special-1, end))
			from = min(special, end+1)
		}
		n += t.spec.count(from+s.off, end+1+s.off)
		from = end + 1
	}
	return n
}

// walk counts the fires in [from, to] one by one.
func (t *cronTrigger) walk(from, to int64) int64 {
	var n int64
	for from <= to {
		sec, ok := t.next(from)
		if !ok || sec > to {
			break
		}
		n++
		from = sec + 1
	}
	return n
}

// next returns the first fire at or after lo.
func (t *cronTrigger) next(lo int64) (int64, bool) {
	if lo > maxWall+slack {
		return 0, false
	}
	lo = max(lo, -slack)
	if t.follow {
		return t.nextFollowing(lo)
	}
	return t.nextOnce(lo)
}

// last returns the last fire at or before hi.
func (t *cronTrigger) last(hi int64) (int64, bool) {
	if hi < -slack {
		return 0, false
	}
	hi = min(hi, maxWall+slack)
	if t.follow {
		return t.lastFollowing(hi)
	}
	return t.lastOnce(hi)
}

func (t *cronTrigger) nextFollowing(lo int64) (int64, bool) {
	z := t.zone
	for i := z.index(lo); ; {
		s, end := z.seg(i), z.end(i)
		wall, ok := t.spec.nextWall(max(s.from, lo) + s.off)
		if ok && wall-s.off < end {
			return wall - s.off, true
		}
		if !ok && end > lo+slack {
			return 0, false
		}
		i = z.skipAhead(i, lo, wall, ok)
	}
}

// skipAhead returns the next segment to search after segment i, when a search
// from lo on has found wall to be the first matching reading: a change close
// to lo may turn the clock back before it, later ones cannot.
func (z *zone) skipAhead(i int, lo, wall int64, ok bool) int {
	if !ok || z.end(i) < lo+slack {
		return i + 1
	}
	return max(i+1, z.index(wall-slack))
}

func (t *cronTrigger) lastFollowing(hi int64) (int64, bool) {
	z := t.zone
	for i := z.index(hi); i >= 0; {
		s := z.seg(i)
		wall, ok := t.spec.prevWall(min(z.end(i)-1, hi) + s.off)
		if ok && wall-s.off >= s.from {
			return wall - s.off, true
		}
		if !ok && s.from < hi-slack {
			return 0, false
		}
		i = z.skipBack(i, hi, wall, ok)
	}
	return 0, false
}

// skipBack is the mirror of skipAhead.
func (z *zone) skipBack(i int, hi, wall int64, ok bool) int {
	if !ok || z.seg(i).from > hi-slack {
		return i - 1
	}
	return min(i-1, z.index(wall+slack))
}

func (t *cronTrigger) nextOnce(lo int64) (int64, bool) {
	const none = math.MaxInt64
	z := t.zone
	best := int64(none)
	for i := z.index(lo - slack); ; {
		s, end := z.seg(i), z.end(i)
		if s.from+slack > lo {
			if sec, ok := t.nextInGap(i, lo); ok {
				best = min(best, sec)
			}
		}
		var (
			wall int64
			ok   = true
		)
		if end > lo {
			wall, ok = t.nextDirect(i, max(s.from, lo)+s.off)
			if ok && wall-s.off < end {
				best = min(best, wall-s.off)
			}
		}
		if best != none && best <= end {
			return best, true
		}
		if !ok && end > lo+slack {
			return best, best != none
		}
		i = z.skipAhead(i, lo, wall, ok)
	}
}

// nextDirect returns the first matching reading at or after wall that segment
// i does not repeat. It may lie beyond the segment.
func (t *cronTrigger) nextDirect(i int, wall int64) (int64, bool) {
	s := t.zone.seg(i)
	for {
		w, ok := t.spec.nextWall(wall)
		if !ok || w-s.off >= s.from+slack {
			return w, ok
		}
		_, until, repeated := t.zone.earlier(i, w)
		if !repeated {
			return w, true
		}
		wall = until
	}
}

// earlier reports whether a segment before i has shown a reading already, and
// which readings [from, until) that segment showed.
func (z *zone) earlier(i int, wall int64) (from, until int64, ok bool) {
	for k := i - 1; k >= 0 && z.end(k) > wall-slack; k-- {
		s := z.seg(k)
		if from, until := s.from+s.off, z.end(k)+s.off; from <= wall && wall < until {
			return from, until, true
		}
	}
	return 0, 0, false
}

// nextInGap returns the first fire at or after lo among the readings that the
// change before segment i skips.
func (t *cronTrigger) nextInGap(i int, lo int64) (int64, bool) {
	start, end, before, ok := t.zone.gap(i)
	if !ok {
		return 0, false
	}
	for wall := max(start, lo+before); wall < end; wall++ {
		if wall, ok = t.spec.nextWall(wall); !ok || wall >= end {
			return 0, false
		}
		k, shown := t.zone.occurrence(wall)
		if !shown {
			return wall - before, true
		}
		wall = t.zone.end(k) + t.zone.seg(k).off - 1
	}
	return 0, false
}

func (t *cronTrigger) lastOnce(hi int64) (int64, bool) {
	const none = math.MinInt64
	z := t.zone
	best := int64(none)
	for i := z.index(hi); i >= 0; {
		s := z.seg(i)
		if sec, ok := t.lastInGap(i, hi); ok {
			best = max(best, sec)
		}
		wall, ok := t.lastDirect(i, min(z.end(i)-1, hi)+s.off)
		if ok && wall-s.off >= s.from {
			best = max(best, wall-s.off)
		}
		// What a change before this segment skipped may still lie later.
		if best != none && best >= s.from && (i == 0 || z.seg(i-1).from+slack <= best) {
			return best, true
		}
		if !ok && s.from < hi-slack || best != none && s.from+slack <= best {
			break
		}
		i = z.skipBack(i, hi, wall, ok)
	}
	return best, best != none
}

// lastDirect returns the last matching reading at or before wall that segment
// i does not repeat. It may lie before the segment; then no matching reading
// lies between.
func (t *cronTrigger) lastDirect(i int, wall int64) (int64, bool) {
	s := t.zone.seg(i)
	for {
		w, ok := t.spec.prevWall(wall)
		if !ok || w-s.off < s.from || w-s.off >= s.from+slack {
			return w, ok
		}
		from, _, repeated := t.zone.earlier(i, w)
		if !repeated {
			return w, true
		}
		if wall = from - 1; wall-s.off < s.from {
			return s.from + s.off - 1, true // the repeated ones are for the earlier segment
		}
	}
}

// lastInGap returns the last fire at or before hi among the readings that the
// change before segment i skips.
func (t *cronTrigger) lastInGap(i int, hi int64) (int64, bool) {
	start, end, before, ok := t.zone.gap(i)
	if !ok {
		return 0, false
	}
	for wall := min(end-1, hi+before); wall >= start; wall-- {
		if wall, ok = t.spec.prevWall(wall); !ok || wall < start {
			return 0, false
		}
		k, shown := t.zone.occurrence(wall)
		if !shown {
			return wall - before, true
		}
		wall = t.zone.seg(k).from + t.zone.seg(k).off
	}
	return 0, false
}
