package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cronsole/internal/cronsole"
)

const (
	flushEvery   = 200 * time.Millisecond // how old output gets before it is stored
	flushFlooded = time.Second            // the same, while a run prints more than the limit in that time
	flushBytes   = 32 << 10               // how much output is stored without waiting
	chunkBytes   = 32 << 10               // largest chunk
	chunkSpan    = 50 * time.Millisecond  // output this close together shares a chunk
	tailBytes    = 8 << 10                // end of the error output, kept for Outcome.Error
	sinkTimeout  = 10 * time.Second       // longest wait for one call of the sink
	finalTries   = 3                      // how often the last flush is tried
	maxChunks    = 1000                   // pending chunks that are told apart by stream and time
)

// errClosed answers a function that writes output after its run has ended.
var errClosed = errors.New("the run has ended")

// recorder collects the output of one attempt and hands it to the sink now and
// then. It holds at most limit bytes that the sink does not have yet (twice
// that while the sink works); when more arrives, the oldest go.
type recorder struct {
	sink  Sink
	runID int64
	limit int64
	now   func() time.Time
	log   *slog.Logger
	ctx   context.Context //nolint:containedctx // values of the run's context, without its end

	wake chan struct{} // something is pending
	full chan struct{} // flushBytes are pending
	stop chan struct{} // no more output
	done chan struct{} // the flusher has returned

	mu      sync.Mutex
	closed  bool
	chunks  []cronsole.Chunk // not yet with the sink, oldest first
	pending int64            // bytes in chunks
	total   int64            // bytes written since the run began, those of earlier attempts included
	spare   []byte           // buffer of a dropped chunk, to be used again
	tail    []byte           // the last bytes of Stderr

	failing bool // of the flusher: the failure of the sink was logged
}

