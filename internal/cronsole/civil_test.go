package cronsole

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// calendarDay is all that the calendar says of a day.
type calendarDay struct {
	Year, Month, Day int
	Weekday          int // 0 = Monday
	Week             int
	FirstOfYear      int // weekday of 1 January
	DaysBefore       int // in the year
	Leap, LeapBefore bool
	MonthStart       int // days of the year before the month
	MonthLength      int
}

// ours asks civil.go, days since 1970.
func ours(days int) calendarDay {
	y, m, d := date(days)
	shape := shapeOf(y)
	start := shape.monthStart(m)
	return calendarDay{
		Year: y, Month: m, Day: d, Weekday: weekday(days), Week: shape.isoWeek(start + d - 1),
		FirstOfYear: shape.first, DaysBefore: start + d - 1, Leap: shape.leap, LeapBefore: shape.leapBefore,
		MonthStart: start, MonthLength: monthLength(m, shape.leap),
	}
}

// theirs asks package time.
func theirs(days int) calendarDay {
	monday := func(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }
	daysOf := func(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }
	t := time.Unix(int64(days)*secondsPerDay, 0).UTC()
	first := t.AddDate(0, 0, 1-t.Day())
	_, week := t.ISOWeek()
	return calendarDay{
		Year: t.Year(), Month: int(t.Month()), Day: t.Day(), Weekday: monday(t), Week: week,
		FirstOfYear: monday(time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)), DaysBefore: t.YearDay() - 1,
		Leap: daysOf(t.Year()) == 366, LeapBefore: daysOf(t.Year()-1) == 366,
		MonthStart: first.YearDay() - 1, MonthLength: first.AddDate(0, 1, -1).Day(),
	}
}

func checkDay(t rapid.TB, days int) {
	t.Helper()
	got, want := ours(days), theirs(days)
	if got != want {
		t.Fatalf("day %d (-want +got)\n%s", days, cmp.Diff(want, got))
	}
	if n := dayNumber(got.Year, got.Month, got.Day); n != days {
		t.Fatalf("dayNumber(%d, %d, %d) = %d, want %d", got.Year, got.Month, got.Day, n, days)
	}
}

func TestCalendarAgreesWithPackageTimeOnEveryDayUntil2400(t *testing.T) {
	for days := range dayNumber(2401, 1, 1) {
		checkDay(t, days)
	}
}

func TestCalendarAgreesWithPackageTimeFromYear1To9999(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			checkDay(t, rapid.IntRange(dayNumber(1, 1, 1), dayNumber(9999, 12, 31)).Draw(t, "day"))
		}
	})
}

func TestLastReadingIsTheEndOf9999(t *testing.T) {
	if want := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix(); maxWall != want {
		t.Errorf("maxWall = %d, want %d", int64(maxWall), want)
	}
}

// Seven weekdays for leap years, whose year before is never one, and twice
// seven for common years.
func TestShapesOfYearsAreNumberedApart(t *testing.T) {
	shapes := map[int]yearShape{}
	for y := 1970; y < 1970+400; y++ {
		s := shapeOf(y)
		i := s.index()
		if i < 0 || i > 27 {
			t.Fatalf("%+v has number %d", s, i)
		}
		if other, ok := shapes[i]; ok && other != s {
			t.Fatalf("%+v and %+v have number %d", s, other, i)
		}
		shapes[i] = s
	}
	if len(shapes) != 21 {
		t.Errorf("%d shapes in 400 years, want 21", len(shapes))
	}
}

func TestFloorDivRoundsDown(t *testing.T) {
	for _, tt := range []struct{ a, b, want int }{
		{7, 7, 1}, {6, 7, 0}, {0, 7, 0}, {-1, 7, -1}, {-7, 7, -1}, {-8, 7, -2},
	} {
		if got := floorDiv(tt.a, tt.b); got != tt.want {
			t.Errorf("floorDiv(%d, %d) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
