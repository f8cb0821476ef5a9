package cronsole

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateText is a date as a person wrote it.
type dateText struct {
	wall      int64 // reading of the clock that is meant
	nanos     int64
	hasOffset bool
	offset    int64 // seconds east of UTC
}

var datePattern = regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})` +
	`(?:[ T]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,6}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$`)

var errNotDate = errors.New("write a date such as 2026-12-24, 2026-12-24 18:00:00 or 2026-12-24T18:00:00+01:00")

// parseDate reads YYYY-MM-DD, optionally with a time and an offset.
func parseDate(s string) (dateText, error) {
	var d dateText
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return d, errors.New(quote(s) + " is not a date that is understood; " + errNotDate.Error())
	}
	year, month, dayOfMonth := number(m[1]), number(m[2]), number(m[3])
	hour, minute, second := number(m[4]), number(m[5]), number(m[6])
	if m[4] == "" {
		hour, minute = 0, 0
	}
	if m[6] == "" {
		second = 0
	}
	switch {
	case year == 0:
		return d, errors.New("there is no year 0000; " + errNotDate.Error())
	case month < 1 || month > 12:
		return d, errors.New("there is no month " + m[2] + "; the order is year-month-day")
	case dayOfMonth < 1 || dayOfMonth > monthLength(month, isLeap(year)):
		return d, errors.New("there is no day " + m[3] + " in that month")
	case hour > 23:
		return d, errors.New("there is no hour " + m[4] + "; hours go from 0 to 23")
	case minute > 59:
		return d, errors.New("there is no minute " + m[5] + "; minutes go from 0 to 59")
	case second > 59:
		return d, errors.New("there is no second " + m[6] + "; seconds go from 0 to 59")
	}
	d.wall = int64(dayNumber(year, month, dayOfMonth))*secondsPerDay + int64(hour*3600+minute*60+second)
	if m[7] != "" {
		d.nanos = int64(number((m[7] + "000000")[:6])) * 1000
	}
	if m[8] == "" {
		return d, nil
	}
	d.hasOffset = true
	if m[8] != "Z" {
		h, mi := number(m[8][1:3]), number(m[8][4:6])
		if h > 23 || mi > 59 {
			return d, errors.New("there is no offset " + m[8] + "; write one from -23:59 to +23:59")
		}
		d.offset = int64(h*3600 + mi*60)
		if m[8][0] == '-' {
			d.offset = -d.offset
		}
	}
	return d, nil
}

// in returns the instant that the text means on a zone's clock, to the
// microsecond as it is written.
func (d dateText) in(z *zone) instant {
	if d.hasOffset {
		return instant{d.wall - d.offset, d.nanos}
	}
	return instant{z.instant(d.wall), d.nanos}
}

// ParseInstant reads an instant as a person writes it: how long from now, such
// as 2h, or a date with a time. Without an offset that is on the clock of the
// zone. The error is one sentence that says what to write.
func ParseInstant(text, timezone string, now time.Time) (time.Time, error) {
	if after, err := ParseDuration(text); err == nil {
		return now.Add(time.Duration(after)), nil
	}
	d, err := parseDate(text)
	switch {
	case err != nil && datePattern.MatchString(text):
		return time.Time{}, err
	case err != nil:
		return time.Time{}, errors.New(quote(text) + " is no instant; write how long from now, such as 2h, or a date such as 2026-12-24 18:00")
	}
	z, err := zoneOf(timezone)
	if err != nil {
		return time.Time{}, err
	}
	return d.in(z).ceilMilli().in(z).UTC(), nil
}

// instant is a point in time as whole seconds since 1970 and nanoseconds from
// 0 to 999,999,999. Unlike time.Time it has no zone and compares with ==.
type instant struct {
	sec, nanos int64
}

// ceilMilli rounds up to milliseconds, which is as fine as the ledger is: a
// finer due instant would be found due again when its row is read back.
func (i instant) ceilMilli() instant {
	const milli, second = int64(time.Millisecond), int64(time.Second)
	n := (i.nanos + milli - 1) / milli * milli
	return instant{i.sec + n/second, n % second}
}

func instantOf(t time.Time) instant { return instant{t.Unix(), int64(t.Nanosecond())} }

// ceil returns the first whole second at or after i.
func (i instant) ceil() int64 {
	if i.nanos > 0 {
		return i.sec + 1
	}
	return i.sec
}

func (i instant) after(j instant) bool {
	return i.sec > j.sec || i.sec == j.sec && i.nanos > j.nanos
}

func (i instant) in(z *zone) time.Time { return time.Unix(i.sec, i.nanos).In(z.loc) }

// offsetName writes an offset the way run_frequency shows it: UTC, UTC-09:30.
func (d dateText) offsetName() string {
	if d.offset == 0 {
		return "UTC"
	}
	sign, o := "+", d.offset
	if o < 0 {
		sign, o = "-", -o
	}
	two := func(n int64) string {
		s := strconv.FormatInt(n, 10)
		return strings.Repeat("0", 2-len(s)) + s
	}
	return "UTC" + sign + two(o/3600) + ":" + two(o/60%60)
}
