package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"cronsole/internal/cronsole"
)

// told is what an answer tells a client to do.
type told struct {
	Status                       int
	Location, Redirect, Triggers string
	Body                         string // of a toast: its words
}

func tell(t *testing.T, a answer) told {
	t.Helper()
	body := a.body
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		body = text(a.page(t).Find("body"))
	}
	return told{a.status, a.header.Get("Location"), a.header.Get("HX-Redirect"), a.header.Get("HX-Trigger"), body}
}

// TestWritesSendABrowserOn to a page that may be loaded again, while htmx shows
// what was done, or goes on too where the page it is on is no more.
func TestWritesSendABrowserOn(t *testing.T) {
	job := []string{"code", "log_something", "job_id", "mine", "type", "interval", "args.minutes", "5"}
	here := func(words string) told {
		return told{Status: http.StatusOK, Triggers: "jobs:changed", Body: words}
	}
	tests := map[string]struct {
		r       request
		browser string
		htmx    told
	}{
		"create": {
			postForm("/jobs", job...),
			"/jobs/mine?done=created",
			told{Status: http.StatusOK, Redirect: "/jobs/mine?done=created", Body: "OK"},
		},
		"edit": {
			postForm("/jobs/sync_orders", job...),
			"/jobs/sync_orders?done=saved",
			told{Status: http.StatusOK, Redirect: "/jobs/sync_orders?done=saved", Body: "OK"},
		},
		"delete": {
			postForm("/jobs/sync_orders/delete"),
			"/jobs?done=deleted&job=sync_orders&undo=UNDO0000000000000000000001",
			told{Status: http.StatusOK, Redirect: "/jobs?done=deleted&job=sync_orders&undo=UNDO0000000000000000000001", Body: "OK"},
		},
		"run": {
			postForm("/jobs/sync_orders/run"),
			"/runs/1318?done=started", here("Started run #1318 of sync_orders Open log"),
		},
		"run while it runs": {
			postForm("/jobs/get_random_user/run"),
			"/runs/1318?done=skipped", here("Run #1318 was skipped, the last run was still going on: get_random_user Open run"),
		},
		"pause":    {postForm("/jobs/sync_orders/pause"), "/jobs/sync_orders?done=paused", here("Paused sync_orders")},
		"resume":   {postForm("/jobs/old_cleanup/resume"), "/jobs/old_cleanup?done=resumed", here("Resumed old_cleanup")},
		"use file": {postForm("/jobs/random_fast/use-file"), "/jobs/random_fast?done=file", here("Took over .schedule of random_fast")},
		"cancel":   {postForm("/runs/1316/cancel"), "/runs/1316?done=cancelled", here("Asked run #1316 to end Open log")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			app := w.app()
			got := tell(t, ask(t, app, tt.r))
			if diff := cmp.Diff(told{Status: http.StatusSeeOther, Location: tt.browser}, got); diff != "" {
				t.Errorf("a browser (-want +got):\n%s", diff)
			}
			page := mustAsk(t, app, get(got.Location).browser(), http.StatusOK).page(t)
			if page.Find("#toasts [data-toast]").Length() != 1 {
				t.Errorf("%s does not say what was done", got.Location)
			}
			if w.writes != 1 {
				t.Errorf("%d writes", w.writes)
			}
			if diff := cmp.Diff(tt.htmx, tell(t, ask(t, newBusyWorld().app(), tt.r.htmx()))); diff != "" {
				t.Errorf("htmx (-want +got):\n%s", diff)
			}
		})
	}
}

// TestToastsLandBesideTheOthers: htmx is told where, whatever it swaps.
func TestToastsLandBesideTheOthers(t *testing.T) {
	a := mustAsk(t, newBusyWorld().app(), postForm("/jobs/sync_orders/run").htmx(), http.StatusOK)
	partial := a.page(t).Find("hx-partial")
	if got := partial.AttrOr("hx-target", "") + " " + partial.AttrOr("hx-swap", ""); got != "#toasts beforeend" {
		t.Errorf("%s", got)
	}
	if link := partial.Find("a").AttrOr("href", ""); link != "/runs/1318" {
		t.Errorf("the toast links to %q", link)
	}
}

