package cronsole

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// scene is a schedule, its trigger and a moment from which it is looked at.
type scene struct {
	schedule Schedule
	zone     *zone
	anchor   time.Time
	trigger  Trigger
	after    time.Time
	bounds   bounds
}

// newScene lets fill write the part of the schedule that belongs to its type.
// It is nil when the schedule can never fire.
func newScene(t *rapid.T, fill func(*rapid.T, *scene)) *scene {
	name := zoneNames().Draw(t, "zone")
	z, err := loadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{schedule: Schedule{Timezone: name}, zone: z, after: instants(z).Draw(t, "after")}
	s.anchor = s.after.Add(-time.Duration(rapid.Int64Range(0, 1000).Draw(t, "hours since made")) * time.Hour)
	fill(t, s)
	s.trigger, err = NewTrigger(s.schedule, s.anchor)
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == Invalid && len(e.Fields) == 1 && e.Fields[0].Field != "" {
		return nil
	}
	if err != nil {
		t.Fatalf("%+v: %v, want no error or one that names a field", s.schedule, err)
	}
	var wrong problems
	if s.bounds, wrong = readBounds(&s.schedule, z); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return s
}

func cronScene(t *rapid.T, s *scene) {
	s.schedule.Type = TypeCron
	s.schedule.Cron = cronFields(cronTexts(s.after.Year()).Draw(t, "fields"))
	bounded(t, &s.schedule, s.zone, s.after)
}

func intervalScene(t *rapid.T, s *scene) {
	s.schedule.Type = TypeInterval
	s.schedule.Interval = intervalUnitsGen().Draw(t, "units")
	bounded(t, &s.schedule, s.zone, s.after)
}

func dateScene(t *rapid.T, s *scene) {
	s.schedule.Type = TypeDate
	s.schedule.RunDate = dateTexts(s.zone, s.after).Draw(t, "run_date")
}

var scenes = map[string]func(*rapid.T, *scene){"cron": cronScene, "interval": intervalScene, "date": dateScene}

// eachScene checks a property of every type of trigger.
func eachScene(t *testing.T, check func(t *rapid.T, s *scene)) {
	for name, fill := range scenes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				if s := newScene(t, fill); s != nil {
					check(t, s)
				}
			})
		})
	}
}

func TestNextIsStrictlyAfterAndWithinTheBounds(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		at := s.after
		for _, next := range NextN(s.trigger, s.after, 12) {
			if !next.After(at) {
				t.Fatalf("Next(%s) = %s", at, next)
			}
			if b := s.bounds.start; b != nil && b.after(instantOf(next)) {
				t.Fatalf("%s lies before start_date %s", next, s.schedule.StartDate)
			}
			if b := s.bounds.end; b != nil && instantOf(next).after(*b) {
				t.Fatalf("%s lies after end_date %s", next, s.schedule.EndDate)
			}
			if next.Location() != s.zone.loc {
				t.Fatalf("%s is not on the clock of %s", next, s.zone.loc)
			}
			at = next
		}
	})
}

func TestTheSameQuestionGetsTheSameAnswer(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		other, err := NewTrigger(s.schedule, s.anchor)
		if err != nil {
			t.Fatal(err)
		}
		first, ok := s.trigger.Next(s.after)
		s.trigger.Last(s.after.Add(1000 * day))
		s.trigger.Count(s.after, s.after.Add(day))
		for _, trigger := range []Trigger{s.trigger, other} {
			if again, okAgain := trigger.Next(s.after.UTC()); okAgain != ok || !again.Equal(first) {
				t.Fatalf("Next(%s) = %s, then %s", s.after, first, again)
			}
		}
	})
}

func TestLastMirrorsNext(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		last, ok := s.trigger.Last(s.after)
		if ok {
			if last.After(s.after) {
				t.Fatalf("Last(%s) = %s", s.after, last)
			}
			if next, ok := s.trigger.Next(last); ok && !next.After(s.after) {
				t.Fatalf("Last(%s) = %s, but %s is later", s.after, last, next)
			}
			if same, ok := s.trigger.Next(last.Add(-time.Nanosecond)); !ok || !same.Equal(last) {
				t.Fatalf("Last(%s) = %s, which Next does not yield", s.after, last)
			}
		} else if first, ok := s.trigger.Next(time.Time{}); ok && !first.After(s.after) {
			t.Fatalf("Last(%s) finds nothing, but %s is due", s.after, first)
		}
		for i, f := range NextN(s.trigger, s.after, 6) {
			if same, ok := s.trigger.Last(f); !ok || !same.Equal(f) {
				t.Fatalf("Last(%s) = %s", f, same)
			}
			if before, okBefore := s.trigger.Last(f.Add(-time.Nanosecond)); i == 0 && (okBefore != ok || !before.Equal(last)) {
				t.Fatalf("Last(before %s) = %s, but Last(%s) = %s", f, before, s.after, last)
			}
		}
	})
}

func TestCountIsTheNumberOfSteps(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		for i, f := range NextN(s.trigger, s.after, 50) {
			if n := s.trigger.Count(s.after, f); n != int64(i+1) {
				t.Fatalf("Count(%s, %s) = %d, want %d", s.after, f, n, i+1)
			}
			if n := s.trigger.Count(s.after, f.Add(-time.Nanosecond)); n != int64(i) {
				t.Fatalf("Count(%s, before %s) = %d, want %d", s.after, f, n, i)
			}
			if n := s.trigger.Count(f, s.after); n != 0 {
				t.Fatalf("Count(%s, %s), which runs backwards, = %d", f, s.after, n)
			}
		}
	})
}

