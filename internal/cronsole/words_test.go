package cronsole

import "testing"

func TestWords(t *testing.T) {
	tests := map[string]string{
		"*/10 * * * * *":               "Every 10 seconds",
		"* * * * * *":                  "Every second",
		"0 * * * * *":                  "Every minute",
		"0 */5 * * * *":                "Every 5 minutes",
		"0 */15 * * * *":               "Every 15 minutes",
		"5 */15 * * * *":               "Every 15 minutes, at second 5",
		"0 0 * * * *":                  "Every hour",
		"0 5 * * * *":                  "Every hour, at minute 5",
		"0 15,45 * * * *":              "Every hour, at minutes 15 and 45",
		"0 5 */2 * * *":                "Every 2 hours, at minute 5",
		"0 0 */6 * * *":                "Every 6 hours",
		"0 0 */12 * * *":               "Every day at 00:00 and 12:00",
		"0 30 17 * * *":                "Every day at 17:30",
		"0 0 0 * * *":                  "Every day at 00:00",
		"0 30 2 * * mon-fri":           "At 02:30, Monday to Friday",
		"0 0 7,11,15 * * mon-fri":      "At 07:00, 11:00 and 15:00, Monday to Friday",
		"0 0 3 * * sun":                "Every Sunday at 03:00",
		"0 0 3 * * 0,6":                "At 03:00, Saturday and Sunday",
		"0 15 4 1 * *":                 "On day 1 of the month at 04:15",
		"0 15 4 last * *":              "On the last day of the month at 04:15",
		"0 0 0 1 1,4,7,10 *":           "On day 1 of January, April, July and October at 00:00",
		"0 0 8-18 * * *":               "Every hour from 08:00 to 18:00",
		"0 30 8-18/2 * * mon-fri":      "At 08:30, 10:30, 12:30, 14:30, 16:30 and 18:30, Monday to Friday",
		"0 */15 9-17 * * mon-fri":      "Every 15 minutes, from 09:00 to 17:59, Monday to Friday",
		"0 5-59/10 * * * *":            "Every 10 minutes, starting at minute 5",
		"0 */7 * * * *":                "Every hour, at minutes 0, 7, 14 … 56",
		"0 0,30 9-17 * * *":            "Every 30 minutes, from 09:00 to 17:59",
		"0 10,20,50 9-17 * * *":        "Every hour, from 09:00 to 17:59, at minutes 10, 20 and 50",
		"0 10,20,50 1,5,9 * * *":       "In hours 1, 5 and 9, at minutes 10, 20 and 50",
		"*/10 0-29 9 * * sat,sun":      "Every 10 seconds, in minutes 0 to 29, from 09:00 to 09:59, on Saturday and Sunday",
		"9,22 * * * * *":               "Every minute, at seconds 9 and 22",
		"30 5 2 * * *":                 "Every day at 02:05:30",
		"0 0 12 */2 * *":               "On days 1, 3, 5 … 31 of the month at 12:00",
		"0 0 12 * jun-aug *":           "Every day in June to August at 12:00",
		"0 0 12 * jun-aug mon":         "Every Monday in June to August at 12:00",
		"0 0 12 * jun-aug mon-fri":     "At 12:00, Monday to Friday, in June to August",
		"0 30 8-22/2 * * *":            "Every 2 hours from 08:30 to 22:30",
		"0 0 0 1 1 * 2027/3":           "On day 1 of January at 00:00, in every 3rd year from 2027",
		"0 0 0 1 1 * 2027-2200/11":     "On day 1 of January at 00:00, in every 11th year from 2027 to 2200",
		"0 0 0 1 1 * 2027-2200/21":     "On day 1 of January at 00:00, in every 21st year from 2027 to 2200",
		"0 * 2 * * *":                  "Every minute, from 02:00 to 02:59",
		"0 0 0 29 2 * 2028":            "On day 29 of February at 00:00, in 2028",
		"0 0 0 1 1 * 2028-2040/4":      "On day 1 of January at 00:00, in every 4th year from 2028 to 2040",
		"0 */20 * 1 * *":               "Every 20 minutes, on day 1 of the month",
		"0 */20 * * 12 *":              "Every 20 minutes, in December",
		"0 0 8,9,10,11,12,13,18 * * *": "In hours 8 to 13 and 18, at minute 0",
	}
	for expr, want := range tests {
		t.Run(expr, func(t *testing.T) {
			s, err := ParseSchedule(TypeCron, map[string]any{"expression": expr}, "UTC")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Words(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestWordsOfFieldsAndOtherTypes(t *testing.T) {
	tests := map[string]struct {
		typ  Type
		args map[string]any
		want string
	}{
		"nth weekday":      {TypeCron, map[string]any{"day": "2nd fri, last sun", "hour": 18}, "On the 2nd Friday and the last Sunday of the month at 18:00"},
		"day and weekday":  {TypeCron, map[string]any{"day": 13, "day_of_week": "fri", "hour": 12}, "On day 13 of the month, only on Friday, at 12:00"},
		"week":             {TypeCron, map[string]any{"week": "20", "day_of_week": "mon", "hour": 4}, "Every Monday at 04:00, in ISO week 20"},
		"weeks":            {TypeCron, map[string]any{"week": "*/2", "hour": "*"}, "Every hour, in ISO weeks 1, 3, 5 … 53"},
		"bounds":           {TypeCron, map[string]any{"hour": 9, "start_date": "2026-12-24", "end_date": "2027-01-04"}, "Every day at 09:00, from 24 Dec 2026, until 4 Jan 2027 00:00"},
		"year step":        {TypeCron, map[string]any{"year": "*/4", "hour": 1}, "Every day at 01:00, in every 4th year from 1970"},
		"seconds":          {TypeInterval, map[string]any{"seconds": 15}, "Every 15 seconds"},
		"a minute":         {TypeInterval, map[string]any{"minutes": 1}, "Every minute"},
		"mixed":            {TypeInterval, map[string]any{"minutes": 90}, "Every 1 hour 30 minutes"},
		"a day":            {TypeInterval, map[string]any{"days": 1}, "Every 24 hours"},
		"a week":           {TypeInterval, map[string]any{"weeks": 1, "start_date": "2026-03-05 09:00:00"}, "Every 7 days, from 5 Mar 2026 09:00"},
		"date":             {TypeDate, map[string]any{"run_date": "2026-12-12 22:00"}, "Once, on 12 Dec 2026 at 22:00"},
		"date with offset": {TypeDate, map[string]any{"run_date": "2026-12-12T22:00:05.5-02:00"}, "Once, on 13 Dec 2026 at 00:00:05.5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSchedule(tt.typ, tt.args, "UTC")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Words(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
