package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A browser without script deletes a job and finds the way back in two places:
// on the page that it is sent to, and where the job was.
func TestADeletedJobIsBroughtBackWithoutScript(t *testing.T) {
	for _, place := range []string{"where the browser goes", "/jobs/sync_orders"} {
		w := newBusyWorld()
		app := w.app()
		to := mustAsk(t, app, postForm("/jobs/sync_orders/delete"), http.StatusSeeOther).header.Get("Location")
		status := http.StatusOK
		if strings.HasPrefix(place, "/") {
			to, status = place, http.StatusNotFound
		}
		undo := mustAsk(t, app, get(to).browser(), status).page(t).Find(`form[action^="/undo/"]`).AttrOr("action", "")
		r := postForm(undo)
		for range 2 { // a double click
			if back := mustAsk(t, app, r, http.StatusSeeOther).header.Get("Location"); back != "/jobs/sync_orders?done=restored" {
				t.Errorf("%s: then to %s", place, back)
			}
		}
		mustAsk(t, app, get("/jobs/sync_orders").browser(), http.StatusOK)
		if w.writes != 2 {
			t.Errorf("%s: %d writes", place, w.writes)
		}
	}
}

func TestADeletedJobIsBroughtBackByHTMX(t *testing.T) {
	app := newBusyWorld().app()
	to := mustAsk(t, app, postForm("/jobs/sync_orders/delete").htmx(), http.StatusOK).header.Get("HX-Redirect")
	_, undo, _ := strings.Cut(to, "undo=")
	if back := mustAsk(t, app, postForm("/undo/"+undo).htmx(), http.StatusOK).header.Get("HX-Redirect"); back != "/jobs/sync_orders?done=restored" {
		t.Errorf("then to %q", back)
	}
}

func TestAnUndoThatCannotBe(t *testing.T) {
	const undo = "/api/v1/undo/UNDO0000000000000000000001"
	tests := map[string]struct {
		meanwhile func(t *testing.T, w *world)
		status    int
	}{
		"the name is taken": {func(t *testing.T, w *world) {
			mustAsk(t, w.app(), postJSON("/api/v1/jobs", `{"job_id": "sync_orders", "code": "get_random_user"}`), 200)
		}, http.StatusConflict},
		"a day is over": {func(_ *testing.T, w *world) { w.now = w.now.Add(24 * time.Hour) }, http.StatusGone},
		"it was undone": {func(t *testing.T, w *world) { mustAsk(t, w.app(), postJSON(undo, ""), 200) }, http.StatusNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			mustAsk(t, w.app(), get("/api/v1/jobs/sync_orders").by(http.MethodDelete), http.StatusOK)
			tt.meanwhile(t, w)
			mustAsk(t, w.app(), postJSON(undo, ""), tt.status)
		})
	}
}

// After a day the place of a deleted job says no more than any other.
func TestAfterADayNothingIsOffered(t *testing.T) {
	w := newBusyWorld()
	mustAsk(t, w.app(), get("/api/v1/jobs/sync_orders").by(http.MethodDelete), http.StatusOK)
	w.now = w.now.Add(24 * time.Hour)
	got := mustAsk(t, w.app(), get("/api/v1/jobs/sync_orders"), http.StatusNotFound).json(t)
	want := map[string]any{
		"type": "about:blank", "title": "Not Found", "status": 404.0, "detail": "Job not found: sync_orders",
		"nearest": []any{"backup_database", "get_random_user", "gone_code"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