func TestCountsOfTwoStretchesAddUp(t *testing.T) {
	eachScene(t, func(t *rapid.T, s *scene) {
		a, b, c := s.after, instants(s.zone).Draw(t, "b"), instants(s.zone).Draw(t, "c")
		if b.Before(a) {
			a, b = b, a
		}
		if c.Before(b) {
			b, c = c, b
		}
		if b.Before(a) {
			a, b = b, a
		}
		first, second, both := s.trigger.Count(a, b), s.trigger.Count(b, c), s.trigger.Count(a, c)
		if first+second != both {
			t.Fatalf("%d in (%s, %s] and %d in (.., %s], but %d in both", first, a, b, second, c, both)
		}
		if next, ok := s.trigger.Next(a); (ok && !next.After(c)) != (both > 0) {
			t.Fatalf("Count(%s, %s) = %d, but Next = %s", a, c, both, next)
		}
	})
}

func TestIntervalStaysOnTheGridOfItsFirstFire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t, intervalScene)
		if s == nil {
			return
		}
		u := s.schedule.Interval
		every := (((u.Weeks*7+u.Days)*24+u.Hours)*60+u.Minutes)*60 + u.Seconds
		first := s.anchor.Truncate(time.Millisecond).UnixMilli() + every*1000
		if b := s.bounds.start; b != nil {
			first = b.sec*1000 + (b.nanos+999_999)/1_000_000
		}
		for i, f := range NextN(s.trigger, s.after, 5) {
			if off := f.UnixMilli() - first; off < 0 || off%(every*1000) != 0 || f.Nanosecond()%1_000_000 != 0 {
				t.Fatalf("%s is %d ms off the first fire, every %d s", f, off, every)
			}
			if i == 0 && f.UnixMilli()-every*1000 > s.after.UnixMilli() && f.UnixMilli() != first {
				t.Fatalf("Next(%s) = %s is more than one interval away", s.after, f)
			}
		}
	})
}

func TestDateFiresOnceAtItsInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t, dateScene)
		fires := NextN(s.trigger, time.Time{}, 2)
		if len(fires) != 1 {
			t.Fatalf("%s fires at %s", s.schedule.RunDate, fires)
		}
		due := fires[0]
		if _, ok := s.trigger.Next(due); ok {
			t.Fatalf("%s fires again", s.schedule.RunDate)
		}
		if _, ok := s.trigger.Last(due.Add(-time.Nanosecond)); ok {
			t.Fatalf("%s has fired before %s", s.schedule.RunDate, due)
		}
	})
}

// What a cron trigger yields is what the clock shows, or what it would have
// shown had it not gone forward: then the offset before the change says where.
func TestCronFiresWhereTheClockMatchesOrInAGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t, cronScene)
		if s == nil {
			return
		}
		m := newMatcher(s.schedule.Cron.values())
		for _, f := range NextN(s.trigger, s.after, 12) {
			if m.matches(f) || !m.everyHour && matchesInGap(m, f) {
				continue
			}
			t.Fatalf("%v fires at %s", s.schedule.Cron, f)
		}
	})
}

// matchesInGap reads an instant with the offset before each clock change of
// the two days before it.
func matchesInGap(m *matcher, f time.Time) bool {
	_, after := f.Zone()
	for back := time.Duration(0); back <= 48*time.Hour; back += time.Hour {
		_, before := f.Add(-back).Zone()
		if before >= after {
			continue
		}
		w := f.UTC().Add(time.Duration(before) * time.Second)
		if m.matches(w) && !isShown(w, f.Location()) {
			return true
		}
	}
	return false
}

// isShown reports whether a zone's clock ever shows the digits of w.
func isShown(w time.Time, loc *time.Location) bool {
	for back := -48 * time.Hour; back <= 48*time.Hour; back += time.Hour {
		_, off := w.Add(back).In(loc).Zone()
		t := w.Add(-time.Duration(off) * time.Second)
		if _, same := t.In(loc).Zone(); same == off {
			return true
		}
	}
	return false
}

// whenOmitted is what a field means that is left out after the last given one.
var whenOmitted = [fieldCount]string{"1970", "1", "1", "*", "*", "0", "0", "0"}

// A schedule with fields left out is the one that the rule writes out.
func TestOmittedFieldsFollowTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full := cronTexts(2026).Draw(t, "fields")
		last := rapid.IntRange(-1, fieldSecond).Draw(t, "last given")
		short := full
		for i := range fieldSpecs {
			switch {
			case i > last && last >= 0:
				full[i], short[i] = whenOmitted[i], ""
			case i > last:
				full[i], short[i] = "*", ""
			case i < last && full[i] == "*":
				short[i] = ""
			}
		}
		written, err := NewTrigger(Schedule{Type: TypeCron, Cron: cronFields(full)}, time.Time{})
		if err != nil {
			return
		}
		left, err := NewTrigger(Schedule{Type: TypeCron, Cron: cronFields(short)}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		after := time.Unix(rapid.Int64Range(0, year2110).Draw(t, "after"), 0)
		a, okA := written.Next(after)
		b, okB := left.Next(after)
		if okA != okB || !a.Equal(b) {
			t.Fatalf("%q is next at %s, %q at %s", full, a, short, b)
		}
	})
}
