package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// newBrowser starts a headless Chromium that ends with the test. Where none is
// installed the test is skipped, except in CI, where that is a failure.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("browser tests need Chromium; install the package chromium")
		}
		t.Skip("browser tests skipped: Chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(t.TempDir(), "chromium")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, browserTime)
	t.Cleanup(cancel)
	// The browser lives as long as the context of the first action.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// do carries out actions in the browser, within stepTime. When one does not
// come about, the test says what the page showed.
func do(ctx context.Context, t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	step, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	err := chromedp.Do(step, actions...)
	if err == nil {
		return
	}
	page, seen := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if seen != nil {
		page = seen.Error()
	}
	t.Fatalf("%v; the page:\n%s", err, page)
}

// How long a whole test, and a few actions of it, may take on a busy machine.
const (
	browserTime = 3 * time.Minute
	stepTime    = 20 * time.Second
)

// dateIn is an instant as a date field holds it. Seconds are never 0, which the
// field would leave out.
func dateIn(d time.Duration) string {
	at := time.Now().UTC().Add(d)
	if at.Second() == 0 {
		at = at.Add(time.Second)
	}
	return at.Format("2006-01-02T15:04:05")
}

// TestOperatorFlow makes a job of each type in the browser, sees it run, reads
// its output, and deletes it.
func TestOperatorFlow(t *testing.T) {
	ctx := newBrowser(t)
	jobs := filepath.Join(t.TempDir(), "jobs")
	deploy(t, jobs, "hello", "echo \"hello from $CRONSOLE_JOB_ID\"\n", "interval\nseconds=1\n")
	p := startConsole(t, filepath.Join(t.TempDir(), "data"), jobs)

	kinds := map[string][]chromedp.Action[chromedp.Void]{
		"cron": {
			chromedp.SetValue(`[name="args.expression"]`, "* * * * * *"),
		},
		"interval": {
			chromedp.Clear(`[name="args.minutes"]`),
			chromedp.SetValue(`[name="args.seconds"]`, "1"),
		},
		"date": {
			chromedp.SetValue(`[name="args.run_date"]`, dateIn(3*time.Second)),
		},
		"from_file": nil,
	}
	for kind, fill := range kinds {
		t.Run(kind, func(t *testing.T) {
			id := "hello-" + kind
			do(ctx, t,
				chromedp.Navigate(p.URL+"/jobs/new"),
				chromedp.SetValue(`[name="code"]`, "hello"),
				chromedp.SetValue(`[name="job_id"]`, id),
				chromedp.Click(`label:has([name="type"][value="`+kind+`"])`),
				chromedp.WaitReady(`[name="type"][value="`+kind+`"]:checked`))
			do(ctx, t, fill...)
			do(ctx, t,
				chromedp.Click(`//form[@id="job-form"]//button[contains(., "Create job")]`),
				chromedp.WaitVisible(`//h1[contains(., "`+id+`")]`),
				chromedp.WaitVisible(`//a[starts-with(@href, "/runs/")]`),
				chromedp.Click(`//a[starts-with(@href, "/runs/")]`),
				chromedp.WaitVisible(`#log`),
				chromedp.WaitVisible(`//*[@id="log"]//*[contains(., "hello from `+id+`")]`))
			do(ctx, t,
				chromedp.Navigate(p.URL+"/jobs/"+id+"/delete"),
				chromedp.Click(`//main//form[contains(@action, "/delete")]//button[contains(., "Delete")]`),
				chromedp.WaitVisible(`//h1[contains(., "Jobs")]`))
			if page := p.text("/api/v1/jobs"); strings.Contains(page, id) {
				t.Errorf("%s is still listed: %s", id, page)
			}
		})
	}
}
