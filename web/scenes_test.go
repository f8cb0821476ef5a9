package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// scene is a page in one of its states. The name is that of its golden file,
// which holds the page's main element, or of that only what differs from the
// page in other states.
type scene struct {
	name   string
	world  func() *world
	ask    request
	status int
	only   string
}

// scenes are all pages in all states that look different.
func scenes() []scene {
	const ok = http.StatusOK
	empty := newWorld
	undeployed := func() *world {
		w := newWorld()
		w.codes = nil
		return w
	}
	run := func(change func(w *world, r *cronsole.Run)) func() *world {
		return func() *world {
			w := newBusyWorld()
			change(w, w.of("sync_orders"))
			return w
		}
	}
	return []scene{
		{"jobs-empty", empty, get("/jobs"), ok, ""},
		{"jobs-nothing-deployed", undeployed, get("/jobs"), ok, ""},
		{"jobs", newBusyWorld, get("/jobs"), ok, ""},
		{"jobs-no-match", newBusyWorld, get("/jobs?q=nothing%3C&sort=-name"), ok, "#filter, #list"},
		{"jobs-paged", newBusyWorld, get("/jobs?limit=3&page=2&sort=next"), ok, "thead, .foot"},
		{"jobs-toast", newBusyWorld, get("/jobs?done=deleted&job=old_cleanup&undo=UNDO0000000000000000000001&state=paused"), ok, "#filter, #tabs, #rows"},

		{"job-healthy", newBusyWorld, get("/jobs/backup_database"), ok, ""},
		{"job-failing", newBusyWorld, get("/jobs/sync_orders?runs=failed"), ok, ""},
		{"job-late", newBusyWorld, get("/jobs/late_report"), ok, ".head, .note, .facts"},
		{"job-paused", newBusyWorld, get("/jobs/old_cleanup?done=paused"), ok, ".head, .note, .facts, .next"},
		{"job-paused-until", pausedUntil, get("/jobs/old_cleanup"), ok, ".head, .note, .facts, .next"},
		{"job-skips", skips, get("/jobs/backup_database"), ok, ".head, .note, .facts, .next, .next + div"},
		{"jobs-skips", skips, get("/jobs?q=backup_database"), ok, ".c-next"},
		{"pause", newBusyWorld, get("/jobs/backup_database/pause"), ok, ""},
		{"pause-mistake", newBusyWorld, postForm("/jobs/backup_database/pause", "reason", "repair", "until", "soon"), 422, ".dialog-t ~ *, .err, input"},
		{"run-now", newBusyWorld, get("/jobs/backup_database/run"), ok, ""},
		{"run-now-mistake", newBusyWorld, postForm("/jobs/backup_database/run", "args", "[1"), 422, "#error-summary, .err, textarea"},
		{"revisions", edited, get("/jobs/sync_orders/revisions"), ok, ""},
		{"revisions-older", edited, get("/jobs/sync_orders/revisions?limit=1"), ok, ""},
		{"job-running", newBusyWorld, get("/jobs/get_random_user"), ok, ".head, .note, .facts"},
		{"job-finished", newBusyWorld, get("/jobs/one_off"), ok, ".head, .note, .facts, .next"},
		{"job-never-ran", newBusyWorld, get("/jobs/weekly_mail"), ok, ""},
		{"job-broken", newBusyWorld, get("/jobs/needs_repair"), ok, ".head, .note, .facts"},
		{"job-not-deployed", newBusyWorld, get("/jobs/gone_code"), ok, ".head, .note, .facts"},
		{"job-differs", newBusyWorld, get("/jobs/random_fast"), ok, ".head, .note, .facts, .diff"},

		{"new", newBusyWorld, get("/jobs/new"), ok, ""},
		{"new-from-file", newBusyWorld, get("/jobs/new?code=get_random_user&type=from_file"), ok, "#code-hint, #file-pane"},
		{"new-file-with-mistake", newBusyWorld, get("/jobs/new?code=broken&type=from_file"), ok, "#code-hint, #file-pane"},
		{"new-copy", newBusyWorld, get("/jobs/new?from=backup_database"), ok, "#f-code, #f-job_id"},
		{"new-errors", newBusyWorld, postForm("/jobs",
			"code", "log_something", "job_id", "mine", "type", "cron", "args.hour", "25", "timezone", "UTC", "timeout", "soon"), 422, "#error-summary, .err, [aria-invalid]"},
		{"new-taken", newBusyWorld, postForm("/jobs",
			"code", "log_something", "job_id", "sync_orders", "type", "interval", "args.minutes", "5"), 409, "#error-summary"},
		{"edit", newBusyWorld, get("/jobs/backup_database/edit"), ok, ""},
		{"edit-date", newBusyWorld, get("/jobs/one_off/edit"), ok, ".pane-date"},
		{"edit-stale", newBusyWorld, postForm("/jobs/backup_database",
			"code", "backup_database", "type", "interval", "args.hours", "6", "version", "7"), 409, "#error-summary"},
		{"delete", newBusyWorld, get("/jobs/backup_database/delete"), ok, ""},
		{"delete-running", newBusyWorld, get("/jobs/get_random_user/delete"), ok, ""},

		{"runs-empty", empty, get("/runs"), ok, ""},
		{"runs", newBusyWorld, get("/runs?limit=20"), ok, ""},
		{"runs-of-job", newBusyWorld, get("/runs?job_id=sync_orders&cause=schedule&state=failed,timed_out,interrupted"), ok, ""},
		{"runs-no-match", newBusyWorld, get("/runs?reason=misfire"), ok, ""},

		{"run-succeeded", newBusyWorld, get("/runs/1309"), ok, ""},
		{"run-failed", newBusyWorld, get("/runs/1312"), ok, ""},
		{"run-running", newBusyWorld, get("/runs/1316?done=started"), ok, ""},
		{"run-queued", newBusyWorld, get("/runs/1317"), ok, ""},
		{"run-skipped", newBusyWorld, get("/runs/1315"), ok, ""},
		{"run-skipped-on-request", func() *world {
			w := newBusyWorld()
			r, err := w.run(1315)
			if err != nil {
				panic(err)
			}
			r.Reason, r.Error = cronsole.ReasonPaused, "Skipped on request, asked at 2026-11-23T11:00:00Z."
			return w
		}, get("/runs/1315"), ok, "[role=status], .note"},
		{"run-cut", run(func(w *world, r *cronsole.Run) {
			r.OutputFrom, r.OutputBytes = 5_000_000, 5_000_010
			w.output[r.ID] = []cronsole.Chunk{{Offset: 5_000_000, Time: noon, Stream: cronsole.Stdout, Data: []byte("ten bytes\n")}}
		}), get("/runs/1312"), ok, ""},
		{"run-purged", run(func(w *world, r *cronsole.Run) {
			r.PurgedAt, r.PurgedBy = noon.AddDate(0, 0, -1), "keep_bytes=104857600"
			delete(w.output, r.ID)
		}), get("/runs/1312"), ok, ""},
		{"run-long", run(func(w *world, r *cronsole.Run) {
			w.output[r.ID] = nil
			w.say(r, cronsole.Stdout, lines(30, "one of many"))
		}), get("/runs/1312?before=4"), ok, ""},

		{"codes", newBusyWorld, get("/codes"), ok, ""},
		{"codes-empty", undeployed, get("/codes"), ok, ""},

		{"error-no-job", newBusyWorld, get("/jobs/backup"), http.StatusNotFound, ""},
		{"error-deleted", func() *world {
			w := newBusyWorld()
			if _, err := w.Delete(context.Background(), "old_cleanup"); err != nil {
				panic(err)
			}
			return w
		}, get("/jobs/old_cleanup"), http.StatusNotFound, ""},
		{"error-no-run", newBusyWorld, get("/runs/99"), http.StatusNotFound, ""},
		{"error-no-page", newBusyWorld, get("/nowhere"), http.StatusNotFound, ""},
		{"error-address", newBusyWorld, get("/jobs?sort=up&limit=0"), 422, ""},
		{"error-foreign-host", newBusyWorld, get("/jobs").with("Host", "evil.example"), 421, ""},
		{"error-unexpected", func() *world {
			w := newBusyWorld()
			w.fail = errors.New("disk I/O error in /var/lib/cronsole.db")
			return w
		}, get("/jobs"), 500, ""},
	}
}

