package cronsole

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refused returns what an error says about each value; the test fails when it
// is not the kind of error that a person is shown.
func refused(t *testing.T, err error) []FieldError {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	checkInvalid(t, err)
	return fieldsOf(err)
}

func TestExpressionHasFiveToSevenFields(t *testing.T) {
	tests := map[string]struct {
		expr string
		want CronFields
	}{
		"five":              {"30 2 * * *", CronFields{"*", "*", "*", "*", "*", "2", "30", "0"}},
		"six, second first": {"15 30 2 * * *", CronFields{"*", "*", "*", "*", "*", "2", "30", "15"}},
		"seven, year last":  {"0 30 2 24 12 * 2027-2030", CronFields{"2027-2030", "12", "24", "*", "*", "2", "30", "0"}},
		"blanks and tabs":   {"  30\t2   *  *  * ", CronFields{"*", "*", "*", "*", "*", "2", "30", "0"}},
		"lists and steps":   {"*/15 9-17/2 1,15 jan-mar,12 *", CronFields{"*", "jan-mar,12", "1,15", "*", "*", "9-17/2", "*/15", "0"}},
		"last day":          {"0 4 last * *", CronFields{"*", "*", "last", "*", "*", "4", "0", "0"}},
		"every weekday":     {"0 0 1 * 0-7", CronFields{"*", "*", "1", "*", "*", "0", "0", "0"}},
		"every day":         {"0 0 1-31 * mon", CronFields{"*", "*", "1-31", "*", "mon", "0", "0", "0"}},
		"@yearly":           {"@yearly", CronFields{"*", "1", "1", "*", "*", "0", "0", "0"}},
		"@annually":         {"@annually", CronFields{"*", "1", "1", "*", "*", "0", "0", "0"}},
		"@monthly":          {"@monthly", CronFields{"*", "*", "1", "*", "*", "0", "0", "0"}},
		"@weekly":           {"@weekly", CronFields{"*", "*", "*", "*", "sun", "0", "0", "0"}},
		"@daily":            {"@daily", CronFields{"*", "*", "*", "*", "*", "0", "0", "0"}},
		"@midnight":         {"@midnight", CronFields{"*", "*", "*", "*", "*", "0", "0", "0"}},
		"@hourly":           {"@hourly", CronFields{"*", "*", "*", "*", "*", "*", "0", "0"}},
		"any case":          {" @Daily ", CronFields{"*", "*", "*", "*", "*", "0", "0", "0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ExpandExpression(tt.expr)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Crontab counts from 0 = Sunday to 7 = Sunday, the fields from 0 = Monday.
func TestWeekdaysOfAnExpressionBecomeNames(t *testing.T) {
	tests := map[string]string{
		"0":           "sun",
		"7":           "sun",
		"1":           "mon",
		"6":           "sat",
		"0,7":         "sun",
		"5-7":         "fri-sun",
		"6-7":         "sat,sun",
		"0-6":         "*",
		"1-7":         "*",
		"0-7":         "*",
		"*":           "*",
		"*/1":         "*",
		"*/2":         "tue,thu,sat,sun",
		"*/3":         "wed,sat,sun",
		"*/7":         "sun",
		"0-6/2":       "tue,thu,sat,sun",
		"1-7/2":       "mon,wed,fri,sun",
		"1/2":         "mon,wed,fri,sun",
		"1,3,5":       "mon,wed,fri",
		"1-5":         "mon-fri",
		"0-2":         "mon,tue,sun",
		"0,6":         "sat,sun",
		"1,2,4,5,6":   "mon,tue,thu-sat",
		"sun":         "sun",
		"MON-Fri":     "mon-fri",
		"mon-sun":     "*",
		"fri-sun":     "fri-sun",
		"sat-sun":     "sat,sun",
		"sun-tue":     "mon,tue,sun",
		"sat,sun,mon": "mon,sat,sun",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			got, err := ExpandExpression("0 0 * * " + text)
			if err != nil {
				t.Fatal(err)
			}
			if got.DayOfWeek != want {
				t.Errorf("got %s, want %s", got.DayOfWeek, want)
			}
		})
	}
}

func TestExpressionIsRefusedWithAdvice(t *testing.T) {
	tests := map[string]struct{ expr, want string }{
		"nothing":            {"", `"" has 0 fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily`},
		"four fields":        {"0 0 * *", `"0 0 * *" has 4 fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily`},
		"eight fields":       {"0 0 0 * * * * *", `"0 0 0 * * * * *" has 8 fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily`},
		"day and weekday":    {"0 0 13 * fri", "restricts both day (13) and weekday (fri): crontab means either of them, while cronsole's fields mean both; make two jobs, or write the fields day and day_of_week if both must fit"},
		"last and weekday":   {"0 0 last * 1-5", "restricts both day (last) and weekday (1-5): crontab means either of them, while cronsole's fields mean both; make two jobs, or write the fields day and day_of_week if both must fit"},
		"@reboot":            {"@reboot", "@reboot has no instant to be due at; write another schedule, and run_at_start=true beside it"},
		"@every":             {"@every 5m", `"@every 5m" is an interval; choose the type interval and write its units, such as minutes=5`},
		"unknown @":          {"@fortnightly", `"@fortnightly" is not known; write @hourly, @daily, @weekly, @monthly or @yearly`},
		"@ inside":           {"0 0 * * @daily", `weekday "@daily" stands for a whole schedule; write expression=@daily`},
		"CRON_TZ":            {"CRON_TZ=Europe/Berlin 0 0 * * *", `"CRON_TZ=Europe/Berlin" does not belong here; write a zone as timezone=Europe/Berlin on its own`},
		"TZ":                 {"TZ=UTC 0 0 * * *", `"TZ=UTC" does not belong here; write a zone as timezone=Europe/Berlin on its own`},
		"L as day":           {"0 0 L * *", `day "L" is not used here; write day "last" for the last day, or "last fri" for the last Friday of a month`},
		"L as weekday":       {"0 0 * * 5L", `weekday "5L" is not used here; write the field day as "last fri"`},
		"W":                  {"0 0 15W * *", `day "15W": the nearest working day cannot be asked for; write a day, or "1st mon"`},
		"#":                  {"0 0 * * fri#2", `weekday "fri#2": "#" is not used here; write the field day as in "2nd fri", and a comment on a line of its own`},
		"?":                  {"0 0 ? * *", `day "?" is not used here; write *`},
		"weekday 8":          {"0 0 * * 8", `weekday "8" is outside 0 to 7, where 0 and 7 are Sunday; names such as sun are clearer`},
		"weekday backwards":  {"0 0 * * 5-2", `weekday "5-2" runs backwards; write 5-7,0-2`},
		"names backwards":    {"0 0 * * fri-tue", `weekday "fri-tue" runs backwards; write fri-sun,sun-tue`},
		"unknown weekday":    {"0 0 * * x", `weekday "x" is not understood; write *, mon to sun, mon-fri, 0 (Sunday) to 7 (Sunday) or a list of these`},
		"long weekday":       {"0 0 * * friday", `weekday "friday" is not a name that is known here; write fri`},
		"minute 60":          {"60 0 * * *", `minute "60" is outside 0 to 59`},
		"hour backwards":     {"0 22-2 * * *", `hour "22-2" runs backwards; write 22-23,0-2`},
		"month 0":            {"0 0 * 0 *", `month "0" is outside 1 to 12`},
		"step of zero":       {"*/0 * * * *", `minute "*/0" needs a step from 1 to 59`},
		"year before 1970":   {"0 0 0 1 1 * 1969", `year "1969" is outside 1970 to 9999`},
		"a text with spaces": {"every day at noon", `"every day at noon" has 4 fields; write 5 (minute hour day month weekday), 6 with the second first, 7 with the year last, or @daily`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fields, err := ExpandExpression(tt.expr)
			if diff := cmp.Diff([]FieldError{{"expression", tt.want}}, refused(t, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if fields != (CronFields{}) {
				t.Errorf("refused, yet %+v", fields)
			}
		})
	}
}

// The advice about a range that runs backwards can be followed as it is.
func TestAdviceForBackwardsRangesIsAccepted(t *testing.T) {
	for _, advice := range []string{"0 0 * * 5-7,0-2", "0 0 * * fri-sun,sun-tue", "0 22-23,0-2 * * *", "0 0 * nov-dec,jan-feb *"} {
		if _, err := ExpandExpression(advice); err != nil {
			t.Error(err)
		}
	}
}
