package cronsole

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// inventLocation makes a zone with two clock changes of up to a day that no
// government has thought of yet, as a zone file says it. They are further
// apart than what they skip or repeat.
func inventLocation(t *rapid.T, start int64) *time.Location {
	var (
		changes [2]int32
		offsets [3]int32
	)
	at := start
	for i := range changes {
		at += 900 * rapid.Int64Range(25*4, 60*4).Draw(t, "quarters of an hour until the change")
		changes[i] = int32(at)
		offsets[i+1] = 900 * int32(rapid.IntRange(-12*4, 12*4).Draw(t, "offset in quarters of an hour"))
	}
	var b bytes.Buffer
	write := func(v any) {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("TZif\x00"))
	write(make([]byte, 15))
	write([]int32{0, 0, 0, int32(len(changes)), int32(len(offsets)), int32(len("ABC\x00"))})
	write(changes)
	write([]byte{1, 2}) // which offset follows a change
	for _, off := range offsets {
		write(off)
		write([]byte{0, 0}) // not daylight saving time; named ABC
	}
	write([]byte("ABC\x00"))
	loc, err := time.LoadLocationFromTZData("Invented", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestOracleInInventedZones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := yearStart(2026)
		loc := inventLocation(t, start)
		clock := newWallClock(loc, time.Unix(start+3*secondsPerDay, 0), 3*24*time.Hour, 30*time.Hour, 60)
		for range 3 {
			fields := cronTexts(2026).Draw(t, "fields")
			fields[fieldSecond] = "0"
			parsed, _ := parseCron(new(cronFields(fields)))
			trigger := &cronTrigger{spec: parsed.compile(), zone: newZone(loc), start: 0, end: maxWall}
			m := newMatcher(fields)
			trigger.follow = m.everyHour
			if d := clock.disagreement(trigger, m); d != "" {
				t.Fatalf("%s: %s", fields, d)
			}
		}
	})
}
