package cronsole

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func offsetAt(loc *time.Location, sec int64) int64 {
	_, off := time.Unix(sec, 0).In(loc).Zone()
	return int64(off)
}

func yearStart(y int) int64 { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Unix() }

// checkOffset compares with package time, which reads the same zone's file.
func checkOffset(t *testing.T, z *zone, sec int64) {
	if got, want := z.offset(sec), offsetAt(z.loc, sec); got != want {
		t.Errorf("%s at %s: %d s east, want %d", z.loc, time.Unix(sec, 0).UTC(), got, want)
	}
}

func TestOffsetsOfEveryZoneAreThoseOfPackageTime(t *testing.T) {
	for _, name := range Zones() {
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			checkOffset(t, z, yearStart(1850)+random.Int64N(yearStart(2110)-yearStart(1850)))
			checkOffset(t, z, yearStart(2110)+random.Int64N(yearStart(12000)-yearStart(2110)))
		}
		for _, span := range [][2]int{{1970, 2100}, {2495, 2505}, {2899, 2901}, {9990, 10000}} {
			for _, i := range z.changes(yearStart(span[0]), yearStart(span[1])) {
				from := z.seg(i).from
				for _, sec := range []int64{from - 1, from, from + 1, from - 3600, from + 3600, from - 30*3600, from + 30*3600} {
					checkOffset(t, z, sec)
				}
				if offsetAt(z.loc, from-1) == offsetAt(z.loc, from) {
					t.Errorf("%s: no change at %s", name, time.Unix(from, 0).UTC())
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}

// someZones are those whose clocks are watched closely.
func someZones() []string {
	names := slices.Concat(oddZones, oracleZones)
	slices.Sort(names)
	return slices.Compact(names)
}

// No change is missing: every half of a day is looked at, and New Year even
// where only rules are left, because that is where years of 366 days would show.
func TestOffsetsOfEveryDayAreThoseOfPackageTime(t *testing.T) {
	for _, name := range someZones() {
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for sec := yearStart(1970); sec < yearStart(2040); sec += 12 * 3600 {
			checkOffset(t, z, sec)
		}
		for y := 2040; y < 2440; y++ {
			for h := int64(-48); h <= 48; h += 12 {
				checkOffset(t, z, yearStart(y)+h*3600)
			}
		}
	}
}

func TestSegmentsFollowOneAnotherForEver(t *testing.T) {
	for _, name := range Zones() {
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		last := len(z.segs) - 1
		if z.cycle > 0 {
			last += 3 * (len(z.segs) - z.cycle)
		}
		for i := range last {
			a, b := z.seg(i), z.seg(i+1)
			if a.from >= b.from || a.off == b.off || z.end(i) != b.from {
				t.Fatalf("%s: segment %d from %d to %d, %d s east, is followed by one from %d, %d s east", name, i, a.from, z.end(i), a.off, b.from, b.off)
			}
			if got := z.index(b.from - 1); got != i {
				t.Fatalf("%s: index(%d) = %d, want %d", name, b.from-1, got, i)
			}
			if got := z.index(b.from); got != i+1 {
				t.Fatalf("%s: index(%d) = %d, want %d", name, b.from, got, i+1)
			}
		}
	}
}

// wallInstant turns a reading into its instant the slow way: every offset that
// the zone has around it is tried.
func wallInstant(loc *time.Location, wall int64) (sec int64, shown bool) {
	var offsets []int64 // in the order in which they come
	for at := wall - 50*3600; at <= wall+50*3600; at += 3600 {
		if off := offsetAt(loc, at); len(offsets) == 0 || offsets[len(offsets)-1] != off {
			offsets = append(offsets, off)
		}
	}
	for _, off := range offsets {
		if sec := wall - off; offsetAt(loc, sec) == off {
			return sec, true
		}
	}
	// In a gap the offset before it puts the reading after it, and the offset
	// after it puts the reading before it.
	for i, off := range offsets[:len(offsets)-1] {
		if next := offsets[i+1]; off < next && offsetAt(loc, wall-off) == next && offsetAt(loc, wall-next) == off {
			return wall - off, false
		}
	}
	return 0, false
}

func checkReading(t rapid.TB, z *zone, wall int64) {
	t.Helper()
	want, shown := wallInstant(z.loc, wall)
	if got := z.instant(wall); got != want {
		t.Errorf("%s: %s is %s, want %s", z.loc, time.Unix(wall, 0).UTC().Format(time.DateTime), z.time(got), z.time(want))
	}
	i, ok := z.occurrence(wall)
	if ok != shown || ok && wall-z.seg(i).off != want {
		t.Errorf("%s: occurrence(%s) = %d, %t", z.loc, time.Unix(wall, 0).UTC().Format(time.DateTime), i, ok)
	}
}

func TestReadingsAroundClockChangesAreInstantsByBruteForce(t *testing.T) {
	for _, name := range someZones() {
		z, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range z.changes(yearStart(1970), yearStart(2040)) {
			before, after := z.seg(i).from+z.seg(i-1).off, z.seg(i).from+z.seg(i).off
			for _, wall := range []int64{before - 1, before, (before + after) / 2, after - 1, after, before + 86400, after - 86400} {
				checkReading(t, z, wall)
			}
			if start, end, off, ok := z.gap(i); ok != (before < after) || ok && (start != before || end != after || off != z.seg(i-1).off) {
				t.Errorf("%s: gap(%d) = %d, %d, %d, %t", name, i, start, end, off, ok)
			}
		}
	}
}

func TestAnyReadingIsItsInstantByBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := loadZone(zoneNames().Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			at := instants(z).Draw(t, "near")
			checkReading(t, z, at.Unix()+offsetAt(z.loc, at.Unix())+rapid.Int64Range(-7200, 7200).Draw(t, "seconds"))
		}
	})
}

func TestChangesAreThoseWithinTheStretch(t *testing.T) {
	z, err := loadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	spring := time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC).Unix()
	autumn := time.Date(2027, 10, 31, 1, 0, 0, 0, time.UTC).Unix()
	tests := map[string]struct {
		after, until int64
		want         []int64
	}{
		"a year":             {yearStart(2027), yearStart(2028), []int64{spring, autumn}},
		"none":               {spring + 1, autumn - 1, nil},
		"after is exclusive": {spring, autumn - 1, nil},
		"until is inclusive": {spring - 1, spring, []int64{spring}},
		"backwards":          {autumn, spring, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, i := range z.changes(tt.after, tt.until) {
				got = append(got, z.seg(i).from)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