// TestAWriteThatFailsIsSaid: to a browser as a page, to htmx as a toast, to a
// script as a problem.
func TestAWriteThatFailsIsSaid(t *testing.T) {
	full := &cronsole.Error{Kind: cronsole.Unavailable, Message: "The disk is full; nothing was recorded."}
	tests := map[string]struct {
		r       request
		refuse  error
		status  int
		message string
	}{
		"no such job":   {postForm("/jobs/nope/run"), nil, http.StatusNotFound, "Job not found: nope"},
		"ended already": {postForm("/runs/1312/cancel"), nil, http.StatusConflict, "The run has ended already."},
		"disk full":     {postForm("/jobs/sync_orders/pause"), full, http.StatusServiceUnavailable, full.Message},
		"form, full":    {postForm("/jobs", "code", "log_something", "type", "interval"), full, http.StatusServiceUnavailable, full.Message},
		"foreign":       {postForm("/jobs/sync_orders/pause").with("Origin", "null"), nil, http.StatusForbidden, "This came from a page of another site. Nothing was changed; use the console's own pages."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			w.refuse = tt.refuse
			app := w.app()
			page := mustAsk(t, app, tt.r, tt.status).page(t)
			if got := text(page.Find("main h1 + p")); got != tt.message {
				t.Errorf("page: %q", got)
			}
			toast := mustAsk(t, app, tt.r.htmx(), tt.status)
			if got := text(toast.page(t).Find(`hx-partial[hx-target="#toasts"]`)); got != tt.message {
				t.Errorf("toast: %q in %.300s", got, toast.body)
			}
			if got := mustAsk(t, app, tt.r.with("Accept", "*/*"), tt.status).problem(t).Detail; got != tt.message {
				t.Errorf("problem: %q", got)
			}
			if after := toast.header.Get("Retry-After"); (tt.status == http.StatusServiceUnavailable) != (after == "5") {
				t.Errorf("Retry-After %q", after)
			}
			if w.writes != 0 {
				t.Errorf("%d writes", w.writes)
			}
		})
	}
}

