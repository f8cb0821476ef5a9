package web

import (
	"errors"
	"sync"
	"time"
)

// onceKeys remembers the answers to forms by their idempotency keys, so that a
// double click, or a reload of a slow answer, does one thing once.
type onceKeys struct {
	now func() time.Time

	mu   sync.Mutex
	done map[string]*onceAnswer
}

type onceAnswer struct {
	made  time.Time
	ready chan struct{}
	value any
	err   error
}

// How long and how many answers are kept.
const (
	onceKeep = 10 * time.Minute
	onceMax  = 4096
)

func newOnceKeys(now func() time.Time) *onceKeys {
	return &onceKeys{now: now, done: map[string]*onceAnswer{}}
}

// do calls f, unless the key was seen: then it waits for the first call and
// returns its answer. An empty key is never remembered, and neither is an
// error: what was refused may be sent again, mended.
func (o *onceKeys) do(key string, f func() (any, error)) (any, error) {
	if key == "" || len(key) > 300 {
		return f()
	}
	o.mu.Lock()
	if a, ok := o.done[key]; ok && o.now().Sub(a.made) < onceKeep {
		o.mu.Unlock()
		<-a.ready
		return a.value, a.err
	}
	o.makeRoom()
	a := &onceAnswer{made: o.now(), ready: make(chan struct{})}
	o.done[key] = a
	o.mu.Unlock()

	finished := false
	defer func() {
		o.mu.Lock()
		if a.err != nil || !finished {
			delete(o.done, key)
		}
		o.mu.Unlock()
		close(a.ready)
	}()
	a.err = errInterrupted // what others see when f panics
	a.value, a.err = f()
	finished = true
	return a.value, a.err
}

// makeRoom forgets old answers, and when there are too many the oldest ones.
func (o *onceKeys) makeRoom() {
	if len(o.done) < onceMax {
		return
	}
	now := o.now()
	var oldest string
	for key, a := range o.done {
		if now.Sub(a.made) >= onceKeep {
			delete(o.done, key)
			continue
		}
		if first, ok := o.done[oldest]; !ok || a.made.Before(first.made) {
			oldest = key
		}
	}
	if len(o.done) >= onceMax {
		delete(o.done, oldest)
	}
}

var errInterrupted = errors.New("the first request of this form did not end")
