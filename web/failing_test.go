package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestAStoreThatFailsOnceIsNeverHalfAPage: whichever query fails, the answer is
// an error with an id, or the whole page where the query was only a help.
func TestAStoreThatFailsOnceIsNeverHalfAPage(t *testing.T) {
	requests := []request{get("/jobs/nope"), postForm("/jobs/sync_orders", "type", "interval", "version", "7"), postForm("/jobs", "code", "x", "type", "cron")}
	for _, f := range faces {
		requests = append(requests, get(f.target).browser(), get("/api/v1"+f.target))
		if f.part != "" {
			requests = append(requests, get(withPart(f.target, f.part)).htmx())
		}
	}
	requests = append(requests, get("/runs/1312/log"), postJSON("/api/v1/jobs/sync_orders/pause", ""), postJSON("/api/v1/runs/1316/cancel", ""),
		get("/jobs/new?code=backup_database").browser(), get("/jobs/new?from=backup_database").browser())
	for _, r := range requests {
		w := newBusyWorld()
		well := ask(t, w.app(), r)
		for n := 1; n <= w.reads; n++ {
			w := newBusyWorld()
			w.failAt = n
			a := ask(t, w.app(), r)
			if !strings.Contains(w.log.String(), "one read failed") {
				t.Errorf("%s %s, read %d: the log does not say why", r.method, r.target, n)
			}
			if a.status == http.StatusInternalServerError && a.header.Get("ETag") == "" {
				continue
			}
			// Nearest ids and the jobs beside a folder are a help; all else is there.
			if a.status != well.status || len(a.body) < len(well.body)/2 {
				t.Errorf("%s %s, read %d: status %d with %d bytes, want %d with %d", r.method, r.target, n, a.status, len(a.body), well.status, len(well.body))
			}
		}
	}
}

// TestAScheduleThatANewerTimeZoneRefusesIsShown: what is planned holds.
func TestAScheduleThatANewerTimeZoneRefusesIsShown(t *testing.T) {
	w := newBusyWorld()
	w.jobs["backup_database"].Definition.Schedule.Timezone = "Mars/Olympus"
	page := mustAsk(t, w.app(), get("/jobs/backup_database").browser(), http.StatusOK).page(t)
	if n := page.Find(".next li").Length(); n != 1 {
		t.Errorf("%d coming runs", n)
	}
	mustAsk(t, w.app(), get("/jobs").browser(), http.StatusOK)
}

// TestAnEmptyModelIsAListInJSON: scripts read [] and null, never something that
// is not there.
func TestAnEmptyModelIsAListInJSON(t *testing.T) {
	app := newWorld().app()
	for target, want := range map[string]string{
		"/api/v1/jobs": `{"total":0,"jobs":[],"next":null,"counts":{"all":0,"running":0,"failing":0,"late":0,"paused":0}}`,
		"/api/v1/runs": `{"runs":[],"next":null}`,
	} {
		if got := strings.TrimSpace(mustAsk(t, app, get(target), http.StatusOK).body); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
	w := newWorld()
	w.codes = nil
	if got := strings.TrimSpace(mustAsk(t, w.app(), get("/api/v1/codes"), http.StatusOK).body); got != `{"codes":[]}` {
		t.Errorf("codes: %s", got)
	}
}

// TestListsAreReadInPages: next of one is after of the other, and each row
// comes once.
func TestListsAreReadInPages(t *testing.T) {
	app := newBusyWorld().app()
	for _, list := range []struct {
		target, rows, key string
		want              int
	}{{"/api/v1/jobs?limit=3", "jobs", "job_id", 10}, {"/api/v1/runs?limit=5", "runs", "id", 34}} {
		seen := map[any]bool{}
		for after := ""; ; {
			a := mustAsk(t, app, get(list.target+after), http.StatusOK).json(t)
			rows, _ := a[list.rows].([]any)
			for _, r := range rows {
				row, _ := r.(map[string]any)
				if seen[row[list.key]] {
					t.Errorf("%s: %v comes twice", list.target, row[list.key])
				}
				seen[row[list.key]] = true
			}
			next, more := a["next"].(string)
			if !more {
				break
			}
			after = "&after=" + next
		}
		if len(seen) != list.want {
			t.Errorf("%s: %d rows, want %d", list.target, len(seen), list.want)
		}
	}
}
