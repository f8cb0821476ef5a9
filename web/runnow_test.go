package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAKeyMakesOneRun(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	r := postJSON("/api/v1/jobs/sync_orders/run", `{"args": ["a"]}`)
	ids := func(rs ...request) (ids []string) {
		for _, r := range rs {
			ids = append(ids, fmt.Sprint(mustAsk(t, app, r, http.StatusAccepted).json(t)["id"]))
		}
		return ids
	}
	got := ids(
		r.with("Idempotency-Key", `"k 1"`), r.with("Idempotency-Key", "k 1"), // the quotes are not part of it
		r.with("Idempotency-Key", `"a\"b\\"`), r.with("Idempotency-Key", `a"b\`), r, r,
	)
	if diff := cmp.Diff([]string{"1318", "1318", "1319", "1319", "1320", "1321"}, got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	other := postJSON("/api/v1/jobs/sync_orders/run", `{"args": ["b"]}`).with("Idempotency-Key", "k 1")
	if p := mustAsk(t, app, other, http.StatusUnprocessableEntity).problem(t); p.Errors["Idempotency-Key"] == "" {
		t.Errorf("%+v", p)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	for _, key := range []string{`""`, `"open`, "ünïcode", strings.Repeat("k", 129), `"` + strings.Repeat("k", 129) + `"`, "tab\there"} {
		r := postJSON("/api/v1/jobs/sync_orders/run", "").with("Idempotency-Key", key)
		if p := mustAsk(t, app, r, http.StatusUnprocessableEntity).problem(t); p.Errors["Idempotency-Key"] == "" {
			t.Errorf("%q: %+v", key, p)
		}
	}
	mustAsk(t, app, postJSON("/api/v1/jobs/sync_orders/run", "").with("Idempotency-Key", strings.Repeat("k", 128)), http.StatusAccepted)
	if w.writes != 1 {
		t.Errorf("%d runs", w.writes)
	}
}

// The form gives the run the arguments that were written, once.
func TestRunWithOtherArguments(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	page := mustAsk(t, app, get("/jobs/sync_orders/run").browser(), http.StatusOK).page(t)
	key := page.Find(`[name="idempotency_key"]`).AttrOr("value", "")
	send := func(args string) request {
		return postForm("/jobs/sync_orders/run", "idempotency_key", key, "args", args)
	}
	again := mustAsk(t, app, send("[1"), http.StatusUnprocessableEntity).page(t)
	if got := again.Find("textarea").Text(); got != "[1" {
		t.Errorf("what was written is gone: %q", got)
	}
	for range 2 {
		if to := mustAsk(t, app, send(`["a", 1]`), http.StatusSeeOther).header.Get("Location"); to != "/runs/1318?done=started" {
			t.Errorf("sent on to %s", to)
		}
	}
	if diff := cmp.Diff([]any{"a", 1.0}, w.runs[len(w.runs)-1].Args); diff != "" || w.writes != 1 {
		t.Errorf("%d runs (-want +got):\n%s", w.writes, diff)
	}
	mustAsk(t, app, send("").htmx(), http.StatusOK) // emptied: no arguments
	if got := w.runs[len(w.runs)-1].Args; len(got) != 0 || w.writes != 2 {
		t.Errorf("%d runs, the last with %v", w.writes, got)
	}
}
