package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// What waits says why: the run on its page and in its JSON, all of them in the
// health, and many of them in one sentence on the Jobs page.
func TestWhatWaitsSaysWhy(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	run := &cronsole.Run{ID: 4711, JobKey: 1, JobID: "backup_database", Code: "backup_database", Count: 1, Cause: cronsole.CauseManual, State: cronsole.Queued, QueuedAt: noon}
	w.runs = append(w.runs, run)
	w.waiting = map[int64]string{4711: "tag db is at its limit of 2 runs"}
	if got := mustAsk(t, app, get("/api/v1/runs/4711"), http.StatusOK).json(t)["waiting"]; got != w.waiting[4711] {
		t.Errorf("JSON says %v", got)
	}
	if page := mustAsk(t, app, get("/runs/4711").browser(), http.StatusOK).body; !strings.Contains(page, "waits: tag db is at its limit of 2 runs") {
		t.Errorf("the page does not say why it waits:\n%s", page)
	}

	tests := map[string]struct {
		backlog []cronsole.Backlog
		want    string
	}{
		"nothing": {nil, ""},
		"few":     {[]cronsole.Backlog{{Reason: "all 32 slots are taken", Runs: 4}}, ""},
		"many":    {[]cronsole.Backlog{{Reason: "all 32 slots are taken", Runs: 120}}, "120 runs are waiting: all 32 slots are taken"},
		"for several": {
			[]cronsole.Backlog{{Reason: "all 32 slots are taken", Runs: 120}, {Reason: "tag db is at its limit of 2 runs", Runs: 3}},
			"123 runs are waiting: 120 because all 32 slots are taken; 3 because tag db is at its limit of 2 runs",
		},
	}
	for name, tt := range tests {
		w.backlog = tt.backlog
		for _, address := range []string{"/jobs", "/jobs?part=rows"} {
			page := mustAsk(t, app, get(address).browser(), http.StatusOK).body
			if link := `href="/runs?state=queued">` + tt.want + "</a>"; strings.Contains(page, link) != (tt.want != "") {
				t.Errorf("%s, %s: the page does not link %q", name, address, tt.want)
			}
		}
		var want []any
		for _, b := range tt.backlog {
			want = append(want, map[string]any{"reason": b.Reason, "runs": float64(b.Runs)})
		}
		if got := mustAsk(t, app, get("/readyz"), http.StatusOK).json(t)["waiting"]; cmp.Diff(any(append([]any{}, want...)), got) != "" {
			t.Errorf("%s: health says %v", name, got)
		}
	}
}
