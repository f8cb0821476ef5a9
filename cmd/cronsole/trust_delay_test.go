package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cronsole/internal/testkit"
)

// TestTrustFiresStartInTime runs 200 jobs of every second for ten seconds; of a
// hundred starts, ninety-nine are less than a second late, and none is left out.
func TestTrustFiresStartInTime(t *testing.T) {
	const jobs = 200
	measured := 10 * time.Second * time.Duration(testkit.Scale(t))
	folder := deployInline(t)
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), folder, "--slots", fmt.Sprint(jobs))
	for i := range jobs {
		body := map[string]any{"job_id": fmt.Sprintf("job-%03d", i), "code": "log_something", "from_file": true}
		if status := p.call(http.MethodPost, "/api/v1/jobs", body, nil); status != http.StatusOK {
			t.Fatalf("create answered %d", status)
		}
	}
	from := time.Now().Add(time.Second)
	<-time.After(time.Until(from.Add(measured + time.Second))) // and what was due last has started
	delays, missed := p.delays(from, from.Add(measured))
	p.stop()
	if want := jobs * int(measured/time.Second); missed > 0 || len(delays) != want {
		t.Fatalf("%d fires ran and %d were skipped, want %d and none", len(delays), missed, want)
	}
	slices.Sort(delays)
	p50, p99, most := delays[len(delays)/2], delays[len(delays)*99/100], delays[len(delays)-1]
	if p99 >= 1000 {
		t.Errorf("p99 is %d ms", p99)
	}
	t.Logf("%d fires: p50 %d ms, p99 %d ms, most %d ms", len(delays), p50, p99, most)
}
