package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSamplesRun starts each sample job as an operator would and looks at what it left.
func TestSamplesRun(t *testing.T) {
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), sampleJobs(t))
	samples := map[string]struct {
		args   []any
		state  string
		output string
	}{
		"log_something":   {nil, "succeeded", ""},
		"log_with_args":   {[]any{"haha"}, "succeeded", "haha"},
		"get_random_user": {nil, "succeeded", ""},
		"disk_usage":      {nil, "succeeded", "/"},
		"http_check":      {[]any{p.URL + "/healthz"}, "succeeded", "200"},
		"python_report":   {nil, "succeeded", ""},
		"always_fails":    {nil, "failed", ""},
	}
	for id, sample := range samples {
		t.Run(id, func(t *testing.T) {
			p := &process{t: t, URL: p.URL}
			args := map[string]any{"hours": 10}
			if sample.args != nil {
				args["args"] = sample.args
			}
			body := map[string]any{"job_id": id, "from_file": false, "type": "interval", "args": args}
			if status := p.call("POST", "/api/v1/jobs", body, nil); status != 200 {
				t.Fatalf("create answered %d", status)
			}
			if status := p.call("POST", "/api/v1/jobs/"+id+"/run", nil, nil); status != 202 {
				t.Fatalf("run answered %d", status)
			}
			eventually(t, 20*time.Second, id+" ends", func() bool {
				runs := p.runs(id)
				return len(runs) == 1 && runs[0].FinishedAt != nil
			})
			run := p.runs(id)[0]
			log := p.text("/api/v1/runs/" + itoa(run.ID) + "/log")
			if run.State != sample.state || log == "" || !strings.Contains(log, sample.output) {
				t.Errorf("run is %s, want %s; log:\n%s", run.State, sample.state, log)
			}
		})
	}
}

// TestExistingClients sends the requests that clients of the replaced service send.
func TestExistingClients(t *testing.T) {
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), sampleJobs(t))
	future := time.Now().Add(time.Hour).UTC().Format("2006-01-02 15:04:05")
	requests := []struct {
		name   string
		body   map[string]any
		status int
	}{
		{"from file", map[string]any{"job_id": "get_random_user", "from_file": true, "type": "cron"}, 200},
		{"interval", map[string]any{"job_id": "log_something", "from_file": false, "type": "interval", "args": map[string]any{"seconds": "15"}}, 200},
		{"date", map[string]any{"job_id": "log_with_args", "from_file": false, "type": "date", "args": map[string]any{"run_date": future, "args": []string{"haha"}}}, 200},
		{"the same again", map[string]any{"job_id": "log_something", "from_file": false, "type": "interval", "args": map[string]any{"seconds": "15"}}, 409},
		{"no such folder", map[string]any{"job_id": "nowhere", "from_file": false, "type": "cron"}, 404},
		{"a date that is past", map[string]any{"job_id": "disk_usage", "from_file": false, "type": "date", "args": map[string]any{"run_date": "2001-01-01 00:00:00"}}, 422},
	}
	for _, r := range requests {
		if status := p.call("POST", "/api/v1/jobs", r.body, nil); status != r.status {
			t.Errorf("%s: got %d, want %d", r.name, status, r.status)
		}
	}
	var list struct {
		Total int
		Jobs  []struct {
			JobID        string     `json:"job_id"`
			RunFrequency string     `json:"run_frequency"`
			NextRun      *time.Time `json:"next_run"`
		}
	}
	p.call("GET", "/api/v1/jobs", nil, &list)
	if list.Total != 3 || len(list.Jobs) != 3 {
		t.Errorf("the list has %d of %d jobs, want 3", len(list.Jobs), list.Total)
	}
	for _, j := range list.Jobs {
		if j.RunFrequency == "" || j.NextRun == nil {
			t.Errorf("%s lists without frequency or next run: %+v", j.JobID, j)
		}
	}
	var gone struct {
		Scheduled bool   `json:"scheduled"`
		JobID     string `json:"job_id"`
	}
	if status := p.call("DELETE", "/api/v1/jobs/log_something", nil, &gone); status != 200 || gone.Scheduled || gone.JobID != "log_something" {
		t.Errorf("delete answered %d %+v", status, gone)
	}
	if status := p.call("DELETE", "/api/v1/jobs/log_something", nil, nil); status != 404 {
		t.Errorf("second delete answered %d, want 404", status)
	}
}
