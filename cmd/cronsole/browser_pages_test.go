package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// complaints collects what the browser finds wrong: violations of the content
// policy, errors of scripts, resources that are not there.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func watch(ctx context.Context, t *testing.T) *complaints {
	t.Helper()
	c := &complaints{}
	err := chromedp.Listen(ctx, func(ev any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			c.list = append(c.list, fmt.Sprintf("%s %s: %s %s", ev.Entry.Source, ev.Entry.Level, ev.Entry.Text, ev.Entry.URL))
		case *runtime.EventExceptionThrown:
			c.list = append(c.list, "exception: "+ev.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// take returns what was found since the last call.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// seed schedules the sample jobs as an operator may have them, runs each once,
// and returns when all have ended.
func seed(p *process) {
	p.t.Helper()
	type body = map[string]any
	for _, b := range []body{
		{"job_id": "get_random_user", "from_file": true, "type": "cron"},
		{"job_id": "log_something", "type": "interval", "args": body{"seconds": 15}},
		{"job_id": "disk_usage", "args": body{"expression": "30 2 * * mon-fri"}, "timezone": "Europe/Berlin", "tags": []string{"ops"}},
		{"job_id": "check_site", "code": "http_check", "type": "interval", "args": body{"minutes": 1, "args": []string{p.URL + "/healthz"}}},
		{"job_id": "weekly_report", "code": "python_report", "args": body{"expression": "15 6 * * mon"}},
		{"job_id": "log_with_args", "type": "date", "args": body{"run_date": time.Now().AddDate(0, 1, 0).UTC().Format(time.DateOnly) + " 18:00:00", "args": []string{"haha"}}},
		{"job_id": "always_fails", "args": body{"expression": "*/20 * * * *"}},
		{"job_id": "purge_logs", "code": "log_something", "args": body{"expression": "@monthly"}},
	} {
		if _, ok := b["from_file"]; !ok {
			b["from_file"] = false
		}
		if status := p.call("POST", "/api/v1/jobs", b, nil); status != 200 {
			p.t.Fatalf("create %v answered %d", b["job_id"], status)
		}
		for range 3 {
			runOnce(p, b["job_id"].(string))
		}
	}
	if status := p.call("POST", "/api/v1/jobs/purge_logs/pause", map[string]any{"reason": "until the move is done"}, nil); status != 200 {
		p.t.Fatalf("pause answered %d", status)
	}
}

// runOnce runs a job now and waits for its end.
func runOnce(p *process, id string) {
	p.t.Helper()
	var run runJSON
	if status := p.call("POST", "/api/v1/jobs/"+id+"/run", nil, &run); status != 202 {
		p.t.Fatalf("run %s answered %d", id, status)
	}
	eventually(p.t, 20*time.Second, id+" ends", func() bool {
		p.call("GET", "/api/v1/runs/"+itoa(run.ID), nil, &run)
		return run.FinishedAt != nil
	})
}

// TestPagesInABrowser opens each page, light and dark, on a desk and on a phone:
// the content policy holds, no script fails, nothing is missing, and the page
// never scrolls sideways. With -artifacts the pictures stay.
func TestPagesInABrowser(t *testing.T) {
	ctx := newBrowser(t)
	found := watch(ctx, t)
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), sampleJobs(t))
	do(ctx, t, chromedp.Navigate(p.URL+"/jobs"), chromedp.WaitVisible(`//h2[contains(., "No jobs yet")]`))
	seed(p)
	failed := p.runs("always_fails")[0]
	pages := map[string]string{
		"jobs":      "/jobs",
		"no-match":  "/jobs?q=nothing-is-called-this",
		"job":       "/jobs/get_random_user",
		"failing":   "/jobs/always_fails",
		"new":       "/jobs/new?code=disk_usage",
		"edit":      "/jobs/log_something/edit",
		"delete":    "/jobs/disk_usage/delete",
		"pause":     "/jobs/disk_usage/pause",
		"run-with":  "/jobs/disk_usage/run",
		"history":   "/jobs/log_something/revisions",
		"runs":      "/runs",
		"run":       "/runs/" + itoa(failed.ID),
		"codes":     "/codes",
		"not-found": "/jobs/get_random_usr",
	}
	pictures := t.ArtifactDir()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desk", 1440, 900}, {"phone", 360, 740}} {
		for _, theme := range []string{"light", "dark"} {
			do(ctx, t, chromedp.EmulateViewport(size.width, size.height), prefer(theme))
			for name, path := range pages {
				found.take()
				do(ctx, t, chromedp.Navigate(p.URL+path), chromedp.WaitVisible("h1"))
				view := strings.Join([]string{name, size.name, theme}, "-")
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.scrollingElement.scrollWidth - document.documentElement.clientWidth`))
				if err != nil || wide > 0 {
					t.Errorf("%s: %d pixels too wide, %v", view, wide, err)
				}
				for _, c := range found.take() {
					if name == "not-found" && strings.Contains(c, "404") {
						continue
					}
					t.Errorf("%s: %s", view, c)
				}
				picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(pictures, view+".png"), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// prefer makes the browser ask for the light or the dark theme.
func prefer(theme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return err
	})
}

// TestTableKeepsItsShapeAndTheFocus: a poll that brings changes leaves the table
// a table and the operator where he was.
func TestTableKeepsItsShapeAndTheFocus(t *testing.T) {
	ctx := newBrowser(t)
	jobs := filepath.Join(t.TempDir(), "jobs")
	deploy(t, jobs, "hello", "echo hello\n", "interval\nseconds=1\n")
	deploy(t, jobs, "quiet", "echo quiet\n", "interval\nhours=1\n")
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), jobs, "--apply")
	const cells = `document.querySelectorAll("#rows > tr[data-job] > td").length`
	do(ctx, t,
		chromedp.Navigate(p.URL+"/jobs"),
		chromedp.WaitVisible("#j-hello"),
		chromedp.Focus("#j-quiet a.name"))
	before, err := chromedp.Run(ctx, chromedp.Evaluate[int](cells))
	if err != nil || before != 12 {
		t.Fatalf("%d cells in two rows of six: %v", before, err)
	}
	// Each run moves the last run's address on; the second change is a poll's.
	const last = `document.querySelector("#j-hello .c-last a")?.getAttribute("href") ?? ""`
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](last))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		eventually(t, 15*time.Second, "the row shows another run", func() bool {
			now, err := chromedp.Run(ctx, chromedp.Evaluate[string](last))
			if err != nil {
				t.Fatal(err)
			}
			moved := now != seen && now != ""
			seen = now
			return moved
		})
	}
	after, err := chromedp.Run(ctx, chromedp.Evaluate[int](cells))
	if err != nil || after != before {
		t.Errorf("%d cells after the polls, %d before: %v", after, before, err)
	}
	focus, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.closest("tr")?.id ?? "none"`))
	if err != nil || focus != "j-quiet" {
		t.Errorf("the focus is on %s: %v", focus, err)
	}
}

// TestOutputIsShownWhileTheRunGoesOn reads the first line of a run that has not
// ended, and then the last one, without a reload.
func TestOutputIsShownWhileTheRunGoesOn(t *testing.T) {
	ctx := newBrowser(t)
	dir := t.TempDir()
	jobs, gate := filepath.Join(dir, "jobs"), filepath.Join(dir, "gate")
	deploy(t, jobs, "slow", "echo first line\nwhile [ ! -e \"$1\" ]; do sleep 0.05; done\necho last line\n", "")
	p := startConsole(t, filepath.Join(dir, "data"), jobs)
	p.call("POST", "/api/v1/jobs", map[string]any{
		"job_id": "slow", "from_file": false, "type": "interval",
		"args": map[string]any{"hours": 1, "args": []string{gate}},
	}, nil)
	var run runJSON
	p.call("POST", "/api/v1/jobs/slow/run", nil, &run)
	do(ctx, t,
		chromedp.Navigate(p.URL+"/runs/"+itoa(run.ID)),
		chromedp.WaitVisible(`//*[@id="log"]//*[contains(., "first line")]`),
		chromedp.WaitVisible(`//*[contains(@class, "badge") and contains(., "Running")]`))
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	do(ctx, t,
		chromedp.WaitVisible(`//*[@id="log"]//*[contains(., "last line")]`),
		chromedp.WaitVisible(`//*[contains(@class, "badge") and contains(., "Succeeded")]`))
}

// TestConsoleWithoutScript does an operator's work with JavaScript switched off.
func TestConsoleWithoutScript(t *testing.T) {
	ctx := newBrowser(t)
	jobs := filepath.Join(t.TempDir(), "jobs")
	deploy(t, jobs, "hello", "echo \"hello from $CRONSOLE_JOB_ID\"\n", "interval\nhours=2\n")
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), jobs)
	do(ctx, t, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	create := func(id, kind string, fill ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		do(ctx, t,
			chromedp.Navigate(p.URL+"/jobs/new?code=hello"),
			chromedp.SetValue(`[name="job_id"]`, id),
			chromedp.Click(`label:has([name="type"][value="`+kind+`"])`),
			chromedp.WaitReady(`[name="type"][value="`+kind+`"]:checked`))
		do(ctx, t, fill...)
		do(ctx, t,
			chromedp.Click(`//form[@id="job-form"]//button[contains(., "Create job")]`),
			chromedp.WaitVisible(`//h1[contains(., "`+id+`")]`))
	}
	create("by-cron", "cron", chromedp.SetValue(`[name="args.expression"]`, "0 4 * * *"))
	create("by-interval", "interval", chromedp.SetValue(`[name="args.hours"]`, "3"))
	create("by-date", "date", chromedp.SetValue(`[name="args.run_date"]`, dateIn(7*24*time.Hour)))
	create("by-file", "from_file")

	do(ctx, t, // run now, and read the output
		chromedp.Click(`//button[contains(., "Run now")]`),
		chromedp.WaitVisible(`//h1[contains(., "Run #")]`))
	p.t = t
	eventually(t, 20*time.Second, "the run ends", func() bool { return p.runs("by-file")[0].FinishedAt != nil })
	do(ctx, t,
		chromedp.Reload(),
		chromedp.WaitVisible(`//*[@id="log"]//*[contains(., "hello from by-file")]`))

	do(ctx, t, // a mistake comes back with what was typed, and what to write
		chromedp.Navigate(p.URL+"/jobs/by-cron/edit"),
		chromedp.SetValue(`[name="args.expression"]`, "61 4 * * *"),
		chromedp.Click(`//form[@id="job-form"]//button[contains(., "Save")]`),
		chromedp.WaitVisible(`[name="args.expression"][value="61 4 * * *"][aria-invalid="true"]`),
		chromedp.SetValue(`[name="args.expression"]`, "15 4 * * *"),
		chromedp.Click(`//form[@id="job-form"]//button[contains(., "Save")]`),
		chromedp.WaitVisible(`//main//*[contains(., "Every day at 04:15")]`))

	do(ctx, t, // pause and resume
		chromedp.Click(`//button[contains(., "Pause")]`),
		chromedp.WaitVisible(`//button[contains(., "Resume")]`),
		chromedp.Click(`//button[contains(., "Resume")]`),
		chromedp.WaitVisible(`//button[contains(., "Pause")]`))

	do(ctx, t, // pause until a time, skip the next run and take that back
		chromedp.Click(`//a[contains(., "Pause until")]`),
		chromedp.SetValue(`[name="until"]`, "2h"),
		chromedp.Click(`//main//button[contains(., "Pause")]`),
		chromedp.WaitVisible(`//main//*[contains(., "It resumes by itself then")]`),
		chromedp.Click(`//button[contains(., "Resume")]`),
		chromedp.Click(`//button[contains(., "Skip next")]`),
		chromedp.Click(`//button[contains(., "Run it after all")]`),
		chromedp.WaitVisible(`//button[contains(., "Skip next")]`))

	do(ctx, t, // run with other arguments, and see what the job was
		chromedp.Click(`//a[contains(., "Run with")]`),
		chromedp.SetValue(`[name="args"]`, `["other"]`),
		chromedp.Click(`//main//button[contains(., "Run now")]`),
		chromedp.WaitVisible(`//main//dd[contains(., "other")]`),
		chromedp.Navigate(p.URL+"/jobs/by-cron"),
		chromedp.Click(`//a[contains(., "history")]`),
		chromedp.WaitVisible(`//h2[contains(., "Version 2")]`))

	do(ctx, t, // filter
		chromedp.Navigate(p.URL+"/jobs"),
		chromedp.SetValue("#q", "interval"),
		chromedp.Submit("#filter"),
		chromedp.WaitVisible("#j-by-interval"),
		chromedp.WaitNotPresent("#j-by-cron"))

	do(ctx, t, // delete
		chromedp.Navigate(p.URL+"/jobs/by-date"),
		chromedp.Click(`//a[contains(., "Delete")]`),
		chromedp.WaitVisible(`//h1[contains(., "Delete this schedule?")]`),
		chromedp.Click(`//main//button[contains(., "Delete")]`),
		chromedp.WaitVisible(`//h1[contains(., "Jobs")]`))
	if page := p.text("/api/v1/jobs"); strings.Contains(page, "by-date") {
		t.Errorf("by-date is still listed: %s", page)
	}

	do(ctx, t, // and bring it back, from where it was
		chromedp.Navigate(p.URL+"/jobs/by-date"),
		chromedp.Click(`//button[contains(., "Undo delete")]`),
		chromedp.WaitVisible(`//h1[contains(., "by-date")]`))
	if page := p.text("/api/v1/jobs"); !strings.Contains(page, "by-date") {
		t.Errorf("by-date is not listed again: %s", page)
	}
}