func TestScriptsGetTheThingThatWasChanged(t *testing.T) {
	tests := map[string]struct {
		r      request
		status int
		want   map[string]any
	}{
		"create":         {postJSON("/api/v1/jobs", `{"job_id": "get_random_user-2", "code": "get_random_user"}`), 200, map[string]any{"scheduled": true, "job_id": "get_random_user-2"}},
		"edit":           {postJSON("/api/v1/jobs/sync_orders", `{"type": "interval", "args": {"hours": 2}}`).by("PUT"), 200, map[string]any{"run_frequency": "interval[2:00:00]", "version": 2.0}},
		"edit by POST":   {postJSON("/api/v1/jobs/sync_orders", `{"type": "interval"}`), 200, map[string]any{"version": 2.0}},
		"delete":         {get("/api/v1/jobs/sync_orders").by("DELETE"), 200, map[string]any{"scheduled": false, "job_id": "sync_orders"}},
		"run":            {postJSON("/api/v1/jobs/sync_orders/run", `{"args": ["a", 1]}`), 202, map[string]any{"id": 1318.0, "state": "running", "cause": "manual", "due": nil}},
		"run, skipped":   {postJSON("/api/v1/jobs/get_random_user/run", ""), 202, map[string]any{"state": "skipped", "reason": "overlap"}},
		"pause":          {postJSON("/api/v1/jobs/sync_orders/pause", `{"reason": "moving"}`), 200, map[string]any{"state": "paused", "reason": "moving"}},
		"resume":         {postJSON("/api/v1/jobs/old_cleanup/resume", ""), 200, map[string]any{"state": "active"}},
		"use file":       {postJSON("/api/v1/jobs/random_fast/use-file", ""), 200, map[string]any{"version": 2.0}},
		"cancel":         {postJSON("/api/v1/runs/1316/cancel", ""), 202, map[string]any{"id": 1316.0, "state": "cancelled"}},
		"without an API": {postJSON("/jobs/sync_orders/pause", ""), 200, map[string]any{"state": "paused"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			all := mustAsk(t, w.app(), tt.r, tt.status).json(t)
			got := map[string]any{}
			for key := range tt.want {
				got[key] = all[key]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || w.writes != 1 {
				t.Errorf("%d writes (-want +got):\n%s", w.writes, diff)
			}
		})
	}
}

// TestAnEditLeavesAloneWhatItDoesNotName: it does not turn to the file by
// itself, as a new job does.
func TestAnEditLeavesAloneWhatItDoesNotName(t *testing.T) {
	var seen cronsole.Request
	w := newBusyWorld()
	app := New(Config{
		Scheduler: editSpy{w, &seen}, Store: w, Catalog: w, Revision: &w.revision, Zone: "UTC", Now: w.clock, Log: w.logger(),
	})
	mustAsk(t, app, postJSON("/api/v1/jobs/get_random_user", `{"timeout": "5m", "version": 1}`).by(http.MethodPut), http.StatusOK)
	want := cronsole.Request{JobID: "get_random_user", Args: map[string]any{}, Rules: map[string]any{"timeout": "5m"}, Version: 1}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type editSpy struct {
	*world
	seen *cronsole.Request
}

func (s editSpy) Edit(_ context.Context, id string, r cronsole.Request) (*cronsole.Job, error) {
	*s.seen = r
	return s.jobs[id], nil
}

func TestADoubleSubmitDoesOneThing(t *testing.T) {
	key := []string{"idempotency_key", "k1"}
	tests := map[string]request{
		"create": postForm("/jobs", append(key, "code", "log_something", "type", "interval", "args.minutes", "5")...),
		"edit":   postForm("/jobs/sync_orders", append(key, "type", "interval", "args.minutes", "5", "version", "1")...),
		"delete": postForm("/jobs/sync_orders/delete", key...),
		"run":    postForm("/jobs/sync_orders/run", key...),
		"pause":  postForm("/jobs/sync_orders/pause", key...),
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			w := newBusyWorld()
			app := w.app()
			first := tell(t, ask(t, app, r))
			second := tell(t, ask(t, app, r))
			if diff := cmp.Diff(first, second); diff != "" || first.Status != http.StatusSeeOther || w.writes != 1 {
				t.Errorf("status %d, %d writes (-first +second):\n%s", first.Status, w.writes, diff)
			}
		})
	}
}

// TestAKeyIsForOneThing: the same key for another job is another submit.
func TestAKeyIsForOneThing(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	for _, target := range []string{"/jobs/sync_orders/run", "/jobs/weekly_mail/run", "/jobs/sync_orders/pause"} {
		mustAsk(t, app, postForm(target, "idempotency_key", "k1"), http.StatusSeeOther)
	}
	if w.writes != 3 {
		t.Errorf("%d writes, want 3", w.writes)
	}
}

// TestARefusedFormMayBeSentAgain with the key that it came back with.
func TestARefusedFormMayBeSentAgain(t *testing.T) {
	w := newWorld()
	app := w.app()
	page := mustAsk(t, app, get("/jobs/new").browser(), http.StatusOK).page(t)
	key := page.Find(`input[name="idempotency_key"]`).AttrOr("value", "")
	submit := func(hour string) answer {
		return ask(t, app, postForm("/jobs", "code", "log_something", "type", "cron", "args.hour", hour, "idempotency_key", key))
	}
	again := submit("25").page(t).Find(`input[name="idempotency_key"]`).AttrOr("value", "")
	if key == "" || again != key {
		t.Errorf("the form comes back with the key %q, it had %q", again, key)
	}
	if a := submit("5"); a.status != http.StatusSeeOther || w.writes != 1 {
		t.Errorf("mended: status %d, %d writes", a.status, w.writes)
	}
}

