package cronsole

import (
	"strconv"
	"strings"
	"time"
)

// Frequency is the text of run_frequency: cron[hour='2'], interval[0:00:15],
// date[2024-04-20 18:45:48 UTC]. It is empty for a schedule that ParseSchedule
// would not have made.
func (s Schedule) Frequency() string {
	switch s.Type {
	case TypeCron:
		return s.cronFrequency()
	case TypeInterval:
		total, _ := s.Interval.seconds()
		return "interval[" + elapsed(total) + "]"
	case TypeDate:
		return s.dateFrequency()
	}
	return ""
}

func (s *Schedule) cronFrequency() string {
	p, wrong := parseCron(&s.Cron)
	if len(wrong) > 0 {
		return ""
	}
	var items []string
	for i := range fieldSpecs {
		if spec := &fieldSpecs[i]; p.given[i] {
			items = append(items, spec.name+"='"+canonical(spec, p.fields[i])+"'")
		}
	}
	return "cron[" + strings.Join(items, ", ") + "]"
}

// elapsed writes seconds as "1 day, 12:00:00".
func elapsed(total int64) string {
	days, rest := total/secondsPerDay, total%secondsPerDay
	s := strconv.FormatInt(rest/3600, 10) + ":" + twoDigits(rest/60%60) + ":" + twoDigits(rest%60)
	switch days {
	case 0:
		return s
	case 1:
		return "1 day, " + s
	}
	return strconv.FormatInt(days, 10) + " days, " + s
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

func (s *Schedule) dateFrequency() string {
	d, err := parseDate(s.RunDate)
	if err != nil {
		return ""
	}
	const layout = "2006-01-02 15:04:05"
	if d.hasOffset {
		return "date[" + time.Unix(d.wall, 0).UTC().Format(layout) + " " + d.offsetName() + "]"
	}
	z, err := zoneOf(s.Timezone)
	if err != nil {
		return ""
	}
	return "date[" + d.in(z).in(z).Format(layout+" MST") + "]"
}

// Expression is the short form that lists show under the words: "0 30 2 * * mon-fri",
// "15m", "2026-12-12 22:00". What a one-line expression cannot say (ISO weeks,
// "2nd fri", day and weekday together) is shown as the fields, "week=20 …".
func (s Schedule) Expression() string {
	switch s.Type {
	case TypeCron:
		return s.cronExpression()
	case TypeInterval:
		total, _ := s.Interval.seconds()
		return Duration(time.Duration(total) * time.Second).String()
	case TypeDate:
		d, err := parseDate(s.RunDate)
		if err != nil {
			return s.RunDate
		}
		due := instant{d.wall, d.nanos}.ceilMilli()
		text := time.Unix(due.sec, due.nanos).UTC().Format("2006-01-02 15:04:05.999")
		if due.nanos == 0 {
			text = strings.TrimSuffix(text, ":00")
		}
		if d.hasOffset {
			text += " " + d.offsetName()
		}
		return text
	}
	return ""
}

func (s *Schedule) cronExpression() string {
	p, wrong := parseCron(&s.Cron)
	if len(wrong) > 0 {
		return ""
	}
	var text [fieldCount]string
	for i := range fieldSpecs {
		text[i] = canonical(&fieldSpecs[i], p.fields[i])
	}
	text[fieldWeekday] = weekdaySet(set(p.fields[fieldWeekday]))
	if set(p.fields[fieldDay]) == fieldSpecs[fieldDay].full() {
		text[fieldDay] = "*"
	}
	if text[fieldWeek] != "*" || strings.Contains(text[fieldDay], " ") || text[fieldDay] != "*" && text[fieldWeekday] != "*" {
		return p.assignments()
	}
	line := []string{text[fieldSecond], text[fieldMinute], text[fieldHour], text[fieldDay], text[fieldMonth], text[fieldWeekday]}
	if text[fieldYear] != "*" {
		line = append(line, text[fieldYear])
	}
	return strings.Join(line, " ")
}

// assignments writes the fields that restrict something as "week=20 hour=4".
func (p *parsedCron) assignments() string {
	var items []string
	for i := range fieldSpecs {
		spec := &fieldSpecs[i]
		text := canonical(spec, p.fields[i])
		if text == "*" && i < fieldHour {
			continue
		}
		if strings.Contains(text, " ") {
			text = `"` + text + `"`
		}
		items = append(items, spec.name+"="+text)
	}
	return strings.Join(items, " ")
}
