package cronsole

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchedulesThatCanNeverFireAreRefused(t *testing.T) {
	type args = map[string]any
	tests := map[string]struct {
		typ  Type
		args args
		zone string
		want FieldError
	}{
		"31 February":                 {TypeCron, args{"month": "feb", "day": 31}, "UTC", FieldError{"day", "no date until the year 9999 fits day=31 and month=feb"}},
		"30 February":                 {TypeCron, args{"month": 2, "day": 30, "hour": 2}, "Europe/Berlin", FieldError{"day", "no date until the year 9999 fits day=30 and month=2"}},
		"31st of short months":        {TypeCron, args{"month": "4,6,9,11", "day": 31}, "UTC", FieldError{"day", "no date until the year 9999 fits day=31 and month=4,6,9,11"}},
		"29 February of common years": {TypeCron, args{"year": "2100,2200,2300", "month": 2, "day": 29}, "UTC", FieldError{"day", "no date until the year 9999 fits day=29 and month=2 and year=2100,2200,2300"}},
		"29 February of odd years":    {TypeCron, args{"year": "2027/2", "month": 2, "day": 29, "hour": 2}, "Africa/Casablanca", FieldError{"day", "no date until the year 9999 fits day=29 and month=2 and year=2027/2"}},
		"5th Friday of a February":    {TypeCron, args{"year": 2026, "month": 2, "day": "5th fri"}, "UTC", FieldError{"day", "no date until the year 9999 fits day=5th fri and month=2 and year=2026"}},
		"1st Monday on a Tuesday":     {TypeCron, args{"day": "1st mon", "day_of_week": "tue"}, "UTC", FieldError{"day", "no date until the year 9999 fits day=1st mon and day_of_week=tue"}},
		"week 53 in June":             {TypeCron, args{"week": 53, "month": 6}, "UTC", FieldError{"week", "no date until the year 9999 fits week=53 and month=6"}},
		"week 30 in January":          {TypeCron, args{"month": "jan", "day": "1-28", "week": 30, "day_of_week": "*", "hour": 2}, "Europe/Berlin", FieldError{"day", "no date until the year 9999 fits day=1-28 and week=30 and month=jan"}},
		"week 53 of a year with 52":   {TypeCron, args{"year": 2025, "week": 53}, "UTC", FieldError{"week", "no date until the year 9999 fits week=53 and year=2025"}},
		"week 53 on 4 January":        {TypeCron, args{"week": 53, "month": 1, "day": 4}, "UTC", FieldError{"day", "no date until the year 9999 fits day=4 and week=53 and month=1"}},
		"a day that clocks skipped":   {TypeCron, args{"year": 2011, "month": 12, "day": 30, "hour": "*"}, "Pacific/Apia", FieldError{"day", "clocks in Pacific/Apia skip what fits day=30 and month=12 and year=2011"}},
		"years before the start":      {TypeCron, args{"year": "2020-2025", "start_date": "2026-01-01"}, "UTC", FieldError{"start_date", "lies after the last instant that the fields allow; write an earlier one"}},
		"a start after 9999":          {TypeCron, args{"hour": 1, "start_date": "9999-12-31T23:59:59-12:00"}, "UTC", FieldError{"start_date", "lies after the last instant that the fields allow; write an earlier one"}},
		"years after the end":         {TypeCron, args{"year": "2030", "end_date": "2029-12-31 23:59:59"}, "UTC", FieldError{"end_date", "lies before the first instant that the fields allow; write a later one"}},
		"an end before 1970":          {TypeCron, args{"hour": 1, "end_date": "1969-12-01"}, "UTC", FieldError{"end_date", "lies before the first instant that the fields allow; write a later one"}},
		"nothing between the bounds":  {TypeCron, args{"hour": 2, "start_date": "2026-01-01 02:00:01", "end_date": "2026-01-02 01:59:59"}, "UTC", FieldError{"end_date", "leaves no instant that the fields allow after start_date; write a later one"}},
		"no whole second between":     {TypeCron, args{"second": "*", "start_date": "2026-01-01 00:00:00.2", "end_date": "2026-01-01 00:00:00.8"}, "UTC", FieldError{"end_date", "leaves no instant that the fields allow after start_date; write a later one"}},
		"an end before the start":     {TypeCron, args{"hour": 2, "start_date": "2026-02-01", "end_date": "2026-01-01"}, "UTC", FieldError{"end_date", "lies before start_date, so the schedule can never fire"}},
		"an interval that has ended":  {TypeInterval, args{"hours": 1, "end_date": "2026-11-23 12:41:11"}, "UTC", FieldError{"end_date", "lies before the first run, which is one interval after the job is made; write a later one"}},
		"an interval backwards":       {TypeInterval, args{"hours": 1, "start_date": "2026-02-01", "end_date": "2026-01-01"}, "UTC", FieldError{"end_date", "lies before start_date, so the schedule can never fire"}},
		"an interval within a blink":  {TypeInterval, args{"hours": 1, "start_date": "2027-02-01 00:00:00.0001", "end_date": "2027-02-01 00:00:00.0009"}, "UTC", FieldError{"end_date", "leaves no whole millisecond after start_date; write a later one"}},
		"an interval after 9999":      {TypeInterval, args{"hours": 1, "start_date": "9999-12-31T23:59:59-12:00"}, "UTC", FieldError{"start_date", "lies after the year 9999; write an earlier one"}},
		"a date after 9999":           {TypeDate, args{"run_date": "9999-12-31T23:59:59-12:00"}, "UTC", FieldError{"run_date", "lies after the year 9999; write an earlier one"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.typ, tt.args, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			_, err = NewTrigger(s, benchNow)
			if diff := cmp.Diff([]FieldError{tt.want}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Rare is not never.
func TestSchedulesThatFireOnceInALongWhileAreAccepted(t *testing.T) {
	type args = map[string]any
	tests := map[string]struct {
		args args
		zone string
		want string
	}{
		"29 February on a Sunday":       {args{"month": 2, "day": 29, "day_of_week": "sun"}, "UTC", "2032-02-29T00:00:00Z"},
		"5th Sunday of a February":      {args{"month": 2, "day": "5th sun"}, "UTC", "2032-02-29T00:00:00Z"},
		"week 53 on 3 January":          {args{"week": 53, "month": 1, "day": 3}, "UTC", "2027-01-03T00:00:00Z"},
		"week 1 on 29 December":         {args{"week": 1, "month": 12, "day": 29}, "UTC", "2031-12-29T00:00:00Z"},
		"29 February of a century":      {args{"year": "2100/100", "month": 2, "day": 29}, "UTC", "2400-02-29T00:00:00Z"},
		"the last second":               {args{"year": 9999, "month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59}, "Europe/Berlin", "9999-12-31T23:59:59+01:00"},
		"a skipped day with an hour":    {args{"year": 2011, "month": 12, "day": 30, "hour": 12}, "Pacific/Apia", "2011-12-31T12:00:00+14:00"},
		"exactly one second of bounds":  {args{"second": "*", "start_date": "2028-01-01 00:00:00.2", "end_date": "2028-01-01 00:00:01"}, "UTC", "2028-01-01T00:00:01Z"},
		"a year that is over":           {args{"year": 2020, "hour": 1}, "UTC", ""},
		"a start before the first year": {args{"year": 1970, "start_date": "0001-01-01"}, "UTC", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(TypeCron, tt.args, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			after := benchNow
			if s.Cron.Year == "2011" {
				after = after.AddDate(-20, 0, 0)
			}
			got := ""
			if next, ok := mustTrigger(t, s).Next(after); ok {
				got = next.Format("2006-01-02T15:04:05Z07:00")
			}
			if got != tt.want {
				t.Errorf("next %s, want %s", got, tt.want)
			}
		})
	}
}
