package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A freeze is said with its reason on every page until it ends, to people and
// to scripts alike.
func TestAFreezeIsOnEveryPage(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	banner := func() string {
		return text(mustAsk(t, app, get("/runs").browser(), http.StatusOK).page(t).Find(".n-warn"))
	}
	if said := banner(); said != "" {
		t.Errorf("before: %q", said)
	}
	mustAsk(t, app, postForm("/freeze", "reason", "the move."), http.StatusSeeOther)
	if said := banner(); !strings.HasPrefix(said, "All jobs are frozen: the move. Nothing has started since today 12:00:00.") {
		t.Errorf("while frozen: %q", said)
	}
	want := map[string]any{"frozen": true, "since": "2026-11-23T12:00:00Z", "reason": "the move."}
	if diff := cmp.Diff(want, mustAsk(t, app, get("/api/v1/freeze"), http.StatusOK).json(t)); diff != "" {
		t.Errorf("to scripts (-want +got):\n%s", diff)
	}
	mustAsk(t, app, postForm("/unfreeze"), http.StatusSeeOther)
	if said := banner(); said != "" {
		t.Errorf("afterwards: %q", said)
	}
}
