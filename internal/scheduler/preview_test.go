package scheduler

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cronsole/internal/cronsole"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	type args = map[string]any
	berlin := time.FixedZone("CET", 3600)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		req   cronsole.Request
		after time.Time
		count int
		want  cronsole.Preview
	}{
		"from now on, in the schedule's zone": {
			req:   cronsole.Request{Args: args{"hour": "3", "minute": "0", "second": "0", "timezone": "Europe/Berlin"}},
			count: 2,
			want: cronsole.Preview{
				Frequency: "cron[year='*', month='*', day='*', week='*', day_of_week='*', hour='3', minute='0', second='0']",
				Words:     "Every day at 03:00",
				Next:      []time.Time{time.Date(2000, 1, 1, 3, 0, 0, 0, berlin), time.Date(2000, 1, 2, 3, 0, 0, 0, berlin)},
			},
		},
		"an interval counts from the instant that is asked about": {
			req:   cronsole.Request{Type: "interval", Args: args{"minutes": "15"}},
			after: noon, count: 3,
			want: cronsole.Preview{
				Frequency: "interval[0:15:00]",
				Words:     "Every 15 minutes",
				Next:      []time.Time{noon.Add(15 * time.Minute), noon.Add(30 * time.Minute), noon.Add(45 * time.Minute)},
			},
		},
		"a date comes once": {
			req:   cronsole.Request{Type: "date", Args: args{"run_date": "2026-12-24 18:00"}},
			after: noon, count: 5,
			want: cronsole.Preview{
				Frequency: "date[2026-12-24 18:00:00 UTC]",
				Words:     "Once, on 24 Dec 2026 at 18:00",
				Next:      []time.Time{time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)},
			},
		},
		"a date that is past": {
			req:   cronsole.Request{Type: "date", Args: args{"run_date": "1999-12-24 18:00"}},
			count: 5,
			want: cronsole.Preview{
				Frequency: "date[1999-12-24 18:00:00 UTC]",
				Words:     "Once, on 24 Dec 1999 at 18:00",
				Warnings:  []string{"run_date is past: 24 Dec 1999 18:00"},
			},
		},
		"of the file": {
			req:   cronsole.Request{Code: "filed", FromFile: true, Args: args{"hour": "5"}},
			count: 1,
			want: cronsole.Preview{
				Frequency: "cron[year='*', month='*', day='*', week='*', day_of_week='*', hour='3', minute='0', second='0']",
				Words:     "Every day at 03:00",
				Next:      []time.Time{epoch.Add(3 * time.Hour)},
				Warnings:  []string{"The schedule comes from the .schedule file; ignored: hour."},
			},
		},
		"none at all": {
			req:   cronsole.Request{Type: "interval", Args: args{"minutes": "15"}},
			count: -1,
			want:  cronsole.Preview{Frequency: "interval[0:15:00]", Words: "Every 15 minutes"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.deployForCreate()
				got, err := w.Preview(w.ctx, tt.req, tt.after, tt.count)
				if err != nil {
					t.Fatal(err)
				}
				opts := cmp.Options{cmpEmpty, cmpopts.IgnoreFields(cronsole.Preview{}, "Schedule")}
				if diff := cmp.Diff(tt.want, got, opts); diff != "" {
					t.Errorf("preview (-want +got):\n%s", diff)
				}
				for i, at := range got.Next {
					if want := tt.want.Next[i].Format(time.RFC3339); at.Format(time.RFC3339) != want {
						t.Errorf("instant %d is shown as %s, want %s", i, at.Format(time.RFC3339), want)
					}
				}
			})
		})
	}
}

// A preview is bounded, and works before the scheduler has started.
func TestPreviewGivesAHundredAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.Scheduler = w.life()
		got, err := w.Preview(w.ctx, cronsole.Request{Type: "interval"}, time.Time{}, 1_000_000)
		if err != nil || len(got.Next) != 100 {
			t.Errorf("%d instants, %v; want 100", len(got.Next), err)
		}
	})
}

func TestPreviewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		req  cronsole.Request
		kind cronsole.Kind
		want string
	}{
		"a faulty value":     {cronsole.Request{Args: map[string]any{"hour": "25"}}, cronsole.Invalid, "hour"},
		"what never fires":   {cronsole.Request{Args: map[string]any{"month": "2", "day": "30"}}, cronsole.Invalid, "The schedule can never fire."},
		"no folder":          {cronsole.Request{Code: "nothing", FromFile: true}, cronsole.NotFound, "Job folder not found."},
		"no .schedule":       {cronsole.Request{JobID: "work", FromFile: true}, cronsole.NotFound, "Schedule file not found"},
		"a faulty .schedule": {cronsole.Request{Code: "faulty", FromFile: true}, cronsole.Invalid, "The .schedule file of faulty has a mistake in line 2."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t, func(t *testing.T, w *world) {
				w.deployForCreate()
				_, err := w.Preview(w.ctx, tt.req, time.Time{}, 5)
				if kind(err) != tt.kind || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("answered %v, want %q", err, tt.want)
				}
			})
		})
	}
}

// Who edits a job and leaves its schedule alone sees the instants at which it
// will run; a new schedule counts from when it is saved.
func TestPreviewOfAnEditKeepsTheGridOfTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).start()
		defer w.stop()
		job := w.create("j", "interval", map[string]any{"minutes": 10})
		w.pass(3 * time.Minute)
		now := w.now()
		for minutes, want := range map[int]time.Time{10: job.Next, 20: now.Add(20 * time.Minute)} {
			p, err := w.Preview(w.ctx, cronsole.Request{JobID: "j", Version: 1, Type: "interval", Args: map[string]any{"minutes": minutes}}, now, 1)
			if err != nil || len(p.Next) != 1 || !p.Next[0].Equal(want) {
				t.Errorf("every %d minutes: got %v, %v, want %v", minutes, p.Next, err, want)
			}
		}
	})
}
