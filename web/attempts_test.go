package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// A run that is tried again says so, and shows what became of its attempts.
func TestARunNamesItsEarlierAttempts(t *testing.T) {
	w := newBusyWorld()
	code := 3
	r := w.runs[0]
	r.State, r.Attempt, r.NotBefore, r.FinishedAt = cronsole.Queued, 1, noon.Add(time.Minute), time.Time{}
	w.attempts = map[int64][]cronsole.Attempt{r.ID: {{
		Number: 1, State: cronsole.Failed, StartedAt: noon, FinishedAt: noon.Add(2 * time.Second), ExitCode: &code, Error: "no answer",
	}}}
	path := "/runs/" + strconv.FormatInt(r.ID, 10)
	page := mustAsk(t, w.app(), get(path).browser(), http.StatusOK).page(t)
	if said := text(page.Find(".head")); !strings.Contains(said, "waits for attempt 2, not before 12:01:00") {
		t.Errorf("the head says %q", said)
	}
	if said := text(page.Find("#h-attempts").Closest("section")); !strings.Contains(said, "Failed") || !strings.Contains(said, "no answer") {
		t.Errorf("the attempts say %q", said)
	}
	got, _ := mustAsk(t, w.app(), get("/api/v1"+path), http.StatusOK).json(t)["attempts"].([]any)
	if len(got) != 1 || got[0].(map[string]any)["error"] != "no answer" {
		t.Errorf("attempts in JSON: %v", got)
	}
}
