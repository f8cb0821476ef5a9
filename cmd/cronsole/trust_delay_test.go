package main

import (
	"fmt"
	"net/http"
	"os"
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

// deployInline deploys a Go function that runs in the console, each second, and
// returns the folder of the jobs.
func deployInline(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "log_something")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(sampleJobs(t), "log_something", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"main.go": source, ".schedule": []byte("interval\nseconds=1\nisolation=inline\n")} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// delays reads how late the runs of all jobs that were due in [from, until)
// started, in milliseconds, and how many of them did not run.
func (p *process) delays(from, until time.Time) (delays []int64, missed int) {
	p.t.Helper()
	after := ""
	for {
		var page struct {
			Runs []struct {
				Due     time.Time `json:"due"`
				State   string    `json:"state"`
				DelayMS int64     `json:"delay_ms"`
			} `json:"runs"`
			Next *string `json:"next"`
		}
		p.call(http.MethodGet, "/api/v1/runs?limit=1000"+after, nil, &page)
		for _, r := range page.Runs {
			switch {
			case !r.Due.Before(until):
			case r.Due.Before(from.Add(-time.Minute)):
				return delays, missed
			case r.Due.Before(from):
			case r.State == "skipped":
				missed++
			default:
				delays = append(delays, r.DelayMS)
			}
		}
		if page.Next == nil {
			return delays, missed
		}
		after = "&after=" + *page.Next
	}
}
