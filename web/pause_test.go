package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A job is paused until a time by a form without script, by htmx, and by JSON.
func TestPauseUntil(t *testing.T) {
	form := postForm("/jobs/backup_database/pause", "reason", "repair", "until", "2h")
	tests := map[string]struct {
		r      request
		status int
	}{
		"browser": {form, http.StatusSeeOther},
		"htmx":    {form.htmx(), http.StatusOK},
		"script":  {postJSON("/api/v1/jobs/backup_database/pause", `{"reason": "repair", "until": "2h"}`), http.StatusOK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			app := w.app()
			mustAsk(t, app, tt.r, tt.status)
			got := mustAsk(t, app, get("/api/v1/jobs/backup_database"), http.StatusOK).json(t)
			want := map[string]any{"state": "paused", "reason": "repair", "paused_until": "2026-11-23T15:00:00+01:00", "next_run": nil}
			for key, v := range want {
				if diff := cmp.Diff(v, got[key]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", key, diff)
				}
			}
			page := text(mustAsk(t, app, get("/jobs/backup_database").browser(), http.StatusOK).page(t).Find(".note"))
			if want := "Paused until today 14:00:00 UTC: repair. It resumes by itself then; no run starts by itself before."; !strings.Contains(page, want) {
				t.Errorf("the page says %q", page)
			}
			mustAsk(t, app, postForm("/jobs/backup_database/resume"), http.StatusSeeOther)
			if j := w.jobs["backup_database"]; !j.PausedUntil.Equal(time.Time{}) {
				t.Errorf("resumed, and paused until %s", j.PausedUntil)
			}
		})
	}
}

// A time that is none brings the form back with what was written; htmx gets a
// toast and a script the field.
func TestPauseUntilNever(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	form := postForm("/jobs/backup_database/pause", "reason", "repair", "until", "soon")
	page := mustAsk(t, app, form, http.StatusUnprocessableEntity).page(t)
	for name, want := range map[string]string{"reason": "repair", "until": "soon"} {
		if v := page.Find(`[name="`+name+`"]`).AttrOr("value", ""); v != want {
			t.Errorf("%s came back as %q", name, v)
		}
	}
	if said := text(page.Find("#pause-until-error")); !strings.HasPrefix(said, `"soon" is no instant`) {
		t.Errorf("the form says %q", said)
	}
	mustAsk(t, app, form.htmx(), http.StatusUnprocessableEntity)
	mustAsk(t, app, postJSON("/api/v1/jobs/backup_database/pause", `{"until": "soon"}`), http.StatusUnprocessableEntity)
	if w.writes != 0 {
		t.Errorf("%d writes", w.writes)
	}
}

// Skip next and its way back are a button each, without script too.
func TestSkipNext(t *testing.T) {
	app := newBusyWorld().app()
	button := func(sub string) string {
		page := mustAsk(t, app, get("/jobs/backup_database").browser(), http.StatusOK).page(t)
		return page.Find(`form[action$="/`+sub+`"]`).AttrOr("action", "")
	}
	next := func() any {
		return mustAsk(t, app, get("/api/v1/jobs/backup_database"), http.StatusOK).json(t)["next_run"]
	}
	before := next()
	mustAsk(t, app, postForm(button("skip")), http.StatusSeeOther)
	if skipping := next(); skipping == before {
		t.Errorf("the next run is %v as before", skipping)
	}
	mustAsk(t, app, postForm(button("unskip")).htmx(), http.StatusOK)
	if diff := cmp.Diff(before, next()); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
}
