package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

// wroteOut is a console whose run 1312 wrote the chunks, alternating between
// the two streams.
func wroteOut(chunks ...string) *world {
	w := newBusyWorld()
	r := w.of("sync_orders")
	w.output[r.ID], r.OutputBytes = nil, 0
	for i, chunk := range chunks {
		w.say(r, cronsole.Stream(i%2+1), chunk)
	}
	return w
}

func TestTheLogIsEveryByteAsItWasWritten(t *testing.T) {
	raw := "out <b>\n\x1b[31mred\x1b[0m \xff\xfe\x00\r\n\u202eevil"
	w := wroteOut("out <b>\n", "\x1b[31mred\x1b[0m \xff\xfe\x00\r\n\u202eevil")
	app := w.app()
	for name, r := range map[string]request{
		"script": get("/api/v1/runs/1312/log"), "curl": get("/runs/1312/log"), "browser": get("/runs/1312/log").browser(), "htmx": get("/runs/1312/log").htmx(),
	} {
		a := mustAsk(t, app, r, http.StatusOK)
		if diff := cmp.Diff(raw, a.body); diff != "" {
			t.Errorf("%s (-written +got):\n%s", name, diff)
		}
		want := map[string]string{
			"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Run-State": "failed",
			"Content-Disposition": `attachment; filename="run-1312.log"`, "X-Output-Bytes": strconv.Itoa(len(raw)), "Cache-Control": "private, no-cache",
		}
		got := map[string]string{}
		for header := range want {
			got[header] = a.header.Get(header)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheLogGoesOnAfterAnOffset(t *testing.T) {
	app := wroteOut("one\n", "two\n", "three\n").app()
	for after, want := range map[string]string{
		"": "one\ntwo\nthree\n", "0": "one\ntwo\nthree\n", "1": "ne\ntwo\nthree\n", "3": "\ntwo\nthree\n", "4": "two\nthree\n", "9": "hree\n",
		"13": "\n", "14": "", "15": "", "4611686018427387904": "",
	} {
		if got := mustAsk(t, app, get("/runs/1312/log?after="+after), http.StatusOK).body; got != want {
			t.Errorf("after %s: %q, want %q", after, got, want)
		}
	}
}

// TestOffsetsHoldWhenTheBeginningWasCut: they count from the first byte that
// the run ever wrote.
func TestOffsetsHoldWhenTheBeginningWasCut(t *testing.T) {
	w := wroteOut("one\n", "two\n", "three\n")
	w.output[1312] = w.output[1312][1:]
	w.of("sync_orders").OutputFrom = 4
	app := w.app()
	for after, want := range map[string]string{"": "two\nthree\n", "2": "two\nthree\n", "4": "two\nthree\n", "8": "three\n"} {
		if got := mustAsk(t, app, get("/runs/1312/log?after="+after), http.StatusOK).body; got != want {
			t.Errorf("after %s: %q, want %q", after, got, want)
		}
	}
}

// TestALiveLogCanBeFollowed: ask again after what was read, until the state is
// final.
func TestALiveLogCanBeFollowed(t *testing.T) {
	w := newBusyWorld()
	app := w.app()
	run := w.of("get_random_user")
	read := ""
	for _, more := range []string{"", "ne\n", "third\n", ""} {
		if more != "" {
			w.say(run, cronsole.Stdout, more)
		}
		a := mustAsk(t, app, get("/api/v1/runs/1316/log?after="+strconv.Itoa(len(read))), http.StatusOK)
		read += a.body
		if a.header.Get("X-Run-State") != "running" || a.header.Get("X-Output-Bytes") != strconv.Itoa(len(read)) {
			t.Errorf("state %s, %s bytes of %d", a.header.Get("X-Run-State"), a.header.Get("X-Output-Bytes"), len(read))
		}
	}
	if diff := cmp.Diff("first line\nsecond line\nthird\n", read); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

// TestOutputIsTextOnThePage: no tag, no control byte and no escape of it comes
// through, and what is no text is marked.
func TestOutputIsTextOnThePage(t *testing.T) {
	w := wroteOut(
		"<script>alert(1)</script> & <img src=x onerror=y>\n", "\x1b[1;31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n",
		"bad \xff\xc3( \x00\x01\x7f\u0085 end\n", "\u202egnp.exe\u2028\ufeff\n", "10 %\r50 %\r100 %\r\n", "no end",
	)
	app := w.app()
	control := regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f]|\u0085|\u202e|\u2028|\ufeff")
	for _, r := range []request{get("/runs/1312").browser(), get("/runs/1312?part=live").htmx()} {
		a := mustAsk(t, app, r, http.StatusOK)
		if found := control.FindString(a.body); found != "" {
			t.Errorf("%s: %q comes through", r.target, found)
		}
		doc := a.page(t)
		if n := doc.Find("#log script, #log img").Length(); n != 0 {
			t.Errorf("%s: %d elements of the output", r.target, n)
		}
		got := doc.Find("#log .tx").Map(func(_ int, s *goquery.Selection) string { return text(s) })
		want := []string{
			"<script>alert(1)</script> & <img src=x onerror=y>", "red link", "bad \ufffd\ufffd( end", "[U+202E]gnp.exe[U+2028][U+FEFF]", "100 %", "no end",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.target, diff)
		}
	}
}

// TestErrorOutputIsToldApart, not only by its colour.
func TestErrorOutputIsToldApart(t *testing.T) {
	doc := mustAsk(t, wroteOut("fine\n", "broken\n").app(), get("/runs/1312").browser(), http.StatusOK).page(t)
	if got := text(doc.Find("#L1")); strings.Contains(got, "error output") {
		t.Errorf("line 1: %q", got)
	}
	if got := text(doc.Find("#L2")); !strings.Contains(got, "error output: broken") {
		t.Errorf("line 2: %q", got)
	}
}

// TestALineHasItsAddress, and the end of the output has one too.
func TestALineHasItsAddress(t *testing.T) {
	doc := mustAsk(t, wroteOut("a\nb\nc\n").app(), get("/runs/1312").browser(), http.StatusOK).page(t)
	for _, id := range []string{"L1", "L2", "L3", "log-end"} {
		if doc.Find("#"+id).Length() != 1 {
			t.Errorf("no #%s", id)
		}
	}
	if got := doc.Find("#L2 a").AttrOr("href", ""); got != "#L2" {
		t.Errorf("line 2 links to %q", got)
	}
}

func TestWhyThereIsNoOutputIsSaid(t *testing.T) {
	tests := map[string]struct {
		change func(*cronsole.Run)
		want   string
	}{
		"wrote nothing": {func(*cronsole.Run) {}, "No output."},
		"never started": {func(r *cronsole.Run) {
			r.State, r.Reason, r.Attempt, r.StartedAt = cronsole.Skipped, cronsole.ReasonOverlap, 0, time.Time{}
		}, "This run never started, so there is no output."},
		"runs": {func(r *cronsole.Run) {
			r.State, r.FinishedAt = cronsole.Running, time.Time{}
		}, "No output yet. Lines appear here as the job writes them."},
		"waits": {func(r *cronsole.Run) {
			r.State, r.Attempt, r.StartedAt, r.FinishedAt = cronsole.Queued, 0, time.Time{}, time.Time{}
		}, "No output yet. Lines appear here as the job writes them."},
		"removed": {
			func(r *cronsole.Run) { r.PurgedAt, r.OutputBytes = noon.AddDate(0, 0, -1), 5000 },
			"The output was removed on Sun 22 Nov 2026 12:00:00 UTC, as the job's keep rules say.",
		},
	}
	for name, tt := range tests {
		w := wroteOut()
		tt.change(w.of("sync_orders"))
		app := w.app()
		doc := mustAsk(t, app, get("/runs/1312").browser(), http.StatusOK).page(t)
		if got := text(doc.Find("section")); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
		if doc.Find(`#log, a[href="/runs/1312/log"]`).Length() != 0 {
			t.Errorf("%s: an empty log is offered", name)
		}
		if got := mustAsk(t, app, get("/runs/1312/log"), http.StatusOK); got.body != "" {
			t.Errorf("%s: log %q", name, got.body)
		}
	}
}

func TestWhatWasCutIsSaid(t *testing.T) {
	w := wroteOut("the end\n")
	r := w.of("sync_orders")
	r.OutputFrom, r.OutputBytes = 104_900_000, 104_900_008
	doc := mustAsk(t, w.app(), get("/runs/1312").browser(), http.StatusOK).page(t)
	if got := text(doc.Find("section")); !strings.Contains(got, "The first 104.9 MB of 104.9 MB were cut; the end is kept.") {
		t.Errorf("%q", got)
	}
}

// TestALongOutputComesInPages: the end first, then what lies before.
func TestALongOutputComesInPages(t *testing.T) {
	w := wroteOut(lines(4500, "line"))
	app := w.app()
	target := "/runs/1312"
	var seen [][2]string
	for target != "" {
		a := mustAsk(t, app, get(target).browser(), http.StatusOK)
		if len(a.body) > 1<<20 {
			t.Errorf("%s is %d bytes long", target, len(a.body))
		}
		doc := a.page(t)
		all := doc.Find("#log > [id^=L]")
		seen = append(seen, [2]string{all.First().AttrOr("id", ""), all.Last().AttrOr("id", "")})
		target = doc.Find(`a:contains("Show earlier lines")`).AttrOr("href", "")
		if back := doc.Find(`a:contains("Back to the last lines")`).AttrOr("href", ""); (len(seen) > 1) != (back == "/runs/1312") {
			t.Errorf("page %d leads back to %q", len(seen), back)
		}
	}
	if diff := cmp.Diff([][2]string{{"L2501", "L4500"}, {"L501", "L2500"}, {"L1", "L500"}}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALongLineIsCutOnThePageOnly(t *testing.T) {
	app := wroteOut(strings.Repeat("x", 100_000) + "\nnext\n").app()
	a := mustAsk(t, app, get("/runs/1312").browser(), http.StatusOK)
	line := text(a.page(t).Find("#L1 .tx"))
	if !strings.HasSuffix(line, "… (line cut)") || len(line) > 5000 {
		t.Errorf("%d bytes, ending in %q", len(line), line[max(0, len(line)-20):])
	}
	if n := len(mustAsk(t, app, get("/runs/1312/log"), http.StatusOK).body); n != 100_006 {
		t.Errorf("the raw log has %d bytes", n)
	}
}

// TestARunOutlivesItsJob: its history stays, with nothing to do.
func TestARunOutlivesItsJob(t *testing.T) {
	w := newBusyWorld()
	delete(w.jobs, "sync_orders")
	doc := mustAsk(t, w.app(), get("/runs/1312").browser(), http.StatusOK).page(t)
	if n := doc.Find("main form").Length(); n != 0 {
		t.Errorf("%d forms", n)
	}
	w.schedule("sync_orders", cronsole.Request{Code: "log_something", Type: "interval"}) // another of the same name
	doc = mustAsk(t, w.app(), get("/runs/1312").browser(), http.StatusOK).page(t)
	if n := doc.Find("main form, main svg[aria-label]").Length(); n != 0 {
		t.Errorf("%d forms and charts of the other job", n)
	}
}
