package executor

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cronsole/internal/cronsole"
)

func TestStreamsKeepTheirOrder(t *testing.T) {
	b := newBench(t)
	b.runScript("for i in 1 2 3; do echo out$i; sleep 0.02; echo err$i >&2; sleep 0.02; done")
	if got, want := b.sink.text(), "out1\nerr1\nout2\nerr2\nout3\nerr3\n"; got != want {
		t.Errorf("together %q, want %q", got, want)
	}
	if got, want := b.sink.text(cronsole.Stderr), "err1\nerr2\nerr3\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

// What was written to both streams before anybody could read is in the order in
// which people read it: what went wrong stands below what led to it.
func TestStandardOutputComesBeforeErrorsOfTheSameMoment(t *testing.T) {
	b := newBench(t)
	for range 50 {
		b.sink = newMemorySink()
		b.cfg.Sink = b.sink
		b.runScript("echo doing it; echo it broke >&2; exit 3")
		if got, want := b.sink.text(), "doing it\nit broke\n"; got != want {
			t.Fatalf("output %q, want %q", got, want)
		}
	}
}

func TestOutputIsStoredWhileTheRunGoesOn(t *testing.T) {
	b := newBench(t)
	b.script("script", "echo first\nread x < fifo\necho second")
	must(b, mkfifo(b.jobs+"/script/fifo"))
	cancel, outcome := b.begin(cronsole.Execution{RunID: 1, Code: "script"})
	defer cancel(nil)
	b.sink.await(t, "first")
	must(b, os.WriteFile(b.jobs+"/script/fifo", []byte("go\n"), 0o600))
	if out := <-outcome; out.State != cronsole.Succeeded {
		t.Errorf("outcome %+v", out)
	}
	if got := b.sink.text(); got != "first\nsecond\n" {
		t.Errorf("output %q", got)
	}
}

func TestEndOfLongOutputIsKept(t *testing.T) {
	b := newBench(t, func(c *Config) { c.OutputLimit = 1000 })
	out := b.runScript("i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done")
	text := b.sink.text()
	if !strings.HasSuffix(text, "line 498\nline 499\n") {
		t.Errorf("ends with %q", text[max(0, len(text)-40):])
	}
	if out.OutputFrom != out.OutputBytes-1000 || b.sink.keepFrom != out.OutputFrom {
		t.Errorf("from %d of %d, sink keeps from %d", out.OutputFrom, out.OutputBytes, b.sink.keepFrom)
	}
}

func TestFloodGrowsNoMemory(t *testing.T) {
	const size = 200_000_000
	tests := map[string]string{
		"one line":   "head -c %d /dev/zero | tr '\\0' x",
		"line feeds": "head -c %d /dev/zero | tr '\\0' '\\n'",
		"NUL bytes":  "head -c %d /dev/zero >&2",
	}
	for name, script := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var most atomic.Int64
			stop, sampled := make(chan struct{}), make(chan struct{})
			debug.FreeOSMemory()
			before := rss(t)
			go func() {
				defer close(sampled)
				tick := time.NewTicker(10 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-stop:
						return
					case <-tick.C:
						most.Store(max(most.Load(), rss(t)))
					}
				}
			}()
			began := time.Now()
			out := b.runScript(strings.Replace(script, "%d", strconv.Itoa(size), 1))
			took := time.Since(began)
			close(stop)
			<-sampled
			if out.State != cronsole.Succeeded || out.OutputBytes != size || out.OutputFrom != size-DefaultOutputLimit {
				t.Errorf("outcome %+v", out)
			}
			// Some 10 MiB; the race detector takes several times that.
			if grown := most.Load() - before; grown > 64<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
			// Once a second in a flood, and a little at its beginning and end.
			if limit := int64(DefaultOutputLimit) * (5 + int64(took/flushFlooded)); b.sink.bytes > limit {
				t.Errorf("%d bytes went to the sink in %v, want at most %d", b.sink.bytes, took, limit)
			}
			if kept := int64(len(b.sink.text())); kept < DefaultOutputLimit || kept > DefaultOutputLimit+chunkBytes {
				t.Errorf("%d bytes are kept", kept)
			}
		})
	}
}

// rss is the resident memory of the test in bytes.
func rss(tb testing.TB) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Error(err)
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		tb.Error(err)
	}
	return pages * int64(os.Getpagesize())
}

func TestFailingSinkLosesNothingOnceItWorksAgain(t *testing.T) {
	b := newBench(t)
	b.script("script", "echo first\nread x < fifo\necho second")
	must(b, mkfifo(b.jobs+"/script/fifo"))
	b.sink.setRefuse(errors.New("disk full"))
	cancel, outcome := b.begin(cronsole.Execution{RunID: 1, Code: "script"})
	defer cancel(nil)
	must(b, os.WriteFile(b.jobs+"/script/fifo", []byte("go\n"), 0o600))
	b.sink.setRefuse(nil)
	if out := <-outcome; out.State != cronsole.Succeeded || out.Error != "" {
		t.Errorf("outcome %+v", out)
	}
	if got := b.sink.text(); got != "first\nsecond\n" {
		t.Errorf("output %q", got)
	}
}

