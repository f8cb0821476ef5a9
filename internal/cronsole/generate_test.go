package cronsole

import (
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// oddZones have had changes of half an hour, of two hours or of a whole day,
// changes at midnight, four in a year, and offsets of three quarters of an hour.
var oddZones = []string{
	"Australia/Lord_Howe", "Pacific/Apia", "Antarctica/Troll", "Africa/Casablanca", "Asia/Kathmandu", "America/Caracas",
	"America/Sao_Paulo", "Europe/Dublin", "America/Asuncion", "Antarctica/Casey", "Antarctica/Macquarie", "Pacific/Kwajalein",
	"Pacific/Kiritimati", "Pacific/Chatham", "America/Scoresbysund", "Asia/Pyongyang", "Asia/Gaza", "Africa/Cairo",
	"America/Havana", "Europe/Moscow", "Europe/Berlin", "UTC",
}

func zoneNames() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(oddZones), rapid.SampledFrom(Zones()))
}

var (
	year1965 = time.Date(1965, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	year2110 = time.Date(2110, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// instants gives moments close to a zone's clock changes more often than not.
func instants(z *zone) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		sec := rapid.Int64Range(year1965, year2110).Draw(t, "second")
		if changes := z.changes(year1965, year2110); len(changes) > 0 && rapid.IntRange(0, 3).Draw(t, "near a change") > 0 {
			near := z.seg(rapid.SampledFrom(changes).Draw(t, "change")).from
			sec = near + rapid.Int64Range(-2*secondsPerDay, 2*secondsPerDay).Draw(t, "from the change")
		}
		nanos := rapid.SampledFrom([]int64{0, 0, 1, 500_000_000, 999_999_999}).Draw(t, "fraction")
		return time.Unix(sec, nanos)
	})
}

// cronTexts gives eight fields that are likely to fire around a year.
func cronTexts(year int) *rapid.Generator[[fieldCount]string] {
	return rapid.Custom(func(t *rapid.T) [fieldCount]string {
		var f [fieldCount]string
		for i := range fieldSpecs {
			spec := &fieldSpecs[i]
			often := 4
			if i < fieldHour {
				often = 1
			}
			f[i] = "*"
			if rapid.IntRange(0, 5).Draw(t, "restrict "+spec.name) >= often {
				continue
			}
			switch i {
			case fieldYear:
				f[i] = yearText(year).Draw(t, spec.name)
			case fieldDay:
				f[i] = rapid.OneOf(listText(spec), dayText()).Draw(t, spec.name)
			case fieldHour:
				f[i] = rapid.OneOf(listText(spec), rapid.SampledFrom([]string{"0", "1", "2", "3", "0-3", "1,2", "22-23", "1-23"})).Draw(t, spec.name)
			default:
				f[i] = listText(spec).Draw(t, spec.name)
			}
		}
		return f
	})
}

func yearText(year int) *rapid.Generator[string] {
	y := strconv.Itoa(min(max(year, minYear), maxYear-2))
	return rapid.SampledFrom([]string{y, y + "-" + strconv.Itoa(maxYear), "1970/2", "*/3", y + ",9999", "1970-2200"})
}

func dayText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		nth := rapid.SampledFrom(ordinals).Draw(t, "ordinal") + " " + rapid.SampledFrom(weekdayNames).Draw(t, "weekday")
		return rapid.SampledFrom([]string{"last", nth, nth + ",last", "1," + nth, "29-31"}).Draw(t, "day")
	})
}

// listText writes one to three items of a field.
func listText(spec *fieldSpec) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		items := rapid.SliceOfN(itemText(spec), 1, 3).Draw(t, "items")
		return strings.Join(items, ",")
	})
}

func itemText(spec *fieldSpec) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		lo := rapid.IntRange(spec.min, spec.max-1).Draw(t, "low")
		hi := rapid.IntRange(lo+1, spec.max).Draw(t, "high")
		step := "/" + strconv.Itoa(rapid.IntRange(1, hi-lo).Draw(t, "step"))
		a, b := strconv.Itoa(lo), strconv.Itoa(hi)
		forms := []string{a, b, a, b, a + "-" + b, a + "-" + b + step, a + step, "*" + step, "*"}
		if spec.names != nil {
			forms = append(forms, spec.names[lo-spec.min], spec.names[lo-spec.min]+"-"+spec.names[hi-spec.min])
		}
		return rapid.SampledFrom(forms).Draw(t, "form")
	})
}

// dateTexts writes moments close to an instant the way people do.
func dateTexts(z *zone, near time.Time) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		at := near.Add(time.Duration(rapid.Int64Range(-400*24, 400*24).Draw(t, "hours")) * time.Hour)
		layout := rapid.SampledFrom([]string{
			"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-1-2 15:04:05.000", "2006-01-02T15:04:05.000000", "2006-01-02T15:04:05Z07:00",
		}).Draw(t, "layout")
		if strings.HasSuffix(layout, "Z07:00") {
			return at.UTC().Format(layout)
		}
		return at.In(z.loc).Format(layout)
	})
}

// bounded gives a schedule a start and an end, or neither, or one of them.
// Either may lie on both sides of the moment from which it is looked at.
func bounded(t *rapid.T, s *Schedule, z *zone, near time.Time) {
	which := rapid.IntRange(0, 4).Draw(t, "bounds")
	if which == 1 || which == 3 {
		s.StartDate = dateTexts(z, near.Add(-300*day)).Draw(t, "start_date")
	}
	if which == 2 || which == 3 {
		s.EndDate = dateTexts(z, near.Add(200*day)).Draw(t, "end_date")
	}
}

func intervalUnitsGen() *rapid.Generator[Units] {
	return rapid.Custom(func(t *rapid.T) Units {
		some := func(name string, most int64) int64 {
			return rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, most)).Draw(t, name)
		}
		u := Units{Weeks: some("weeks", 60), Days: some("days", 400), Hours: some("hours", 100), Minutes: some("minutes", 3000), Seconds: some("seconds", 100_000)}
		if u == (Units{}) {
			u.Seconds = 1
		}
		return u
	})
}
