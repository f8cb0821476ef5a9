package cronsole

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
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

// dayFields tell days, months, weeks and years apart at their very edges.
var dayFields = []string{
	"* | * | * | * | * | * | * | *",
	"* | * | * | * | * | 0,23 | 0,59 | 0,1,58,59",
	"* | feb | 29 | * | * | 0,23 | 0,59 | *",
	"* | feb | last | * | * | 23 | 59 | 58-59",
	"* | feb | 28 | * | * | * | * | *",
	"* | mar | 1 | * | * | 0 | 0 | 0-1",
	"* | * | last | * | * | * | 59 | 59",
	"* | * | 1 | * | * | * | 0 | 0",
	"* | * | 31 | * | * | 23 | 59 | *",
	"* | * | 5th mon,5th tue,5th wed,5th thu,5th fri,5th sat,5th sun | * | * | 0,23 | * | 0,59",
	"* | * | last mon,last fri,1st wed,1st sun | * | * | 0,23 | * | 0,59",
	"* | * | * | 9 | * | 0,23 | * | *",
	"* | * | * | 1 | * | 0,23 | * | *",
	"* | * | * | 52 | * | 0,23 | * | *",
	"* | * | * | 53 | * | 0,23 | * | *",
	"* | * | */2 | * | * | 0,23 | * | *",
	"* | */2 | * | * | mon-fri | 0,23 | * | *",
	"1970/4 | * | * | * | * | 0,23 | * | *",
	"2028,2096,2100,2400 | 2-3 | * | * | * | 0,23 | * | *",
	"2027-9999/3 | * | * | * | * | * | * | *",
}

// reading is a moment of the wall clock and the instant at which it counts.
type reading struct {
	day int // since 1970
	tod int // second of the day
	at  int64
}

func (r reading) wall() int64 { return int64(r.day)*secondsPerDay + int64(r.tod) }

// wallClock is what a zone's clock shows in [from, to).
type wallClock struct {
	from, to int64
	unit     int64     // seconds between readings: a minute, or 1 where offsets ask for it
	shown    []reading // everything that passes
	once     []reading // the one instant of each: first pass, gaps shifted
	days     map[int]time.Time
}

// newWallClock looks at a clock for some time around an instant. It begins
// early, so that what lies before the window counts as seen: by more than the
// clock may have been set back.
func newWallClock(loc *time.Location, middle time.Time, around, early time.Duration, unit int64) *wallClock {
	first := middle.Unix() / unit * unit
	c := &wallClock{from: first - int64(around/time.Second), to: first + int64(around/time.Second), unit: unit, days: map[int]time.Time{}}
	var (
		seen    = map[int64]bool{}
		skipped []reading
	)
	for at := c.from - int64(early/time.Second); at < c.to; at += unit {
		r := c.read(loc, at)
		if n := len(c.shown); n > 0 {
			before := c.shown[n-1]
			for w := before.wall() + unit; w < r.wall(); w += unit {
				s := c.read(time.UTC, w)
				s.at = w - (before.wall() - before.at)
				skipped = append(skipped, s)
			}
		}
		c.shown = append(c.shown, r)
		if w := r.wall(); !seen[w] {
			seen[w] = true
			c.once = append(c.once, r)
		}
	}
	for _, s := range skipped {
		if !seen[s.wall()] {
			c.once = append(c.once, s)
		}
	}
	return c
}

// read looks at a zone's clock.
func (c *wallClock) read(loc *time.Location, at int64) reading {
	l := time.Unix(at, 0).In(loc)
	y, m, d := l.Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	hour, minute, second := l.Clock()
	r := reading{day: int(date.Unix() / secondsPerDay), tod: hour*3600 + minute*60 + second, at: at}
	c.days[r.day] = date
	return r
}

