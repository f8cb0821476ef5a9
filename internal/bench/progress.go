package bench

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progressEvery is how often the line on a terminal changes.
const progressEvery = 100 * time.Millisecond

// progress tells the person who waits what goes on: on a terminal one line that
// changes, elsewhere a line for each stage.
type progress struct {
	mode string
	out  io.Writer
	live bool

	mu    sync.Mutex
	text  string
	shown time.Time
}

func newProgress(out io.Writer, mode string) *progress {
	p := &progress{mode: mode, out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// stage says what begins now.
func (p *progress) stage(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.shown = fmt.Sprintf(format, args...), time.Now()
	if p.live {
		fmt.Fprintf(p.out, "\r\x1b[K%s: %s", p.mode, p.text)
	} else {
		fmt.Fprintf(p.out, "%s: %s\n", p.mode, p.text)
	}
}

// step says how far the stage is.
func (p *progress) step(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && time.Since(p.shown) >= progressEvery {
		p.shown = time.Now()
		fmt.Fprintf(p.out, "\r\x1b[K%s: %s: %s", p.mode, p.text, fmt.Sprintf(format, args...))
	}
}

// end leaves an empty line to whoever prints next.
func (p *progress) end() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
