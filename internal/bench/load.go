package bench

import (
	"context"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Served is what the console answered to requests that followed each other
// without a pause.
type Served struct {
	PerSecond   float64 `json:"per_second"`
	Delays              // until the answer was read
	Bytes       int     `json:"bytes"`        // of the last body, as it was sent
	NotModified float64 `json:"not_modified"` // the share of answers that were 304
}

// served is what one connection saw.
type served struct {
	took        []time.Duration
	bytes       int
	notModified int
	err         error
}

// drive sends calls over several connections at once; next returns what the
// n-th connection sends next, and false when it has nothing more to send.
func (c *console) drive(ctx context.Context, connections int, next func(n int) (call, bool)) (Served, error) {
	all := make([]served, connections)
	begun := time.Now()
	var work sync.WaitGroup
	for n := range all {
		work.Go(func() { all[n] = c.driveOne(ctx, func() (call, bool) { return next(n) }) })
	}
	work.Wait()
	elapsed := time.Since(begun)
	var out Served
	var took []time.Duration
	for _, s := range all {
		if s.err != nil {
			return out, s.err
		}
		took = append(took, s.took...)
		out.Bytes = s.bytes
		out.NotModified += float64(s.notModified)
	}
	out.Delays = sumUp(took)
	out.PerSecond = float64(len(took)) / elapsed.Seconds()
	if len(took) > 0 {
		out.NotModified /= float64(len(took))
	}
	return out, ctx.Err()
}

// driveOne is one connection of drive. What it revalidates it has asked for
// before, which does not count.
func (c *console) driveOne(ctx context.Context, next func() (call, bool)) (s served) {
	cl, err := c.client(ctx)
	if err != nil {
		s.err = err
		return s
	}
	defer cl.close()
	var tag []byte
	for ctx.Err() == nil {
		k, more := next()
		if !more {
			return s
		}
		cl.prepare(k)
		if k.revalidate {
			if tag == nil {
				if _, s.err = cl.do(); s.err != nil {
					return s
				}
				tag = append(tag, cl.res.Header.Peek("ETag")...)
			}
			cl.req.Header.SetBytesV("If-None-Match", tag)
		}
		took, err := cl.do()
		if err != nil {
			s.err = err
			return s
		}
		s.took = append(s.took, took)
		tag = append(tag[:0], cl.res.Header.Peek("ETag")...)
		if cl.res.StatusCode() == fasthttp.StatusNotModified {
			s.notModified++
		} else {
			s.bytes = len(cl.res.Body())
		}
	}
	return s
}

// driveFor sends the same call again and again for a while, at least once over
// each connection.
func (c *console) driveFor(ctx context.Context, connections int, during time.Duration, k call) (Served, error) {
	end := time.Now().Add(during)
	asked := make([]bool, connections)
	return c.drive(ctx, connections, func(n int) (call, bool) {
		first := !asked[n]
		asked[n] = true
		return k, first || time.Now().Before(end)
	})
}
