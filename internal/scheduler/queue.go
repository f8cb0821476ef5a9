package scheduler

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/reugn/go-quartz/quartz"
)

// parked is the wake of an entry that nothing is to ring for: jobs that
// are paused for good, and jobs whose next wake the engine has yet to set.
const parked = int64(math.MaxInt64)

// alarms is an indexed 4-ary heap of wakes and implements quartz.JobQueue.
// go-quartz pops and pushes; the engine sets, drops and takes. Both work under
// the heap's own mutex, because go-quartz calls Head and Size without holding
// the lock it was given. Nothing here does I/O and Push never fails: go-quartz
// forgets a job whose Push failed.
type alarms struct {
	mu    sync.Mutex
	heap  []*alarm
	names map[string]*alarm
	seq   uint64
}

// alarm is the place of one entry in the heap. It is a quartz.Job, and go-quartz
// sees it through a quartz.ScheduledJob snapshot.
type alarm struct {
	entry   *entry
	detail  *quartz.JobDetail
	trigger quartz.Trigger
	wake    int64  // Unix nanoseconds
	seq     uint64 // breaks ties: who was set first rings first
	pos     int    // index in the heap; -1: popped by go-quartz, which is about to push it back
}

var _ quartz.JobQueue = (*alarms)(nil)

func newAlarms() *alarms { return &alarms{names: map[string]*alarm{}} }

// nanos is the wake of an instant. What lies beyond the range of int64
// nanoseconds (the year 2262) rings at its end and is found not due.
func nanos(t time.Time) int64 {
	switch {
	case t.IsZero(), t.Year() > 2261:
		return parked
	case t.Year() < 1970:
		return 0
	default:
		return t.UnixNano()
	}
}

// add makes the place of an entry, parked. The name is unique among entries.
func (q *alarms) add(name string, e *entry, job quartz.Job) *alarm {
	opts := &quartz.JobDetailOptions{MaxRetries: 0, Replace: true}
	a := &alarm{
		entry:   e,
		detail:  quartz.NewJobDetailWithOptions(job, quartz.NewJobKey(name), opts),
		trigger: parkTrigger{},
		wake:    parked,
		pos:     -1,
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.names[name] = a
	q.insert(a, parked)
	return a
}

// set gives an entry its next wake. It wins over a push of go-quartz that is
// under way. An entry that was dropped stays out.
func (q *alarms) set(a *alarm, wake int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.names[a.name()] != a {
		return
	}
	if a.pos < 0 {
		q.insert(a, wake)
		return
	}
	q.move(a, wake)
}

// drop takes an entry out for good.
func (q *alarms) drop(a *alarm) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(a)
}

// take parks every entry whose wake is not after now and appends them to dst,
// earliest first.
func (q *alarms) take(now int64, dst []*entry) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.heap) > 0 && q.heap[0].wake <= now && q.heap[0].wake != parked {
		a := q.heap[0]
		q.move(a, parked)
		dst = append(dst, a.entry)
	}
	return dst
}

// Push puts an entry back that go-quartz popped. When the engine has set its
// wake or dropped it meanwhile, that stands and the push is void.
func (q *alarms) Push(job quartz.ScheduledJob) (err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	if a := q.names[job.JobDetail().JobKey().Name()]; a != nil && a.pos < 0 {
		q.insert(a, job.NextRunTime())
	}
	return nil
}

// Pop takes the earliest entry out; go-quartz pushes it back.
func (q *alarms) Pop() (job quartz.ScheduledJob, err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.heap) == 0 {
		return nil, quartz.ErrQueueEmpty
	}
	a := q.heap[0]
	q.remove(a)
	return a.snapshot(), nil
}

// Head returns the earliest entry.
func (q *alarms) Head() (job quartz.ScheduledJob, err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.heap) == 0 {
		return nil, quartz.ErrQueueEmpty
	}
	return q.heap[0].snapshot(), nil
}

// Get returns the entry of that key.
func (q *alarms) Get(key *quartz.JobKey) (job quartz.ScheduledJob, err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.names[key.Name()]
	if a == nil {
		return nil, quartz.ErrJobNotFound
	}
	return a.snapshot(), nil
}