func pausedUntil() *world {
	w := newBusyWorld()
	w.jobs["old_cleanup"].PausedUntil = noon.Add(20 * time.Hour)
	return w
}

// edited is a world in which somebody changed a job.
func edited() *world {
	w := newBusyWorld()
	w.now = noon.Add(-time.Hour)
	request := cronsole.Request{
		JobID: "sync_orders", Type: "interval", Args: map[string]any{"hours": 2}, Timezone: "Europe/Berlin", Rules: map[string]any{"timeout": "5m", "tags": []any{"orders"}},
	}
	if _, err := w.Edit(context.Background(), "sync_orders", request); err != nil {
		panic(err)
	}
	w.now = noon
	return w
}

func skips() *world {
	w := newBusyWorld()
	j := w.jobs["backup_database"]
	j.SkipDue, j.SkipAsked = j.Next, noon
	return w
}

// TestPages shows each page in each state: its title and what is in its main
// element. What stands around that is the same on every page and is shown once.
func TestPages(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			doc := mustAsk(t, s.world().app(), s.ask.browser(), s.status).page(t)
			shown := doc.Find("main").Children()
			if s.only != "" {
				shown = doc.Find("main").Find(s.only)
			}
			got := "<title>" + doc.Find("title").First().Text() + "</title>\n" + laidOut(shown)
			if toast := doc.Find("#toasts").Children(); toast.Length() > 0 {
				got += "<!-- toast -->\n" + laidOut(toast)
			}
			golden(t, s.name+".html", got)
		})
	}
}