// fires returns the sorted instants in [from, to) that a schedule asks for.
func (c *wallClock) fires(m *matcher) []int64 {
	readings := c.once
	if m.everyHour || m.literal {
		readings = c.shown
	}
	days := map[int]bool{}
	for n, date := range c.days {
		days[n] = m.matchesDay(date)
	}
	var (
		out   = make([]int64, 0, len(readings))
		day   = -1 << 62
		ofDay bool
	)
	for _, r := range readings {
		if r.day != day {
			day, ofDay = r.day, days[r.day]
		}
		if !ofDay || !m.hour[r.tod/3600] || !m.minute[r.tod/60%60] {
			continue
		}
		for s := range c.unit {
			if at := r.at + s; m.second[int64(r.tod%60)+s] && at >= c.from && at < c.to {
				out = append(out, at)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// matcher asks the fields by their text.
type matcher struct {
	fields         [fieldCount]string
	hour           [24]bool
	minute, second [60]bool
	everyHour      bool
	literal        bool // dst=literal
}

// literally is the same under dst=literal.
func (m *matcher) literally() *matcher {
	other := *m
	other.literal = true
	return &other
}

func newMatcher(fields [fieldCount]string) *matcher {
	m := &matcher{fields: fields, everyHour: true}
	for h := range m.hour {
		m.hour[h] = m.has(fieldHour, h)
		m.everyHour = m.everyHour && m.hour[h]
	}
	for i := range 60 {
		m.minute[i], m.second[i] = m.has(fieldMinute, i), m.has(fieldSecond, i)
	}
	return m
}

func (m *matcher) has(field, v int) bool {
	spec := &fieldSpecs[field]
	return listHas(m.fields[field], v, spec.min, spec.max, spec.names)
}

// matches looks at the digits of a reading; its zone does not matter.
func (m *matcher) matches(w time.Time) bool {
	return m.hour[w.Hour()] && m.minute[w.Minute()] && m.second[w.Second()] && m.matchesDay(w)
}

func (m *matcher) matchesDay(w time.Time) bool {
	_, week := w.ISOWeek()
	return m.has(fieldYear, w.Year()) && m.has(fieldMonth, int(w.Month())) && m.has(fieldWeek, week) &&
		m.has(fieldWeekday, (int(w.Weekday())+6)%7) && m.matchesDayOfMonth(w)
}

func (m *matcher) matchesDayOfMonth(w time.Time) bool {
	if m.has(fieldDay, w.Day()) {
		return true
	}
	nextWeek := w.AddDate(0, 0, 7)
	for item := range strings.SplitSeq(m.fields[fieldDay], ",") {
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

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := Location(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// eachOracleZone runs a test in every zone, with the triggers of the fields.
func eachOracleZone(t *testing.T, fields []string, check func(t *testing.T, loc *time.Location, triggers []Trigger, matchers []*matcher)) {
	var matchers []*matcher
	for _, text := range fields {
		matchers = append(matchers, newMatcher(splitFields(t, text)))
	}
	for _, name := range oracleZones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var triggers []Trigger
			for _, text := range fields {
				triggers = append(triggers, mustTrigger(t, cronIn(name, text, t)))
			}
			check(t, location(t, name), triggers, matchers)
		})
	}
}

func TestOracle(t *testing.T) {
	eachOracleZone(t, oracleFields, func(t *testing.T, loc *time.Location, triggers []Trigger, matchers []*matcher) {
		changes := clockChanges(loc, 2024, 2031)
		if len(changes) == 0 {
			t.Fatal("no clock change")
		}
		var literal []Trigger
		for _, text := range oracleFields {
			s := cronIn(loc.String(), text, t)
			s.DST = DSTLiteral
			literal = append(literal, mustTrigger(t, s))
		}
		for _, change := range changes {
			clock := newWallClock(loc, change, 72*time.Hour, 30*time.Hour, 60)
			for i := range triggers {
				if d := clock.disagreement(triggers[i], matchers[i]); d != "" {
					t.Errorf("%s around %s: %s", oracleFields[i], change.In(loc), d)
				}
				if d := clock.disagreement(literal[i], matchers[i].literally()); d != "" {
					t.Errorf("%s around %s, dst=literal: %s", oracleFields[i], change.In(loc), d)
				}
			}
			// Due on that day alone: the search has to come from far away.
			for _, times := range []string{"* | */10", "* | 50", "0-3 | */10", "0-3 | 50", "0,23 | 30"} {
				at := change.Add(-time.Hour).In(loc)
				text := fmt.Sprintf("%d | %d | %d | * | * | %s | 0", at.Year(), at.Month(), at.Day(), times)
				if d := clock.disagreement(mustTrigger(t, cronIn(loc.String(), text, t)), newMatcher(splitFields(t, text))); d != "" {
					t.Errorf("%s around %s: %s", text, change.In(loc), d)
				}
			}
		}
	})
}

// The years of a leap day at its usual place, of the last one before a
// century without, of that century, and of the next one with.
func TestOracleAtLeapDaysAndYearEnds(t *testing.T) {
	var midnights []time.Time
	add := func(y int, m time.Month, d int) {
		midnights = append(midnights, time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	}
	for _, y := range []int{2028, 2096, 2100, 2400} {
		add(y, time.February, 29)
		add(y, time.March, 1)
		add(y, time.March, 2)
		add(y+1, time.January, 1)
	}
	for y := 2026; y <= 2033; y++ { // every way in which ISO weeks meet a year
		add(y, time.January, 1)
		add(y, time.January, 4)
		for monday := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC); ; monday = monday.AddDate(0, 0, -1) {
			if monday.Weekday() == time.Monday {
				midnights = append(midnights, monday)
				break
			}
		}
	}
	eachOracleZone(t, dayFields, func(t *testing.T, loc *time.Location, triggers []Trigger, matchers []*matcher) {
		for _, m := range midnights {
			midnight := time.Date(m.Year(), m.Month(), m.Day(), 0, 0, 0, 0, loc)
			clock := newWallClock(loc, midnight, 2*time.Minute, 4*time.Hour, 60)
			for i := range triggers {
				if d := clock.disagreement(triggers[i], matchers[i]); d != "" {
					t.Errorf("%s around %s: %s", dayFields[i], midnight, d)
				}
			}
		}
	})
}

// Liberia's clock was 44 minutes and 30 seconds behind until 1972.
func TestOracleWhereAnOffsetHasSeconds(t *testing.T) {
	loc := location(t, "Africa/Monrovia")
	for _, change := range clockChanges(loc, 1970, 1980) {
		clock := newWallClock(loc, change, 5*time.Hour, 30*time.Hour, 1)
		for _, text := range append(oracleFields, dayFields...) {
			if d := clock.disagreement(mustTrigger(t, cronIn("Africa/Monrovia", text, t)), newMatcher(splitFields(t, text))); d != "" {
				t.Errorf("%s around %s: %s", text, change.In(loc), d)
			}
		}
	}
}

func TestAnyFieldsAroundAnyClockChangeAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := zoneNames().Draw(t, "zone")
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		middle := instants(z).Draw(t, "around")
		clock := newWallClock(z.loc, middle, 36*time.Hour, 30*time.Hour, 60)
		if z.offset(clock.from-2*secondsPerDay)%60 != 0 {
			clock = newWallClock(z.loc, middle, 5*time.Hour, 30*time.Hour, 1)
		}
		for range 3 {
			fields := cronTexts(middle.In(z.loc).Year()).Draw(t, "fields")
			m := newMatcher(fields)
			for dst, m := range map[DST]*matcher{DSTDefault: m, DSTLiteral: m.literally()} {
				trigger, err := NewTrigger(Schedule{Type: TypeCron, Cron: cronFields(fields), Timezone: name, DST: dst}, time.Time{})
				if err != nil {
					continue // never due; TestSchedulesThatCanNeverFire looks at these
				}
				if d := clock.disagreement(trigger, m); d != "" {
					t.Fatalf("%s in %s, dst=%s: %s", fields, name, dst, d)
				}
			}
		}
	})
}

// disagreement walks the window with Next, back with Last, and counts it; it
// is empty when all are as the oracle says.
func (c *wallClock) disagreement(trigger Trigger, m *matcher) string {
	want := c.fires(m)
	for _, check := range []func(Trigger, []int64) string{c.walk, c.look, c.approach, c.count} {
		if d := check(trigger, want); d != "" {
			return d
		}
	}
	return ""
}

func differ(question string, at int64, got time.Time, want int64) string {
	return fmt.Sprintf("%s(%s) = %s, want %s", question, time.Unix(at, 0).UTC(), got.UTC(), time.Unix(want, 0).UTC())
}

// walk goes from fire to fire.
func (c *wallClock) walk(trigger Trigger, want []int64) string {
	at := c.from - 1
	for i, w := range want {
		next, found := trigger.Next(time.Unix(at, 0))
		if !found || next.Unix() != w {
			return differ("Next", at, next, w)
		}
		if last, found := trigger.Last(time.Unix(w-1, 0)); i > 0 && (!found || last.Unix() != want[i-1]) {
			return differ("Last", w-1, last, want[i-1])
		}
		at = w
	}
	if next, found := trigger.Next(time.Unix(at, 0)); found && next.Unix() < c.to {
		return differ("Next", at, next, c.to)
	}
	return ""
}

// look asks at moments that are no fires, where readings are skipped or repeated.
func (c *wallClock) look(trigger Trigger, want []int64) string {
	middle := (c.from + c.to) / 2
	for at := max(c.from, middle-5*3600); at < min(c.to, middle+5*3600); at += 601 {
		i, exact := slices.BinarySearch(want, at)
		if exact {
			i++
		}
		if next, _ := trigger.Next(time.Unix(at, 0)); i < len(want) && next.Unix() != want[i] {
			return differ("Next", at, next, want[i])
		}
		if last, _ := trigger.Last(time.Unix(at, 0)); i > 0 && last.Unix() != want[i-1] {
			return differ("Last", at, last, want[i-1])
		}
	}
	return ""
}

// approach comes from far away: from the fires before and after the window, or
// from the ends of time.
func (c *wallClock) approach(trigger Trigger, want []int64) string {
	if len(want) == 0 {
		return ""
	}
	before, _ := trigger.Last(time.Unix(c.from-1, 0))
	if next, found := trigger.Next(before); !found || next.Unix() != want[0] {
		return differ("Next", before.Unix(), next, want[0])
	}
	after, found := trigger.Next(time.Unix(c.to-1, 0))
	if !found {
		after = time.Unix(maxWall, 0)
	}
	if last, found := trigger.Last(after.Add(-time.Second)); !found || last.Unix() != want[len(want)-1] {
		return differ("Last", after.Unix()-1, last, want[len(want)-1])
	}
	return ""
}

// count begins before the window, and in the middle of what a change repeats
// or skips.
func (c *wallClock) count(trigger Trigger, want []int64) string {
	end := time.Unix(c.to-1, 0)
	if n := trigger.Count(time.Unix(c.from-1, 0), end); n != int64(len(want)) {
		return fmt.Sprintf("Count = %d, want %d", n, len(want))
	}
	for i := 0; i < len(want); i += 1 + len(want)/7 {
		if n := trigger.Count(time.Unix(want[i], 0), end); n != int64(len(want)-i-1) {
			return fmt.Sprintf("Count from %s = %d, want %d", time.Unix(want[i], 0).UTC(), n, len(want)-i-1)
		}
	}
	return ""
}