// Remove takes the entry of that key out for good.
func (q *alarms) Remove(key *quartz.JobKey) (job quartz.ScheduledJob, err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.names[key.Name()]
	if a == nil {
		return nil, quartz.ErrJobNotFound
	}
	q.forget(a)
	return a.snapshot(), nil
}

// ScheduledJobs returns the entries that every matcher accepts, in no order.
func (q *alarms) ScheduledJobs(matchers []quartz.Matcher[quartz.ScheduledJob]) (jobs []quartz.ScheduledJob, err error) {
	defer guard(&err)
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs = make([]quartz.ScheduledJob, 0, len(q.heap))
next:
	for _, a := range q.heap {
		job := a.snapshot()
		for _, m := range matchers {
			if !m.IsMatch(job) {
				continue next
			}
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// Size returns how many entries are in the heap.
func (q *alarms) Size() (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.heap), nil
}

// Clear drops every entry.
func (q *alarms) Clear() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range q.heap {
		a.pos = -1
	}
	q.heap, q.names = nil, map[string]*alarm{}
	return nil
}

// guard turns a panic into an error: go-quartz does not guard its queue, and a
// panic there would end the process.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("queue panicked: %v", p)
	}
}

func (a *alarm) name() string { return a.detail.JobKey().Name() }

func (a *alarm) snapshot() quartz.ScheduledJob {
	return ring{detail: a.detail, trigger: a.trigger, wake: a.wake}
}

// The heap proper. Callers hold the mutex.

const arity = 4

func (q *alarms) insert(a *alarm, wake int64) {
	q.stamp(a, wake)
	a.pos = len(q.heap)
	q.heap = append(q.heap, a)
	q.up(a.pos)
}

func (q *alarms) move(a *alarm, wake int64) {
	q.stamp(a, wake)
	q.fix(a.pos)
}

func (q *alarms) stamp(a *alarm, wake int64) {
	q.seq++
	a.wake, a.seq = wake, q.seq
}

func (q *alarms) remove(a *alarm) {
	i, last := a.pos, len(q.heap)-1
	q.swap(i, last)
	q.heap[last] = nil
	q.heap = q.heap[:last]
	a.pos = -1
	if i < last {
		q.fix(i)
	}
}

func (q *alarms) forget(a *alarm) {
	if q.names[a.name()] == a {
		delete(q.names, a.name())
	}
	if a.pos >= 0 {
		q.remove(a)
	}
}

func (q *alarms) fix(i int) {
	if !q.down(i) {
		q.up(i)
	}
}

func (q *alarms) up(i int) {
	for i > 0 {
		parent := (i - 1) / arity
		if !q.less(i, parent) {
			return
		}
		q.swap(i, parent)
		i = parent
	}
}

func (q *alarms) down(i int) (moved bool) {
	for {
		first := i*arity + 1
		if first >= len(q.heap) {
			return moved
		}
		least := first
		for c := first + 1; c < min(first+arity, len(q.heap)); c++ {
			if q.less(c, least) {
				least = c
			}
		}
		if !q.less(least, i) {
			return moved
		}
		q.swap(i, least)
		i, moved = least, true
	}
}

func (q *alarms) less(i, j int) bool {
	a, b := q.heap[i], q.heap[j]
	return a.wake < b.wake || a.wake == b.wake && a.seq < b.seq
}

func (q *alarms) swap(i, j int) {
	q.heap[i], q.heap[j] = q.heap[j], q.heap[i]
	q.heap[i].pos, q.heap[j].pos = i, j
}

// ring is what go-quartz sees of an alarm at one moment.
type ring struct {
	detail  *quartz.JobDetail
	trigger quartz.Trigger
	wake    int64
}

func (r ring) JobDetail() *quartz.JobDetail { return r.detail }
func (r ring) Trigger() quartz.Trigger      { return r.trigger }
func (r ring) NextRunTime() int64           { return r.wake }

// parkTrigger is the trigger of every job as go-quartz knows it: after a ring
// there is nothing to wait for until the engine has committed and sets the next
// wake.
type parkTrigger struct{}

func (parkTrigger) NextFireTime(int64) (int64, error) { return parked, nil }
func (parkTrigger) Description() string               { return "parked until the ledger has moved on" }