func TestLostOutputIsSaid(t *testing.T) {
	b := newBench(t)
	b.sink.setRefuse(errors.New("disk full"))
	out := b.runScript("echo hello; echo no >&2; exit 1")
	if out.Error != "no; the last 9 bytes of its output could not be stored" || out.OutputFrom != 0 || out.OutputBytes != 9 {
		t.Errorf("outcome %+v", out)
	}
}

// panickySink panics at every call.
type panickySink struct{}

func (panickySink) AppendOutput(context.Context, int64, []cronsole.Chunk, int64) error { panic("sink") }

func (panickySink) SaveProcess(context.Context, cronsole.Process) error { panic("sink") }

func TestPanickingSinkDoesNotStopTheRun(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Sink = panickySink{} })
	out := b.runScript("echo hello")
	if out.State != cronsole.Succeeded || out.Error != "the last 6 bytes of its output could not be stored" {
		t.Errorf("outcome %+v", out)
	}
}

// What the sink holds is always the end of what was written, at its offsets,
// at least the limit of it, whatever fails in between.
func TestRecorderKeepsTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, 100_000).Draw(t, "limit")
		sink := newMemorySink()
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		e := New(Config{Sink: sink, OutputLimit: limit, Now: func() time.Time { return now }})
		r := e.newRecorder(context.Background(), 1, 0)
		var all []byte
		for i := range rapid.IntRange(0, 40).Draw(t, "writes") {
			size := rapid.IntRange(0, 50_000).Draw(t, "size")
			p := bytes.Repeat([]byte{byte('a' + i%26)}, size)
			all = append(all, p...)
			if err := r.write(cronsole.Stream(rapid.IntRange(1, 2).Draw(t, "stream")), p); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "break or mend") {
				sink.setRefuse(rapid.SampledFrom([]error{nil, errors.New("broken")}).Draw(t, "refuse"))
			}
		}
		sink.setRefuse(nil)
		if lost := r.close(); lost != 0 {
			t.Fatalf("lost %d", lost)
		}
		total, from := r.extent()
		if total != int64(len(all)) || from != max(0, total-limit) {
			t.Fatalf("extent %d from %d", total, from)
		}
		next := int64(-1)
		var kept []byte
		for _, c := range sink.chunks {
			if next >= 0 && c.Offset != next && c.Offset > from {
				t.Fatalf("a gap before %d", c.Offset)
			}
			if !bytes.Equal(c.Data, all[c.Offset:c.Offset+int64(len(c.Data))]) {
				t.Fatalf("wrong bytes at %d", c.Offset)
			}
			next = c.Offset + int64(len(c.Data))
			if next > from {
				kept = append(kept, c.Data[max(0, from-c.Offset):]...)
			}
		}
		if diff := cmp.Diff(string(all[from:]), string(kept)); diff != "" {
			t.Fatalf("kept (-want +got):\n%s", diff)
		}
	})
}

func TestByteWiseChangeOfStreamsCostsFewChunks(t *testing.T) {
	sink := newMemorySink()
	sink.setRefuse(errors.New("broken"))
	e := New(Config{Sink: sink, Now: time.Now})
	r := e.newRecorder(t.Context(), 1, 0)
	for i := range 300_000 {
		if err := r.write(cronsole.Stream(1+i%2), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	r.flush()
	r.mu.Lock()
	n := len(r.chunks)
	r.mu.Unlock()
	if n > 2*maxChunks {
		t.Errorf("%d chunks are pending", n)
	}
	sink.setRefuse(nil)
	if lost := r.close(); lost != 0 {
		t.Errorf("lost %d", lost)
	}
}

func TestWritingAfterTheEndIsRefused(t *testing.T) {
	r := New(Config{Sink: newMemorySink()}).newRecorder(t.Context(), 1, 0)
	r.close()
	if _, err := r.stream(cronsole.Stdout).Write([]byte("x")); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

func TestLastLine(t *testing.T) {
	tests := map[string]string{
		"":                             "",
		"\n \n":                        "",
		"a\nb":                         "b",
		"a\nb\r\n\n":                   "b",
		"10%\r20%\r":                   "20%",
		strings.Repeat("é", 400):       strings.Repeat("é", 250) + "…",
		"x" + strings.Repeat("é", 400): "x" + strings.Repeat("é", 249) + "…",
	}
	for in, want := range tests {
		if got := lastLine(in); got != want {
			t.Errorf("lastLine(%q) = %q, want %q", in, got, want)
		}
	}
}