// TestRunButtons: a double click on Run makes one run, and another click, once
// the page shows that run, makes another.
func TestRunButtons(t *testing.T) {
	ctx := newBrowser(t)
	jobs := filepath.Join(t.TempDir(), "jobs")
	deploy(t, jobs, "hello", "echo hello\n", "interval\nhours=1\n")
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), jobs, "--apply")
	runs := 0
	for _, page := range []struct{ path, button, newest string }{
		{"/jobs", `#j-hello button[data-key="r"]`, `#j-hello .c-last a[href="/runs/%d"]`},
		{"/jobs/hello", `.head-acts button[data-key="r"]`, `#live a[href="/runs/%d"]`},
	} {
		do(ctx, t, chromedp.Navigate(p.URL+page.path))
		for range 2 {
			do(ctx, t, chromedp.DoubleClick(page.button))
			runs++
			eventually(t, 20*time.Second, fmt.Sprintf("%s: run %d ends", page.path, runs), func() bool {
				list := p.runs("hello")
				return len(list) == runs && list[0].FinishedAt != nil
			})
			do(ctx, t, chromedp.WaitReady(fmt.Sprintf(page.newest, runs)))
		}
	}
	if list := p.runs("hello"); len(list) != runs {
		t.Errorf("%d runs, want %d", len(list), runs)
	}
}

