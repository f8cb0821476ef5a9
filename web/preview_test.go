package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// badSchedules are what a person may have half typed.
var badSchedules = []string{
	"type=", "type=cron", "type=nonsense", "type=cron&args.hour=25", "type=cron&args.expression=@reboot&expression_was=x", "type=interval&args.hours=x",
	"type=interval&args.hours=0&args.minutes=0", "type=date", "type=date&args.run_date=31", "type=date&args.run_date=2020-01-01", "type=from_file",
	"type=from_file&code=nowhere", "type=from_file&code=log_something", "type=from_file&code=broken", "type=cron&timezone=../../etc/passwd",
	"type=cron&timezone=CRON_TZ%3DUTC", "type=cron&args.month=2&args.day=31", "type=cron&args.year=1999", "type=cron&args.day=1&args.day_of_week=mon",
	"type=cron&args.expression=0+0+1+*+mon&expression_was=x", "type=interval&args.weeks=99999999999999999999", "type=cron&args.end_date=2000-01-01",
	"type=cron&timeout=soon&args.args=x", "code=%3Cscript%3E&type=cron&args.hour=%22%3E%3Cb%3E", "count=&after=",
}

// TestAPreviewIsAlwaysShown: whoever types has not made a mistake yet.
func TestAPreviewIsAlwaysShown(t *testing.T) {
	for _, query := range badSchedules {
		app := newBusyWorld().app()
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for name := range values {
			fields = append(fields, name, values.Get(name))
		}
		for _, r := range []request{get("/jobs/preview?" + query).htmx(), postForm("/jobs/preview", fields...).htmx()} {
			a := ask(t, app, r)
			words := text(a.page(t).Find(".badge"))
			if a.status != http.StatusOK || words != "Not valid yet" && words != "Schedule valid" {
				t.Errorf("%s %q: status %d, %q", r.method, query, a.status, words)
			}
		}
	}
}

// TestAScriptIsToldThatAScheduleCannotBe: 422 with valid false and what is
// wrong, both by POST and by GET.
func TestAScriptIsToldThatAScheduleCannotBe(t *testing.T) {
	for _, r := range []request{
		postJSON("/api/v1/jobs/preview", `{"type": "cron", "args": {"hour": "25"}, "timeout": "soon"}`),
		postJSON("/jobs/preview", `{"type": "cron", "args": {"hour": "25"}, "timeout": "soon"}`),
		get("/api/v1/jobs/preview?type=cron&args.hour=25&timeout=soon"),
		get("/jobs/preview?type=cron&args.hour=25&timeout=soon"),
	} {
		a := mustAsk(t, newWorld().app(), r, http.StatusUnprocessableEntity)
		want := map[string]any{
			"type": "about:blank", "title": "Unprocessable Entity", "status": 422.0, "valid": false, "words": "", "run_frequency": "", "expression": "",
			"timezone": "", "next": []any{}, "warnings": []any{}, "detail": "The schedule cannot be used.",
			"errors": map[string]any{
				"args.hour": `"25" is outside 0 to 23`,
				"timeout":   `"soon" is no length of time; write 90s, 15m, 2h or 1d`,
			},
		}
		got := a.json(t)
		if errs, ok := got["errors"].(map[string]any); ok { // the words are the domain's
			for name := range errs {
				errs[name] = "wrong"
			}
		}
		want["errors"] = map[string]any{"args.hour": "wrong", "timeout": "wrong"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", r.method, r.target, diff)
		}
		if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s %s: Content-Type %q", r.method, r.target, kind)
		}
	}
}

// TestThePreviewOfAPageAndOfAScriptAgree: the same words and the same instants.
func TestThePreviewOfAPageAndOfAScriptAgree(t *testing.T) {
	for _, query := range []string{
		"type=cron&args.expression=30+2+*+*+mon-fri&timezone=Europe%2FBerlin", "type=interval&args.hours=6&timezone=Asia%2FKolkata",
		"type=date&args.run_date=2026-12-24+18%3A00&timezone=America%2FNew_York", "type=from_file&code=get_random_user",
		"type=cron&args.hour=2&args.minute=30&args.month=3&args.day=last+sun&timezone=Europe%2FBerlin",
	} {
		app := newWorld().app()
		card := mustAsk(t, app, get("/jobs/preview?"+query).htmx(), http.StatusOK).page(t)
		script := mustAsk(t, app, get("/api/v1/jobs/preview?"+query), http.StatusOK).json(t)
		if words := fmt.Sprint(script["words"]); !strings.Contains(text(card.Find("body")), words) {
			t.Errorf("%s: the card does not say %q", query, words)
		}
		var shown, told []string
		card.Find("ol time").Each(func(_ int, s *goquery.Selection) { shown = append(shown, s.AttrOr("datetime", "")) })
		next, _ := script["next"].([]any)
		for _, v := range next {
			at, err := time.Parse(time.RFC3339, fmt.Sprint(v))
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, at.UTC().Format("2006-01-02T15:04:05Z"))
		}
		if diff := cmp.Diff(told, shown); diff != "" || len(told) == 0 {
			t.Errorf("%s (-script +page):\n%s", query, diff)
		}
	}
}

func TestAPreviewCountsFromWhereItIsAsked(t *testing.T) {
	a := mustAsk(t, newWorld().app(), postJSON("/api/v1/jobs/preview",
		`{"type": "interval", "args": {"hours": 1, "start_date": "2026-01-01"}, "after": "2027-01-01T00:30:00+01:00", "count": 2}`), http.StatusOK)
	if diff := cmp.Diff([]any{"2027-01-01T00:00:00Z", "2027-01-01T01:00:00Z"}, a.json(t)["next"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAPreviewIsNoWrite, though a script posts it.
func TestAPreviewIsNoWrite(t *testing.T) {
	w := newWorld()
	app := w.app()
	ask(t, app, postJSON("/api/v1/jobs/preview", `{"job_id": "log_something", "type": "interval"}`))
	ask(t, app, postForm("/jobs/preview", "code", "log_something", "type", "interval"))
	if w.writes != 0 || len(w.jobs) != 0 {
		t.Errorf("%d writes, %d jobs", w.writes, len(w.jobs))
	}
}

func TestAPreviewThatFailsInsideSaysSoAndGoesToTheLog(t *testing.T) {
	w := newWorld()
	app := New(Config{
		Scheduler: failingPreview{w}, Store: w, Catalog: w, Revision: &w.revision, Zone: "UTC", Now: w.clock, Log: w.logger(),
	})
	card := mustAsk(t, app, get("/jobs/preview?type=cron").htmx(), http.StatusOK).page(t)
	if got := text(card.Find("body")); !strings.Contains(got, "The schedule cannot be previewed now.") || strings.Contains(got, "secret") {
		t.Errorf("%q", got)
	}
	if !strings.Contains(w.log.String(), "secret path") {
		t.Errorf("log: %s", w.log.String())
	}
}

type failingPreview struct{ *world }

func (failingPreview) Preview(context.Context, cronsole.Request, time.Time, int) (cronsole.Preview, error) {
	return cronsole.Preview{}, errors.New("secret path")
}
