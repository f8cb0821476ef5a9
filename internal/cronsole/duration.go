package cronsole

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time that people write as "90s", "15m", "2h", "1d"
// or several of them ("1h30m"), and that is shown and stored in that form. A
// day is always 24 hours. The finest unit is the millisecond ("500ms").
type Duration time.Duration

// maxDuration is 100 years, the longest that is accepted anywhere.
const maxDuration = 36525 * day

const day = 24 * time.Hour

var durationUnits = []struct {
	name string
	size time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

// ParseDuration reads what Duration describes: whole numbers with a unit, the
// larger units first. "0" needs no unit. The error is one sentence that says
// what to write.
func ParseDuration(s string) (Duration, error) {
	if s == "0" {
		return 0, nil
	}
	var total time.Duration
	rest, unit := s, 0
	for rest != "" {
		digits := countDigits(rest)
		if digits == 0 {
			return 0, badDuration(s)
		}
		number := rest[:digits]
		rest = rest[digits:]
		letters := strings.IndexFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })
		if letters < 0 {
			letters = len(rest)
		}
		for unit < len(durationUnits) && durationUnits[unit].name != rest[:letters] {
			unit++
		}
		if unit == len(durationUnits) {
			return 0, badDuration(s)
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > int64(maxDuration/durationUnits[unit].size) {
			return 0, fmt.Errorf("%s is longer than 100 years", quote(s))
		}
		if total += time.Duration(n) * durationUnits[unit].size; total > maxDuration {
			return 0, fmt.Errorf("%s is longer than 100 years", quote(s))
		}
		rest = rest[letters:]
		unit++
	}
	if s == "" {
		return 0, badDuration(s)
	}
	return Duration(total), nil
}

func badDuration(s string) error {
	if n := len(s); n > 0 && n < 20 && countDigits(s) == n {
		return fmt.Errorf("%s lacks a unit; write %ss, %sm, %sh or %sd", quote(s), s, s, s, s)
	}
	return fmt.Errorf("%s is no length of time; write 90s, 15m, 2h, 1d or 1h30m", quote(s))
}

// String returns the shortest form: "90s", "15m", "2h", "1d"; "0s" for zero.
// What is finer than a millisecond is cut off.
func (d Duration) String() string {
	v := time.Duration(d).Truncate(time.Millisecond)
	if v < 0 {
		return "-" + (-Duration(v)).String()
	}
	if v == 0 {
		return "0s"
	}
	// One unit reads better than two as long as its number is small: 90s, 36h.
	for _, u := range durationUnits {
		if n := v / u.size; v%u.size == 0 && (n < 100 || u.size == day || v < 10*time.Second) {
			return strconv.FormatInt(int64(n), 10) + u.name
		}
	}
	var b strings.Builder
	for _, u := range durationUnits {
		if n := v / u.size; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			v -= n * u.size
		}
	}
	return b.String()
}

// MarshalText writes the form of String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := ParseDuration(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// quote shows a person's own text in a message, cut to a readable length.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