// TestKeyboard does with keys what an operator does most.
func TestKeyboard(t *testing.T) {
	ctx := newBrowser(t)
	jobs := filepath.Join(t.TempDir(), "jobs")
	deploy(t, jobs, "first", "echo one\n", "interval\nhours=1\n")
	deploy(t, jobs, "second", "echo two\n", "interval\nhours=2\n")
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), jobs, "--apply")
	focused := func(want string) {
		t.Helper()
		eventually(t, 10*time.Second, "the focus is on "+want, func() bool {
			got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.closest("[id]")?.id ?? ""`))
			return err == nil && got == want
		})
	}
	do(ctx, t, chromedp.Navigate(p.URL+"/jobs?sort=name"), chromedp.WaitVisible("#j-second"), chromedp.KeyEvent("j"))
	focused("j-first")
	do(ctx, t, chromedp.KeyEvent("j"))
	focused("j-second")
	do(ctx, t, chromedp.KeyEvent("r"), chromedp.WaitReady(`#j-second .c-last a[href="/runs/1"]`))
	do(ctx, t, chromedp.KeyEvent("p"), chromedp.WaitReady(`#j-second form[action$="/resume"]`))
	do(ctx, t, chromedp.KeyEvent("/"))
	focused("q")
	do(ctx, t, chromedp.KeyEvent("first"), chromedp.WaitNotPresent("#j-second"))
	do(ctx, t,
		chromedp.Navigate(p.URL+"/jobs/second"),
		chromedp.WaitVisible("h1"),
		chromedp.KeyEvent("d"),
		chromedp.WaitVisible("#del[open]"),
		chromedp.KeyEvent(kb.Escape),
		chromedp.WaitNotPresent("#del[open]"),
		chromedp.KeyEvent("n"),
		chromedp.WaitVisible(`//h1[contains(., "New job")]`))
}
