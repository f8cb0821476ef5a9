package cronsole

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The oracle says by brute force when an expression fires around a clock
// change. It shares nothing with the code it checks: package time reads every
// minute off the zone's clock, and each minute is held against each field.

var oracleZones = []string{
	"Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Chisinau", "Atlantic/Azores",
	"America/New_York", "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion",
	"America/Nuuk", "America/Scoresbysund", "Pacific/Easter", "Pacific/Auckland", "Pacific/Chatham",
	"Australia/Lord_Howe", "Australia/Sydney", "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun",
	"Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Almaty", "Antarctica/Troll",
}

// oracleFields are written as year month day week day_of_week hour minute second.
var oracleFields = []string{
	"* | * | * | * | * | * | * | 0",
	"* | * | * | * | * | * | 0 | 0",
	"* | * | * | * | * | * | 30 | 0",
	"* | * | * | * | * | * | */15 | 0",
	"* | * | * | * | * | * | */7 | 5",
	"* | * | * | * | * | * | 59 | 10-50/20",
	"* | * | * | * | * | 0-23 | 17 | 30",
	"* | * | * | * | * | */1 | 45 | 0",
	"* | * | * | * | * | 0 | 0 | 0",
	"* | * | * | * | * | 0 | 30 | 0",
	"* | * | * | * | * | 1 | 0 | 0",
	"* | * | * | * | * | 1 | 30 | 0",
	"* | * | * | * | * | 1 | 45 | 59",
	"* | * | * | * | * | 2 | 0 | 0",
	"* | * | * | * | * | 2 | 15 | 0",
	"* | * | * | * | * | 2 | 30 | 0",
	"* | * | * | * | * | 2 | 59 | 0",
	"* | * | * | * | * | 3 | 0 | 0",
	"* | * | * | * | * | 3 | 30 | 0",
	"* | * | * | * | * | 22 | 30 | 0",
	"* | * | * | * | * | 23 | 30 | 0",
	"* | * | * | * | * | 23 | 59 | 59",
	"* | * | * | * | * | 2 | * | 0",
	"* | * | * | * | * | 0-4 | */10 | 0",
	"* | * | * | * | * | 1-3 | 0,30 | 0",
	"* | * | * | * | * | 2,3 | 0 | 0",
	"* | * | * | * | * | 2,3 | 5,20,50 | 0,30",
	"* | * | * | * | * | 0-22 | 0 | 0",
	"* | * | * | * | * | 1-23 | 30 | 0",
	"* | * | * | * | * | */2 | 0 | 0",
	"* | * | * | * | * | */2 | 30 | 0",
	"* | * | * | * | * | */6 | 0 | 0",
	"* | * | * | * | mon-fri | 2 | 30 | 0",
	"* | * | * | * | sun | 2 | 30 | 0",
	"* | * | * | * | sat,sun | * | 30 | 0",
	"* | * | last sun | * | * | 2 | 30 | 0",
	"* | * | last | * | * | 0 | 30 | 0",
	"* | * | 1st sun,2nd sun | * | * | 1-2 | 0,30 | 0",
	"* | mar,oct | 25-31 | * | sun | 1-3 | */20 | 0",
	"* | * | * | 9-14,40-46 | * | 2 | 10 | 0",
	"2024-2030/2 | * | * | * | * | 0-3 | 0 | 0",
	"* | * | */2 | * | 0-6/2 | 1,2 | 30 | 0",
}

// reading is a minute of the wall clock and the instant at which it counts.
type reading struct {
	wall time.Time // on no zone's clock: UTC carries the digits
	at   time.Time
}

// wallClock is what a zone's clock shows around one change.
type wallClock struct {
	from, to time.Time
	shown    []reading // every minute that passes
	once     []reading // every minute's one instant: first pass, gaps shifted
}

func newWallClock(loc *time.Location, change time.Time) *wallClock {
	const around = 40 * time.Hour
	c := &wallClock{from: change.Add(-around), to: change.Add(around)}
	seen := map[time.Time]bool{}
	var previous reading
	// It starts early, so that what lies before the window counts as seen.
	for t := c.from.Add(-30 * time.Hour); t.Before(c.to); t = t.Add(time.Minute) {
		l := t.In(loc)
		r := reading{time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC), t}
		if !previous.at.IsZero() {
			offset := previous.wall.Sub(previous.at)
			for w := previous.wall.Add(time.Minute); w.Before(r.wall); w = w.Add(time.Minute) {
				c.once = append(c.once, reading{w, w.Add(-offset)})
			}
		}
		if !seen[r.wall] {
			seen[r.wall] = true
			c.once = append(c.once, r)
		}
		c.shown = append(c.shown, r)
		previous = r
	}
	return c
}

