package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cronsole/internal/testkit"
)

// floods are jobs that print %d bytes of what hurts terminals, browsers and
// memory.
var floods = map[string]string{
	"one_line":   `head -c %d /dev/zero | tr '\0' x`,
	"line_feeds": `head -c %d /dev/zero | tr '\0' '\n'`,
	"random":     `head -c %d /dev/urandom`,
	"nul":        `head -c %d /dev/zero >&2`,
	"no_utf8":    `head -c %d /dev/zero | tr '\0' '\377'`,
	"ansi":       `yes "$(printf '\033[31mred\033[2J\033]0;title\007\033]8;;http://example.com\007')" | head -c %d`,
	"bidi":       `yes "$(printf 'a\342\200\256b\342\201\246c\342\200\217d<script>alert(1)</script>')" | head -c %d`,
	"split_rune": `printf x; yes "$(printf '\360\237\230\200')" | tr -d '\n' | head -c $((%d - 1))`,
}

// TestTrustFloods lets jobs print a hundred megabytes each. The console
// neither grows nor slows another job down, and its pages stay small and clean.
func TestTrustFloods(t *testing.T) {
	t.Parallel()
	size := 100_000_000 * testkit.Scale(t)
	dir := t.TempDir()
	data, folder := filepath.Join(dir, "data"), filepath.Join(dir, "jobs")
	deploy(t, folder, "tick", "echo tick\n", "")
	for code, script := range floods {
		deploy(t, folder, code, fmt.Sprintf(script, size)+"\n", "")
	}
	p := startConsole(t, data, folder)
	p.everySecond("tick", "tick", nil)
	for code := range floods {
		body := map[string]any{"job_id": code, "from_file": false, "type": "interval", "args": map[string]any{"hours": 1}}
		if status := p.call("POST", "/api/v1/jobs", body, nil); status != 200 {
			t.Fatalf("create answered %d", status)
		}
	}
	for code := range floods { // what serving a page takes is no growth
		p.page("/jobs/" + code)
	}
	before, began := p.memory(), time.Now()
	most := before
	for code := range floods {
		if status := p.call("POST", "/api/v1/jobs/"+code+"/run", nil, nil); status != http.StatusAccepted {
			t.Fatalf("run answered %d", status)
		}
		eventually(t, time.Duration(testkit.Scale(t))*time.Minute, code+" ends", func() bool {
			most = max(most, p.memory())
			return p.runs(code)[0].FinishedAt != nil
		})
		checkFlood(t, p, code)
		most = max(most, p.memory())
	}
	took := time.Since(began)
	if grown := most - before; grown > 32<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	delays, missed := p.delays(began, began.Add(took))
	for _, d := range delays {
		if d > 1000 {
			t.Errorf("the other job started %d ms late", d)
		}
	}
	if missed > 0 {
		t.Errorf("the other job missed %d times", missed)
	}
	t.Logf("%d MB in %v, memory grew by %d MiB to %d MiB", len(floods)*size/1_000_000, took, (most-before)>>20, most>>20)
}

// checkFlood looks at how the run of a flood is shown.
func checkFlood(t *testing.T, p *process, code string) {
	t.Helper()
	run := p.runs(code)[0]
	if run.State != "succeeded" {
		t.Errorf("%s is %s", code, run.State)
	}
	for _, path := range []string{"/runs/" + itoa(run.ID), "/jobs/" + code} {
		status, body := p.page(path)
		if status != http.StatusOK || len(body) > 1<<20 || !utf8.ValidString(body) {
			t.Errorf("%s: %s answered %d with %d bytes, UTF-8: %v", code, path, status, len(body), utf8.ValidString(body))
		}
		for _, bad := range []string{"\x1b", "\x00", "\x07", "\u202e", "\u2066", "\u200f", "<script>alert"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s holds %q", code, path, bad)
			}
		}
	}
}

// memory is what the console has in memory, in bytes.
func (p *process) memory() int64 {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "statm"))
	if err != nil {
		p.t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
