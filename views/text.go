package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Length says how long d is, in at most two units: "38 ms", "5.0 s",
// "4 min 8 s", "15 h 48 min", "5 d 16 h". Lengths from 10 min on leave out
// seconds.
func Length(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < 10*time.Minute:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < time.Hour:
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	case d < 24*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "min")
	default:
		return two(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

// Took is the duration of a run: as [Length], with a tenth of a second below
// one minute.
func Took(d time.Duration) string {
	if d >= time.Second && d < time.Minute {
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', 1, 64) + " s"
	}
	return Length(d)
}

func two(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	b, s := d/big, d%big/small
	if s == 0 {
		return fmt.Sprintf("%d %s", b, bigName)
	}
	return fmt.Sprintf("%d %s %d %s", b, bigName, s, smallName)
}

// Count is a number with a thin space between groups of three digits.
func Count[N ~int | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// Plural is a number with its noun: Plural(1, "run") is "1 run".
func Plural[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Bytes is a size for people: "512 B", "1.4 MB".
func Bytes(n int64) string {
	const k = 1000
	if n < k {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n)/k, 0
	for value >= k && unit < 3 {
		value /= k
		unit++
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + []string{"kB", "MB", "GB", "TB"}[unit]
}

// splitText cuts text into lines without their ends; a last line end begins no
// further line.
func splitText(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
