package cronsole

import (
	"testing"
	"time"
)

var benchNow = time.Date(2026, 11, 23, 11, 41, 12, 0, time.UTC)

func mustTrigger(t testing.TB, s Schedule) Trigger {
	t.Helper()
	trigger, err := NewTrigger(s, benchNow)
	if err != nil {
		t.Fatal(err)
	}
	return trigger
}

func cronIn(zone, fields string, t testing.TB) Schedule {
	return Schedule{Type: TypeCron, Cron: cronFields(splitFields(t, fields)), Timezone: zone}
}

func benchSchedules(t testing.TB) map[string]Schedule {
	return map[string]Schedule{
		"every second":        cronIn("UTC", "* | * | * | * | * | * | * | *", t),
		"every 15 minutes":    cronIn("Europe/Berlin", "* | * | * | * | * | * | */15 | 0", t),
		"daily":               cronIn("Europe/Berlin", "* | * | * | * | * | 2 | 30 | 0", t),
		"weekdays":            cronIn("America/New_York", "* | * | * | * | mon-fri | 9 | 0 | 0", t),
		"monthly":             cronIn("Europe/Berlin", "* | * | 1 | * | * | 4 | 15 | 0", t),
		"last Friday":         cronIn("Asia/Tokyo", "* | * | last fri | * | * | 18 | 0 | 0", t),
		"week 53":             cronIn("UTC", "* | * | * | 53 | * | 0 | 0 | 0", t),
		"interval":            {Type: TypeInterval, Interval: Units{Seconds: 15}, Timezone: "UTC"},
		"29 Feb on a Sunday":  cronIn("America/Santiago", "* | 2 | 29 | * | sun | 0 | 30 | 0", t),
		"week 53 on a 3 Jan":  cronIn("Europe/Berlin", "* | 1 | 3 | 53 | * | 0 | 0 | 0", t),
		"last day of the era": cronIn("Europe/Berlin", "9999 | 12 | 31 | * | * | 2 | 0 | 0", t),
	}
}

func BenchmarkNext(b *testing.B) {
	for name, s := range benchSchedules(b) {
		b.Run(name, func(b *testing.B) {
			trigger := mustTrigger(b, s)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := trigger.Next(benchNow); !ok {
					b.Fatal("no next fire")
				}
			}
		})
	}
}

func BenchmarkLast(b *testing.B) {
	trigger := mustTrigger(b, cronIn("Europe/Berlin", "* | * | * | * | * | 2 | 30 | 0", b))
	b.ReportAllocs()
	for b.Loop() {
		trigger.Last(benchNow)
	}
}

// BenchmarkCount counts 400 days of a job that runs every second.
func BenchmarkCount(b *testing.B) {
	for name, fields := range map[string]string{
		"following the clock": "* | * | * | * | * | * | * | *",
		"some hours":          "* | * | * | * | * | 0-22 | * | *",
	} {
		b.Run(name, func(b *testing.B) {
			trigger := mustTrigger(b, cronIn("Europe/Berlin", fields, b))
			for b.Loop() {
				trigger.Count(benchNow.Add(-400*day), benchNow)
			}
		})
	}
}

func BenchmarkNewTrigger(b *testing.B) {
	s := cronIn("Europe/Berlin", "* | * | * | * | mon-fri | 2 | 30 | 0", b)
	b.ReportAllocs()
	for b.Loop() {
		mustTrigger(b, s)
	}
}

func BenchmarkNeverFires(b *testing.B) {
	s := cronIn("Europe/Berlin", "* | jan | 1-28 | 30 | * | 2 | 30 | 0", b)
	for b.Loop() {
		if _, err := NewTrigger(s, benchNow); err == nil {
			b.Fatal("accepted")
		}
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for name, s := range benchSchedules(t) {
		t.Run(name, func(t *testing.T) {
			trigger := mustTrigger(t, s)
			if n := testing.AllocsPerRun(100, func() { trigger.Next(benchNow); trigger.Last(benchNow) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