// fires returns the sorted instants in [from, to) that a schedule asks for.
func (c *wallClock) fires(m *matcher) []int64 {
	readings := c.once
	if m.everyHour {
		readings = c.shown
	}
	var out []int64
	for _, r := range readings {
		if !m.matches(r.wall) {
			continue
		}
		for s := range 60 {
			at := r.at.Unix() + int64(s)
			if m.ok[fieldSecond][s] && at >= c.from.Unix() && at < c.to.Unix() {
				out = append(out, at)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// matcher holds the values each field allows; days are asked by their text.
type matcher struct {
	ok        [fieldCount]map[int]bool
	day       string
	everyHour bool
}

func newMatcher(fields [fieldCount]string) *matcher {
	m := &matcher{day: fields[fieldDay], everyHour: true}
	for i, spec := range fieldSpecs {
		m.ok[i] = map[int]bool{}
		for v := spec.min; v <= min(spec.max, 2100); v++ {
			m.ok[i][v] = listHas(fields[i], v, spec.min, spec.max, spec.names)
		}
	}
	for h := range 24 {
		m.everyHour = m.everyHour && m.ok[fieldHour][h]
	}
	return m
}

func (m *matcher) matches(w time.Time) bool {
	weekday := (int(w.Weekday()) + 6) % 7
	if !m.ok[fieldMinute][w.Minute()] || !m.ok[fieldHour][w.Hour()] || !m.ok[fieldWeekday][weekday] {
		return false
	}
	_, week := w.ISOWeek()
	return m.ok[fieldYear][w.Year()] && m.ok[fieldMonth][int(w.Month())] && m.ok[fieldWeek][week] && m.matchesDay(w)
}

func (m *matcher) matchesDay(w time.Time) bool {
	if m.ok[fieldDay][w.Day()] {
		return true
	}
	nextWeek := w.AddDate(0, 0, 7)
	for item := range strings.SplitSeq(m.day, ",") {
		ordinal, name, two := strings.Cut(item, " ")
		switch {
		case item == "last":
			if w.AddDate(0, 0, 1).Month() != w.Month() {
				return true
			}
		case two && name == strings.ToLower(w.Weekday().String()[:3]):
			if ordinal == "last" && nextWeek.Month() != w.Month() || ordinal[0] == byte('1'+(w.Day()-1)/7) {
				return true
			}
		}
	}
	return false
}

// listHas reads a field the slow and obvious way.
func listHas(list string, v, lowest, highest int, names []string) bool {
	for item := range strings.SplitSeq(list, ",") {
		body, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			step, _ = strconv.Atoi(stepText)
		}
		first, last, ranged := strings.Cut(body, "-")
		value := func(s string) (int, bool) {
			if i := slices.Index(names, s); i >= 0 {
				return lowest + i, true
			}
			n, err := strconv.Atoi(s)
			return n, err == nil
		}
		lo, ok := value(first)
		hi := lo
		switch {
		case body == "*":
			lo, hi, ok = lowest, highest, true
		case ranged:
			hi, _ = value(last)
		case stepped:
			hi = highest
		}
		if ok && v >= lo && v <= hi && (v-lo)%step == 0 {
			return true
		}
	}
	return false
}

func splitFields(t testing.TB, text string) [fieldCount]string {
	t.Helper()
	parts := strings.Split(text, " | ")
	if len(parts) != fieldCount {
		t.Fatalf("%q has %d fields", text, len(parts))
	}
	return [fieldCount]string(parts)
}

// clockChanges returns the instants at which a zone's offset changes, found by
// looking at every hour of the years.
func clockChanges(loc *time.Location, from, to int) []time.Time {
	var out []time.Time
	t := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
	_, before := t.In(loc).Zone()
	for ; t.Year() < to; t = t.Add(time.Hour) {
		_, off := t.In(loc).Zone()
		if off != before {
			out = append(out, t)
		}
		before = off
	}
	return out
}

func TestOracle(t *testing.T) {
	for _, name := range oracleZones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc, err := Location(name)
			if err != nil {
				t.Fatal(err)
			}
			var (
				triggers []Trigger
				matchers []*matcher
			)
			for _, text := range oracleFields {
				fields := splitFields(t, text)
				trigger, err := NewTrigger(Schedule{Type: TypeCron, Cron: cronFields(fields), Timezone: name}, time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				triggers, matchers = append(triggers, trigger), append(matchers, newMatcher(fields))
			}
			changes := clockChanges(loc, 2024, 2031)
			if len(changes) == 0 {
				t.Fatal("no clock change")
			}
			for _, change := range changes {
				clock := newWallClock(loc, change)
				for i := range triggers {
					want := clock.fires(matchers[i])
					if !agrees(t, triggers[i], clock, want) {
						t.Errorf("%s around %s disagrees", oracleFields[i], change.In(loc))
					}
				}
			}
		})
	}
}

// agrees walks the window with Next, back with Last, and counts it.
func agrees(t *testing.T, trigger Trigger, c *wallClock, want []int64) bool {
	t.Helper()
	ok := true
	at := c.from.Add(-time.Second)
	for i, w := range want {
		next, found := trigger.Next(at)
		if !found || next.Unix() != w {
			t.Errorf("Next(%s) = %s, want %s", at.UTC(), next.UTC(), time.Unix(w, 0).UTC())
			return false
		}
		if last, found := trigger.Last(next.Add(-time.Second)); i > 0 && (!found || last.Unix() != want[i-1]) {
			t.Errorf("Last(before %s) = %s, want %s", next, last, time.Unix(want[i-1], 0).UTC())
			return false
		}
		at = next
	}
	if next, found := trigger.Next(at); found && next.Before(c.to) {
		t.Errorf("Next(%s) = %s, want nothing in the window", at, next)
		ok = false
	}
	if n := trigger.Count(c.from.Add(-time.Second), c.to.Add(-time.Second)); n != int64(len(want)) {
		t.Errorf("Count = %d, want %d", n, len(want))
		ok = false
	}
	// Counting from the middle of what a change repeats or skips.
	for i := 0; i < len(want); i += 1 + len(want)/7 {
		if n := trigger.Count(time.Unix(want[i], 0), c.to.Add(-time.Second)); n != int64(len(want)-i-1) {
			t.Errorf("Count from %s = %d, want %d", time.Unix(want[i], 0).UTC(), n, len(want)-i-1)
			ok = false
		}
	}
	return ok
}