func (e *Executor) newRecorder(ctx context.Context, runID, offset int64) *recorder {
	r := &recorder{
		sink:  e.cfg.Sink,
		runID: runID,
		limit: e.cfg.OutputLimit,
		total: offset,
		now:   e.cfg.Now,
		log:   e.cfg.Log,
		ctx:   context.WithoutCancel(ctx),
		wake:  make(chan struct{}, 1),
		full:  make(chan struct{}, 1),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go r.flushLoop()
	return r
}

// stream returns a writer into one of the two streams.
func (r *recorder) stream(s cronsole.Stream) streamWriter { return streamWriter{r, s} }

type streamWriter struct {
	r *recorder
	s cronsole.Stream
}

// Write implements io.Writer. It never waits for the sink.
func (w streamWriter) Write(p []byte) (int, error) {
	if err := w.r.write(w.s, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (r *recorder) write(s cronsole.Stream, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	if s == cronsole.Stderr {
		r.tail = appendTail(r.tail, p)
	}
	if skip := int64(len(p)) - r.limit; skip > 0 { // would be dropped at once
		r.drop(r.pending)
		r.total += skip
		p = p[skip:]
	}
	now := r.now().UTC()
	for len(p) > 0 {
		c := r.open(s, now)
		n := min(len(p), chunkBytes-len(c.Data))
		c.Data = append(c.Data, p[:n]...)
		p = p[n:]
		r.total += int64(n)
		r.pending += int64(n)
	}
	r.drop(r.pending - r.limit)
	notify(r.wake)
	if r.pending >= flushBytes {
		notify(r.full)
	}
	return nil
}

// open returns the chunk that the next byte of stream s goes to.
func (r *recorder) open(s cronsole.Stream, now time.Time) *cronsole.Chunk {
	if n := len(r.chunks); n > 0 {
		c := &r.chunks[n-1]
		fits := c.Stream == s && now.Sub(c.Time) < chunkSpan
		// A run that changes streams with every byte must not cost a chunk each.
		if len(c.Data) < chunkBytes && (fits || n >= maxChunks) {
			return c
		}
	}
	r.chunks = append(r.chunks, cronsole.Chunk{Offset: r.total, Time: now, Stream: s, Data: r.spare})
	r.spare = nil
	return &r.chunks[len(r.chunks)-1]
}

// drop forgets the oldest n pending bytes.
func (r *recorder) drop(n int64) {
	if n <= 0 {
		return
	}
	r.pending -= n
	gone := 0
	for n > 0 {
		c := &r.chunks[gone]
		if size := int64(len(c.Data)); size <= n {
			n -= size
			r.spare = c.Data[:0]
			gone++
			continue
		}
		c.Data = c.Data[n:]
		c.Offset += n
		n = 0
	}
	r.chunks = r.chunks[:copy(r.chunks, r.chunks[gone:])]
}

// squeeze joins small chunks, whatever their stream, when there are too many.
func squeeze(chunks []cronsole.Chunk) []cronsole.Chunk {
	if len(chunks) <= maxChunks {
		return chunks
	}
	out := chunks[:1]
	for _, c := range chunks[1:] {
		last := &out[len(out)-1]
		if len(last.Data)+len(c.Data) <= chunkBytes {
			last.Data = append(last.Data, c.Data...)
			continue
		}
		out = append(out, c)
	}
	return out
}

// appendTail keeps the last tailBytes of what was written.
func appendTail(tail, p []byte) []byte {
	if len(p) >= tailBytes {
		return append(tail[:0], p[len(p)-tailBytes:]...)
	}
	if over := len(tail) + len(p) - tailBytes; over > 0 {
		tail = tail[:copy(tail, tail[over:])]
	}
	return append(tail, p...)
}

// flushLoop stores what is pending, until the recorder is closed.
func (r *recorder) flushLoop() {
	defer close(r.done)
	for {
		select {
		case <-r.stop:
			return
		case <-r.wake:
		}
		wait := flushEvery
		for wait > 0 {
			wait = r.flushAfter(wait)
		}
	}
}

// flushAfter flushes once the wait is over or flushBytes are pending. It
// returns how long to wait before the next flush; 0 when it is idle or closed.
// However much a run prints, a wait costs the sink a few times the limit at most.
func (r *recorder) flushAfter(wait time.Duration) time.Duration {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	budget := r.limit
	for {
		full := r.full
		if budget < r.limit/2 || wait == flushFlooded {
			full = nil
		}
		select {
		case <-r.stop:
			return 0
		case <-full:
			budget -= r.flush()
			continue
		case <-timer.C:
		}
		break
	}
	switch n := r.flush(); {
	case n == 0:
		return 0
	case n >= r.limit:
		return flushFlooded
	default:
		return flushEvery
	}
}

// flush hands what is pending to the sink and returns how many bytes that was.
// What the sink refuses becomes pending again.
func (r *recorder) flush() int64 {
	r.mu.Lock()
	chunks, size := r.chunks, r.pending
	keepFrom := max(0, r.total-r.limit)
	r.chunks, r.pending = nil, 0
	r.mu.Unlock()
	if size == 0 {
		return 0
	}
	err := r.store(chunks, keepFrom)
	if err == nil {
		return size
	}
	if !r.failing {
		r.failing = true
		r.log.ErrorContext(r.ctx, "output could not be stored, will be tried again", "run", r.runID, "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = squeeze(append(chunks, r.chunks...))
	r.pending += size
	r.drop(r.pending - r.limit)
	return size
}

// store calls the sink; a panic of the sink is an error like any other.
func (r *recorder) store(chunks []cronsole.Chunk, keepFrom int64) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the sink panicked: %v", v)
		}
	}()
	ctx, cancel := context.WithTimeout(r.ctx, sinkTimeout)
	defer cancel()
	return r.sink.AppendOutput(ctx, r.runID, chunks, keepFrom)
}

// close stores what is left and returns how many bytes could not be stored.
// What is written afterwards is refused.
func (r *recorder) close() (lost int64) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	close(r.stop)
	<-r.done
	for try := range finalTries {
		if try > 0 {
			<-time.After(flushEvery)
		}
		r.flush()
		r.mu.Lock()
		lost = r.pending
		r.mu.Unlock()
		if lost == 0 {
			break
		}
	}
	return lost
}

// extent returns how many bytes were written, and the offset of the first kept.
func (r *recorder) extent() (total, from int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total, max(0, r.total-r.limit)
}

// errorTail returns the end of the error output.
func (r *recorder) errorTail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.tail)
}

// notify leaves one note in a channel of capacity one.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// lastLine returns the last line of s that is not blank, fit to be shown.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexAny(s, "\r\n"); i >= 0 {
		s = s[i+1:]
	}
	return oneLine(s)
}

// oneLine makes s fit for Outcome.Error: valid, without control bytes, short.
func oneLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	const most = 500
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
