package cronsole

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWarnings(t *testing.T) {
	now := time.Date(2026, 11, 23, 11, 41, 0, 0, time.UTC)
	tests := map[string]struct {
		typ  Type
		args map[string]any
		zone string
		want []string
	}{
		"nothing to say":           {TypeCron, map[string]any{"hour": 12, "minute": 0}, "Europe/Berlin", nil},
		"a clock that is followed": {TypeCron, map[string]any{"minute": "*/15", "second": 0}, "Europe/Berlin", nil},
		"hour without minute": {
			TypeCron, FillDefaults(TypeCron, map[string]any{"hour": "2"}), "UTC",
			[]string{"hour without minute: 60 runs a day; write minute=0 for one"},
		},
		"minute without second": {
			TypeCron,
			map[string]any{"minute": "5", "second": "*"},
			"UTC",
			[]string{"minute without second: 1440 runs a day; write second=0 for one run a minute"},
		},
		"in a gap and in a fold": {TypeCron, map[string]any{"hour": 2, "minute": 30}, "Europe/Berlin", []string{
			"Clocks in Europe/Berlin go forward from 02:00 to 03:00 on 28 Mar 2027: 02:30 runs at 03:30",
			"Clocks in Europe/Berlin go back from 03:00 to 02:00 on 31 Oct 2027: 02:30 comes twice and runs once, the first time",
		}},
		"in a gap and in a fold, taken literally": {TypeCron, map[string]any{"hour": 2, "minute": 30, "dst": "literal"}, "Europe/Berlin", []string{
			"Clocks in Europe/Berlin go forward from 02:00 to 03:00 on 28 Mar 2027: 02:30 does not exist and is skipped",
			"Clocks in Europe/Berlin go back from 03:00 to 02:00 on 31 Oct 2027: 02:30 comes twice and runs twice",
		}},
		"hours without minute, taken literally": {
			TypeCron,
			map[string]any{"hour": "4", "minute": "*", "second": 0, "dst": "literal"},
			"UTC",
			[]string{"hour without minute: 60 runs a day; write minute=0 for one"},
		},
		"from the summer on": {
			TypeCron,
			map[string]any{"hour": 2, "minute": 30, "start_date": "2027-06-01"},
			"Europe/Berlin",
			[]string{"Clocks in Europe/Berlin go back from 03:00 to 02:00 on 31 Oct 2027: 02:30 comes twice and runs once, the first time"},
		},
		"until the summer": {
			TypeCron,
			map[string]any{"hour": 2, "minute": 30, "end_date": "2027-06-01"},
			"Europe/Berlin",
			[]string{"Clocks in Europe/Berlin go forward from 02:00 to 03:00 on 28 Mar 2027: 02:30 runs at 03:30"},
		},
		"over": {
			TypeCron,
			map[string]any{"year": 2020, "hour": 12, "minute": 0},
			"UTC",
			[]string{"Nothing is due any more: every run of this schedule lies in the past"},
		},
		"a daily interval": {
			TypeInterval,
			map[string]any{"days": 1, "start_date": "2026-11-01 09:00"},
			"Europe/Berlin",
			[]string{"A day is always 24 hours here: after the clock change in Europe/Berlin on 28 Mar 2027 the run at 09:00 comes at 10:00; choose cron to keep the time of day"},
		},
		"a daily interval without changes": {TypeInterval, map[string]any{"days": 1}, "Asia/Tokyo", nil},
		"a daily interval until the winter": {
			TypeInterval, map[string]any{"days": 1, "end_date": "2027-01-01"}, "Europe/Berlin", nil,
		},
		"a daily interval from the next winter": {
			TypeInterval, map[string]any{"days": 1, "start_date": "2027-12-01"}, "Europe/Berlin", nil,
		},
		"an interval that is no day": {TypeInterval, map[string]any{"hours": 25}, "Europe/Berlin", nil},
		"a date with an offset":      {TypeDate, map[string]any{"run_date": "2027-10-31T02:30:00+01:00"}, "Europe/Berlin", nil},
		"a past date":                {TypeDate, map[string]any{"run_date": "2026-11-23 11:40"}, "UTC", []string{"run_date is past: 23 Nov 2026 11:40"}},
		"a date in a gap": {
			TypeDate,
			map[string]any{"run_date": "2027-03-28 02:30"},
			"Europe/Berlin",
			[]string{"02:30 does not exist on 28 Mar 2027 in Europe/Berlin, because clocks go forward; the run is at 03:30"},
		},
		"a date in a fold": {
			TypeDate,
			map[string]any{"run_date": "2027-10-31 02:30"},
			"Europe/Berlin",
			[]string{"02:30 comes twice on 31 Oct 2027 in Europe/Berlin, because clocks go back; the first is meant"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.typ, tt.args, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.Warnings(now)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
