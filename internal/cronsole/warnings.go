package cronsole

import (
	"fmt"
	"math/bits"
	"time"
)

// maxWarnings bounds how many clock changes are told of.
const maxWarnings = 4

// Warnings are sentences about what may surprise: an hour without a minute, a
// date that a clock change touches, clock changes of the coming year that move
// or swallow runs, a schedule that is over at now. What is wrong rather than
// surprising is an error of ParseSchedule or NewTrigger and not repeated here.
func (s Schedule) Warnings(now time.Time) []string {
	z, err := zoneOf(s.Timezone)
	if err != nil {
		return nil
	}
	trigger, err := NewTrigger(s, now)
	if err != nil {
		return nil
	}
	var out []string
	if _, ok := trigger.Next(now); !ok && s.Type != TypeDate {
		out = append(out, "Nothing is due any more: every run of this schedule lies in the past")
	}
	switch t := trigger.(type) {
	case *cronTrigger:
		out = append(out, s.crowded(t)...)
		out = append(out, t.changeWarnings(now)...)
	case *intervalTrigger:
		out = append(out, t.changeWarnings(now)...)
	case *dateTrigger:
		out = append(out, s.dateWarnings(z, t, now)...)
	}
	return out
}

// crowded tells of hours that run every minute and minutes that run every
// second because a smaller field was left at "*".
func (s *Schedule) crowded(t *cronTrigger) []string {
	spec := t.spec
	minutes, seconds := bits.OnesCount64(spec.minutes), bits.OnesCount64(spec.seconds)
	switch {
	case !t.everyHour && minutes == 60:
		advice := "write minute=0 for one run an hour"
		if bits.OnesCount32(spec.hours) == 1 {
			advice = "write minute=0 for one"
		}
		return []string{fmt.Sprintf("hour without minute: %d runs a day; %s", spec.perDay, advice)}
	case (!t.everyHour || minutes < 60) && seconds == 60:
		return []string{fmt.Sprintf("minute without second: %d runs a day; write second=0 for one run a minute", spec.perDay)}
	}
	return nil
}

// changeWarnings tells of the clock changes of the coming year that move,
// join or hold back fires, or under dst=literal swallow or repeat them. A
// schedule of every hour has none to tell of: it goes on at its pace.
func (t *cronTrigger) changeWarnings(now time.Time) []string {
	if t.everyHour {
		return nil
	}
	var out []string
	for _, i := range t.zone.changes(now.Unix(), now.AddDate(1, 0, 0).Unix()) {
		if len(out) == maxWarnings {
			break
		}
		s := t.zone.seg(i)
		if s.from > t.end || s.from < t.start {
			continue
		}
		if start, end, before, ok := t.zone.gap(i); ok {
			if wall, ok := t.spec.nextWall(start); ok && wall < end {
				what := "runs at " + t.zone.time(wall-before).Format("15:04")
				if t.follow {
					what = "does not exist and is skipped"
				}
				out = append(out, fmt.Sprintf("Clocks in %s go forward from %s to %s on %s: %s %s",
					t.zone.loc, wallClockText(start), wallClockText(end), wallDate(start), wallClockText(wall), what))
			}
			continue
		}
		first, last := s.from+s.off, s.from+t.zone.seg(i-1).off
		if wall, ok := t.spec.nextWall(first); ok && wall < last {
			what := "runs once, the first time"
			if t.follow {
				what = "runs twice"
			}
			out = append(out, fmt.Sprintf("Clocks in %s go back from %s to %s on %s: %s comes twice and %s",
				t.zone.loc, wallClockText(last), wallClockText(first), wallDate(last-1), wallClockText(wall), what))
		}
	}
	return out
}

// changeWarnings tells of the next clock change that moves a daily interval to
// another time of day.
func (t *intervalTrigger) changeWarnings(now time.Time) []string {
	if t.every%secondsPerDay != 0 {
		return nil
	}
	for _, i := range t.zone.changes(now.Unix(), now.AddDate(1, 0, 0).Unix()) {
		before, ok := t.Last(time.Unix(t.zone.seg(i).from-1, 0))
		if !ok {
			continue
		}
		after, ok := t.Next(time.Unix(t.zone.seg(i).from-1, 0))
		if !ok {
			continue
		}
		was, is := before.Format("15:04"), after.Format("15:04")
		if was == is {
			continue
		}
		return []string{fmt.Sprintf("A day is always 24 hours here: after the clock change in %s on %s the run at %s comes at %s; choose cron to keep the time of day",
			t.zone.loc, t.zone.time(t.zone.seg(i).from).Format("2 Jan 2006"), was, is)}
	}
	return nil
}

func (s *Schedule) dateWarnings(z *zone, t *dateTrigger, now time.Time) []string {
	var out []string
	if !t.due.after(instantOf(now)) {
		out = append(out, "run_date is past: "+t.due.in(z).Format("2 Jan 2006 15:04"))
	}
	d, err := parseDate(s.RunDate)
	if err != nil || d.hasOffset {
		return out
	}
	switch i, shown := z.occurrence(d.wall); {
	case !shown:
		out = append(out, fmt.Sprintf("%s does not exist on %s in %s, because clocks go forward; the run is at %s",
			wallClockText(d.wall), wallDate(d.wall), z.loc, t.due.in(z).Format("15:04")))
	default:
		// The occurrence is the first; a later segment may show it again.
		if z.end(i) > d.wall+slack {
			break
		}
		if next := z.seg(i + 1); next.from+next.off <= d.wall {
			out = append(out, fmt.Sprintf("%s comes twice on %s in %s, because clocks go back; the first is meant",
				wallClockText(d.wall), wallDate(d.wall), z.loc))
		}
	}
	return out
}

func wallClockText(wall int64) string { return time.Unix(wall, 0).UTC().Format("15:04") }

func wallDate(wall int64) string { return time.Unix(wall, 0).UTC().Format("2 Jan 2006") }
