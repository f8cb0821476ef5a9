package scheduler

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
	"cronsole/internal/sqlite"
)

// Days pass over a change of clocks, with a real ledger on disk and a break of
// three hours in the night of the change. In the end the ledger says what package time
// says: each instant has its row, started when it was due.
func TestDaysOnDisk(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2000, month, day, hour, 0, 15, 0, time.UTC)
	}
	tests := map[string]struct{ from, down, until time.Time }{
		// 02:30 does not exist on 26 March.
		"clocks go forward": {at(3, 22, 12), at(3, 26, 0), at(3, 29, 12)},
		// 02:30 comes twice on 29 October.
		"clocks go back": {at(10, 28, 12), at(10, 28, 22), at(10, 30, 12)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				<-time.After(time.Until(tt.from))
				w := &diskWorld{t: t, dir: t.TempDir()}
				s := w.start()
				for id, args := range map[string]map[string]any{
					"cron":     {"hour": "2,14", "minute": "30", "second": "0", "timezone": "Europe/Berlin"},
					"interval": {"minutes": "83"},
					"date":     {"run_date": tt.from.Add(20 * time.Hour).In(berlin).Format("2006-01-02 15:04:05"), "timezone": "Europe/Berlin"},
				} {
					if _, _, err := s.Create(t.Context(), cronsole.Request{JobID: id, Code: "work", Type: id, Args: args}); err != nil {
						t.Fatal(err)
					}
				}
				<-time.After(time.Until(tt.down))
				w.stop()
				back := tt.down.Add(3 * time.Hour)
				<-time.After(time.Until(back))
				w.start()
				<-time.After(time.Until(tt.until))
				synctest.Wait()
				got := w.ledger()
				w.stop()

				due := map[string][]time.Time{
					"cron":     wallTimes(berlin, tt.from, tt.until, 2*time.Hour+30*time.Minute, 14*time.Hour+30*time.Minute),
					"interval": steps(tt.from, tt.until, 83*time.Minute),
					"date":     {tt.from.Add(20 * time.Hour)},
				}
				want := map[string][]fired{}
				for id, all := range due {
					up, missed := split(all, tt.down)
					missed, later := split(missed, back)
					want[id] = append(append(onTime(up), caughtUp(missed, back)...), onTime(later)...)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("ledger (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// wallTimes lists the instants in (from, until] at which a clock in loc shows
// the given times of day. Midnight exists each day and comes once; the time that
// has passed since then is the time of day as the clock had it before a change.
// After the change of the day the clock itself is asked.
func wallTimes(loc *time.Location, from, until time.Time, times ...time.Duration) (due []time.Time) {
	for day := from.In(loc); !day.After(until.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		for _, tod := range times {
			d := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc).Add(tod)
			if tod > 4*time.Hour {
				d = time.Date(day.Year(), day.Month(), day.Day(), int(tod.Hours()), int(tod.Minutes())%60, 0, 0, loc)
			}
			if d.After(from) && !d.After(until) {
				due = append(due, d.UTC())
			}
		}
	}
	return due
}

// split divides instants into those up to at and those after it.
func split(due []time.Time, at time.Time) (before, after []time.Time) {
	i := slices.IndexFunc(due, func(d time.Time) bool { return d.After(at) })
	if i < 0 {
		return due, nil
	}
	return due[:i], due[i:]
}

// diskWorld is a scheduler whose ledger is a real one.
type diskWorld struct {
	t     *testing.T
	dir   string
	store *sqlite.Store
	*Scheduler
}

func (w *diskWorld) start() *Scheduler {
	w.t.Helper()
	var err error
	if w.store, err = sqlite.Open(w.t.Context(), filepath.Join(w.dir, "data"), sqlite.Options{}); err != nil {
		w.t.Fatal(err)
	}
	around := newWorld(w.t)
	w.Scheduler = New(Config{Store: &hourly{Store: w.store}, Executor: around.exec, Codes: around.codes})
	if err := w.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.Scheduler
}

// hourly lets retention look at the ledger once an hour instead of each minute,
// which would be most of the work of a week.
type hourly struct {
	*sqlite.Store
	minutes int
}

func (h *hourly) Purge(ctx context.Context, now time.Time) (bool, error) {
	if h.minutes++; h.minutes%60 != 0 {
		return false, nil
	}
	return h.Store.Purge(ctx, now)
}

func (w *diskWorld) stop() {
	w.t.Helper()
	if err := w.Stop(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// ledger is what the rows say about due instants, oldest first, by job.
func (w *diskWorld) ledger() map[string][]fired {
	w.t.Helper()
	out := map[string][]fired{}
	for _, id := range []string{"cron", "interval", "date"} {
		page, err := w.store.Runs(w.t.Context(), cronsole.RunQuery{JobID: id, Limit: 1000})
		if err != nil || page.Next != 0 {
			w.t.Fatal(fmt.Errorf("more than a page: %w", err))
		}
		rows := make([]cronsole.Run, len(page.Runs))
		for i, r := range page.Runs {
			rows[len(rows)-1-i] = *r
		}
		out[id] = firedRows(rows)
	}
	return out
}
