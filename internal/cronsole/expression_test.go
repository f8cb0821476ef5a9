package cronsole

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestShortFormAndFrequencyOfASchedule(t *testing.T) {
	type args = map[string]any
	type texts struct{ Expression, Frequency string }
	tests := map[string]struct {
		typ  Type
		args args
		want texts
	}{
		"every field":     {TypeCron, args{}, texts{"* * * * * *", "cron[]"}},
		"an hour":         {TypeCron, args{"hour": "2", "minute": "030"}, texts{"0 30 2 * * *", "cron[hour='2', minute='30']"}},
		"weekdays":        {TypeCron, args{"day_of_week": "Mon-FRI", "hour": 9}, texts{"0 0 9 * * mon-fri", "cron[day_of_week='mon-fri', hour='9']"}},
		"numbered days":   {TypeCron, args{"day_of_week": "0,6", "hour": 9}, texts{"0 0 9 * * mon,sun", "cron[day_of_week='0,6', hour='9']"}},
		"a year":          {TypeCron, args{"year": "2027", "month": 12, "day": 24, "hour": 18}, texts{"0 0 18 24 12 * 2027", "cron[year='2027', month='12', day='24', hour='18']"}},
		"lists and steps": {TypeCron, args{"hour": "8-18/2, 20", "minute": "*/15", "second": "5/10"}, texts{"5/10 */15 8-18/2,20 * * *", "cron[hour='8-18/2,20', minute='*/15', second='5/10']"}},
		"the last day":    {TypeCron, args{"day": "LAST"}, texts{"0 0 0 last * *", "cron[day='last']"}},
		"nth weekday":     {TypeCron, args{"day": "2nd  Fri,last", "hour": 4}, texts{`day="2nd fri,last" hour=4 minute=0 second=0`, "cron[day='2nd fri,last', hour='4']"}},
		"day and weekday": {TypeCron, args{"day": 13, "day_of_week": "fri"}, texts{"day=13 day_of_week=fri hour=0 minute=0 second=0", "cron[day='13', day_of_week='fri']"}},
		"all days":        {TypeCron, args{"day": "1-31", "day_of_week": "fri"}, texts{"0 0 0 * * fri", "cron[day='1-31', day_of_week='fri']"}},
		"a week":          {TypeCron, args{"week": "20", "hour": 4}, texts{"week=20 hour=4 minute=0 second=0", "cron[week='20', hour='4']"}},
		"seconds":         {TypeInterval, args{"seconds": 15}, texts{"15s", "interval[0:00:15]"}},
		"minutes":         {TypeInterval, args{"minutes": 90}, texts{"90m", "interval[1:30:00]"}},
		"a day":           {TypeInterval, args{"days": 1}, texts{"1d", "interval[1 day, 0:00:00]"}},
		"weeks":           {TypeInterval, args{"weeks": 2, "hours": 13, "seconds": 1}, texts{"14d13h1s", "interval[14 days, 13:00:01]"}},
		"100 years":       {TypeInterval, args{"days": 36525}, texts{"36525d", "interval[36525 days, 0:00:00]"}},
		"a date":          {TypeDate, args{"run_date": "2026-12-12"}, texts{"2026-12-12 00:00", "date[2026-12-12 00:00:00 CET]"}},
		"a time":          {TypeDate, args{"run_date": "2026-7-2T3:4:5"}, texts{"2026-07-02 03:04:05", "date[2026-07-02 03:04:05 CEST]"}},
		"a fraction":      {TypeDate, args{"run_date": "2026-07-02 03:04:00.5"}, texts{"2026-07-02 03:04:00.5", "date[2026-07-02 03:04:00 CEST]"}},
		"a microsecond":   {TypeDate, args{"run_date": "2026-07-02 03:04:05.000001"}, texts{"2026-07-02 03:04:05.001", "date[2026-07-02 03:04:05 CEST]"}},
		"in UTC":          {TypeDate, args{"run_date": "2026-12-12T22:00:00Z"}, texts{"2026-12-12 22:00 UTC", "date[2026-12-12 22:00:00 UTC]"}},
		"an offset":       {TypeDate, args{"run_date": "2026-12-12T22:00:05-09:30"}, texts{"2026-12-12 22:00:05 UTC-09:30", "date[2026-12-12 22:00:05 UTC-09:30]"}},
		"in a gap":        {TypeDate, args{"run_date": "2027-03-28 02:30"}, texts{"2027-03-28 02:30", "date[2027-03-28 03:30:00 CEST]"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.typ, tt.args, "Europe/Berlin")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, texts{s.Expression(), s.Frequency()}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Two schedules that are due at different times never read the same.
func TestWordsLeaveNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := cronTexts(2026).Draw(t, "fields")
		b := a
		for range rapid.IntRange(1, 2).Draw(t, "changes") {
			i := rapid.IntRange(0, fieldCount-1).Draw(t, "field")
			b[i] = cronTexts(2026).Draw(t, "other")[i]
		}
		first, second := Schedule{Type: TypeCron, Cron: cronFields(a)}, Schedule{Type: TypeCron, Cron: cronFields(b)}
		p, _ := parseCron(&first.Cron)
		q, _ := parseCron(&second.Cron)
		if first.Words() != second.Words() || sameDays(p, q) {
			return
		}
		t.Fatalf("%q and %q are both %q", a, b, first.Words())
	})
}

// sameDays reports whether two schedules match the same readings.
func sameDays(p, q *parsedCron) bool {
	c, d := p.compile(), q.compile()
	if c.hours != d.hours || c.minutes != d.minutes || c.seconds != d.seconds {
		return false
	}
	for y := 1970; y < 2400; y++ {
		if c.hasYear(y) != d.hasYear(y) {
			return false
		}
	}
	for y := 2000; y < 2028; y++ {
		for m := 1; m <= 12; m++ {
			if c.hasYear(y) && c.monthMask(shapeOf(y), m) != d.monthMask(shapeOf(y), m) {
				return false
			}
		}
	}
	return true
}
