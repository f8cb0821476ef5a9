package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkThousandJobsEverySecond runs a real console with 1,000 interval jobs
// of one second, an inline Go function each, and says how late they started.
// The first seconds, in which the jobs are made, do not count.
func BenchmarkThousandJobsEverySecond(b *testing.B) {
	const jobs, settle, measured = 1000, 3 * time.Second, 20 * time.Second
	folder := deployInline(b)
	for b.Loop() {
		p := startConsole(b, filepath.Join(b.TempDir(), "data"), folder, "--slots", "1000")
		for i := range jobs {
			body := map[string]any{"job_id": fmt.Sprintf("job-%04d", i), "code": "log_something", "from_file": true}
			if status := p.call(http.MethodPost, "/api/v1/jobs", body, nil); status != http.StatusOK {
				b.Fatalf("create answered %d", status)
			}
		}
		from := time.Now().Add(settle)
		<-time.After(settle + measured)
		cpu := p.cpuTime()
		delays, missed := p.delays(from, from.Add(measured))
		p.stop()
		slices.Sort(delays)
		b.ReportMetric(float64(len(delays))/measured.Seconds(), "fires/s")
		b.ReportMetric(float64(missed), "missed")
		b.ReportMetric(float64(delays[len(delays)/2]), "p50-ms")
		b.ReportMetric(float64(delays[len(delays)*99/100]), "p99-ms")
		b.ReportMetric(float64(delays[len(delays)-1]), "max-ms")
		b.ReportMetric(cpu.Seconds(), "cpu-s")
	}
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