// TestParallelSubmitsMakeOneJob, and every browser is sent to it.
func TestParallelSubmitsMakeOneJob(t *testing.T) {
	w := newWorld()
	handler := w.app().Handler()
	body := postForm("/jobs", "code", "log_something", "type", "interval", "args.minutes", "5", "idempotency_key", "k1").body
	var wait sync.WaitGroup
	answers := make([]told, 16)
	for i := range answers {
		wait.Go(func() {
			var ctx fasthttp.RequestCtx
			ctx.Request.Header.SetMethod(http.MethodPost)
			ctx.Request.SetRequestURI("/jobs")
			ctx.Request.Header.SetHost("127.0.0.1")
			ctx.Request.Header.Set("Accept", "text/html")
			ctx.Request.Header.SetContentType("application/x-www-form-urlencoded")
			ctx.Request.SetBodyString(body)
			handler(&ctx)
			answers[i] = told{Status: ctx.Response.StatusCode(), Location: string(ctx.Response.Header.Peek("Location"))}
		})
	}
	wait.Wait()
	for _, got := range answers {
		want := told{Status: http.StatusSeeOther, Location: "/jobs/log_something?done=created"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if w.writes != 1 {
		t.Errorf("%d jobs were made", w.writes)
	}
}

func TestAnIDThatIsTakenLinksToItsJob(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	r := postForm("/jobs", "code", "log_something", "job_id", "sync_orders", "type", "interval", "args.minutes", "5", "description", "mine")
	for name, r := range map[string]request{"browser": r, "htmx": r.htmx()} {
		a := mustAsk(t, app, r, http.StatusConflict)
		page := a.page(t)
		summary := page.Find("#error-summary")
		if got := addresses(summary.Find("a"), "href"); !cmp.Equal(got, []string{"/jobs/sync_orders", "/jobs/sync_orders/edit"}) {
			t.Errorf("%s: links to %v", name, got)
		}
		if v := page.Find(`[name="description"]`).AttrOr("value", ""); v != "mine" {
			t.Errorf("%s: what was typed is gone: %q", name, v)
		}
		if hasPage := strings.Contains(a.body, "<html"); hasPage != (name == "browser") {
			t.Errorf("%s: a whole page: %v", name, hasPage)
		}
	}
	if got := mustAsk(t, app, r.with("Accept", "*/*"), http.StatusConflict).problem(t).Detail; got != "Job already exists" {
		t.Errorf("script: %q", got)
	}
	if w.writes != 0 {
		t.Errorf("%d writes", w.writes)
	}
}

// TestAStaleEditShowsBothVersions, and sending it once more is meant.
func TestAStaleEditShowsBothVersions(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	fields := []string{"code", "backup_database", "type", "interval", "args.hours", "6", "timezone", "UTC"}
	page := mustAsk(t, app, postForm("/jobs/backup_database", append(fields, "version", "7")...), http.StatusConflict).page(t)
	summary := text(page.Find("#error-summary"))
	for _, want := range []string{"The job was changed since you read it.", "It is now: Every day at 02:30", "0 30 2 * * * · Europe/Berlin"} {
		if !strings.Contains(summary, want) {
			t.Errorf("%q is not in %q", want, summary)
		}
	}
	var differs []string
	page.Find("#error-summary tbody tr").Each(func(_ int, row *goquery.Selection) {
		differs = append(differs, strings.Join(row.Children().Map(func(_ int, c *goquery.Selection) string { return text(c) }), " "))
	})
	want := []string{
		"Schedule kind interval cron", "Expression — 0 30 2 * * *", "Hours 6 —", "Time zone UTC Europe/Berlin",
	}
	if diff := cmp.Diff(want, differs); diff != "" {
		t.Errorf("fields that differ (-want +got):\n%s", diff)
	}
	if links := addresses(page.Find("#error-summary a"), "href"); !cmp.Equal(links, []string{"/jobs/backup_database/edit"}) {
		t.Errorf("theirs is at %v", links)
	}
	if v := page.Find(`[name="args.hours"]`).AttrOr("value", ""); v != "6" {
		t.Errorf("what was typed is gone: %q", v)
	}
	version := page.Find(`[name="version"]`).AttrOr("value", "")
	if version != "1" {
		t.Errorf("version %q, the job is at 1", version)
	}
	mustAsk(t, app, postForm("/jobs/backup_database", append(fields, "version", version)...), http.StatusSeeOther)
	if got := w.jobs["backup_database"].Definition.Schedule.Words(); got != "Every 6 hours" {
		t.Errorf("the job is %q", got)
	}
}

// A script gets both versions, whichever way it sent its own.
func TestAStaleEditOfAScriptHasBothVersions(t *testing.T) {
	edit := postJSON("/api/v1/jobs/sync_orders", `{"timeout": "5m", "version": 7}`).by(http.MethodPut)
	tests := map[string]struct {
		r      request
		status int
	}{
		"version":  {edit, http.StatusConflict},
		"If-Match": {postJSON("/api/v1/jobs/sync_orders", `{"timeout": "5m"}`).by(http.MethodPut).with("If-Match", `"7"`), http.StatusPreconditionFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := mustAsk(t, newBusyWorld().app(), tt.r, tt.status).json(t)
			if diff := cmp.Diff(map[string]any{"from_file": false, "job_id": "sync_orders", "timeout": "5m", "version": 7.0}, got["yours"]); diff != "" {
				t.Errorf("yours (-want +got):\n%s", diff)
			}
			current, _ := got["current"].(map[string]any)
			if current["version"] != 1.0 || current["type"] != "cron" || current["timeout"] != "1h" {
				t.Errorf("current: %v", current)
			}
			// What there is now can be sent as it is.
			body, err := json.Marshal(current)
			if err != nil {
				t.Fatal(err)
			}
			app := newBusyWorld().app()
			mustAsk(t, app, postJSON("/api/v1/jobs/sync_orders", string(body)).by(http.MethodPut), http.StatusOK)
		})
	}
}

func TestVersionsGuardEdits(t *testing.T) {
	put := func(extra string) request {
		return postJSON("/api/v1/jobs/sync_orders", `{"type": "interval", "args": {"hours": 1}`+extra+`}`).by(http.MethodPut)
	}
	const ok, conflict, failed = http.StatusOK, http.StatusConflict, http.StatusPreconditionFailed
	tests := map[string]struct {
		r    request
		want int
	}{
		"none":                     {put(""), ok},
		"in the body":              {put(`, "version": 1`), ok},
		"in the body, old":         {put(`, "version": 7`), conflict},
		"If-Match":                 {put("").with("If-Match", `"1"`), ok},
		"If-Match, bare":           {put("").with("If-Match", "1"), ok},
		"If-Match, any":            {put("").with("If-Match", "*"), ok},
		"If-Match, old":            {put("").with("If-Match", `"7"`), failed},
		"If-Match, several":        {put("").with("If-Match", `"1", "2"`), failed},
		"If-Match, a page's tag":   {put("").with("If-Match", `"52f7ea9d850d7c03642b2f24-mwt7snf4"`), failed},
		"If-Match, nought":         {put("").with("If-Match", `"0"`), failed},
		"If-Match wins over body":  {put(`, "version": 7`).with("If-Match", `"1"`), ok},
		"If-Match of a form, old":  {postForm("/jobs/sync_orders", "type", "interval").with("If-Match", `"7"`), conflict},
		"If-Match, no job":         {postJSON("/api/v1/jobs/nope", "{}").by(http.MethodPut).with("If-Match", `"1"`), http.StatusNotFound},
		"a form with its version":  {postForm("/jobs/sync_orders", "type", "interval", "version", "1"), http.StatusSeeOther},
		"a form without a version": {postForm("/jobs/sync_orders", "type", "interval"), http.StatusSeeOther},
	}
	for name, tt := range tests {
		w := newBusyWorld()
		a := ask(t, w.app(), tt.r)
		if changed := w.writes == 1; a.status != tt.want || changed != (tt.want < 400) {
			t.Errorf("%s: status %d, want %d; %d writes", name, a.status, tt.want, w.writes)
		}
	}
}

// TestAReasonOfAFormIsCutAndCleaned: it is a help, nobody types it twice.
func TestAReasonOfAFormIsCutAndCleaned(t *testing.T) {
	w := newBusyWorld()
	mustAsk(t, w.app(), postForm("/jobs/sync_orders/pause", "reason", "\x1b[31mred\x1b[0m\n"+strings.Repeat("ü", 300)), http.StatusSeeOther)
	if got, want := w.jobs["sync_orders"].Reason, "red"+strings.Repeat("ü", 98)+"…"; got != want {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}