func TestFrameOfEveryPage(t *testing.T) {
	doc := mustAsk(t, newBusyWorld().app(), get("/jobs").browser().with("Cookie", "theme=dark"), http.StatusOK).page(t)
	doc.Find("main").Children().Remove()
	golden(t, "frame.html", laidOut(doc.Find("html")))
}

// TestPreviewCards shows the card beside the form, which is a part without a page.
func TestPreviewCards(t *testing.T) {
	app := newBusyWorld().app()
	for name, query := range map[string]string{
		"preview-cron":     "code=log_something&type=cron&args.expression=30+2+*+*+mon-fri&expression_was=x&timezone=Europe%2FBerlin",
		"preview-interval": "type=interval&args.hours=6&timezone=UTC",
		"preview-date":     "type=date&args.run_date=2026-12-24+18%3A00&timezone=Asia%2FKolkata",
		"preview-file":     "code=get_random_user&type=from_file",
		"preview-never":    "type=cron&args.month=2&args.day=31",
		"preview-mistake":  "type=cron&args.hour=25&timezone=Mars%2FOlympus",
	} {
		t.Run(name, func(t *testing.T) {
			a := mustAsk(t, app, get("/jobs/preview?"+query).htmx(), http.StatusOK)
			golden(t, name+".html", laidOut(a.part(t).Find("template").Children()))
		})
	}
}

// TestNoGoldenFileIsLeftOver: a state that is gone takes its file with it.
func TestNoGoldenFileIsLeftOver(t *testing.T) {
	known := map[string]bool{"frame.html": true}
	for _, s := range scenes() {
		known[s.name+".html"] = true
	}
	for _, name := range goldenFiles(t) {
		if !known[name] && !strings.HasPrefix(name, "preview-") && !strings.HasSuffix(name, ".json") {
			t.Errorf("testdata/%s belongs to no page", name)
		}
	}
}
