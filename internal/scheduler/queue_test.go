package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/reugn/go-quartz/quartz"
	"pgregory.net/rapid"
)

// ringing is an alarm as the model and the heap are compared: by name and wake.
type ringing struct {
	Name string
	Wake int64
}

// queueModel holds the alarms of a heap in a plain list in the order in which
// they ring. Among equal wakes the one that was set first rings first, so that
// an alarm goes behind all that do not ring later.
type queueModel struct {
	q      *alarms
	made   []*alarm // every alarm there ever was, dropped ones included
	list   []ringing
	popped map[string]bool       // taken out by Pop, not pushed back yet
	rings  []quartz.ScheduledJob // what Pop has given out, pushed back or not
}

func (m *queueModel) insert(name string, wake int64) {
	i := slices.IndexFunc(m.list, func(r ringing) bool { return r.Wake > wake })
	if i < 0 {
		i = len(m.list)
	}
	m.list = slices.Insert(m.list, i, ringing{name, wake})
}

// remove takes a name out of the list; false when it is not there.
func (m *queueModel) remove(name string) bool {
	before := len(m.list)
	m.list = slices.DeleteFunc(m.list, func(r ringing) bool { return r.Name == name })
	return len(m.list) < before
}

func (m *queueModel) lives(name string) bool {
	return m.popped[name] || slices.ContainsFunc(m.list, func(r ringing) bool { return r.Name == name })
}

// wakes are few, so that many alarms share one.
func (m *queueModel) wake(t *rapid.T) int64 {
	return rapid.SampledFrom([]int64{0, 1, 2, 3, 4, 5, 6, parked}).Draw(t, "wake")
}

func (m *queueModel) any(t *rapid.T) *alarm {
	if len(m.made) == 0 {
		t.Skip("no alarm was made yet")
	}
	return rapid.SampledFrom(m.made).Draw(t, "alarm")
}

func (m *queueModel) Add(t *rapid.T) {
	name := fmt.Sprintf("a%03d", len(m.made))
	m.made = append(m.made, m.q.add(name, &entry{}, ringer{}))
	m.insert(name, parked)
}

func (m *queueModel) Set(t *rapid.T) {
	a, wake := m.any(t), m.wake(t)
	m.q.set(a, wake)
	if m.lives(a.name()) {
		m.remove(a.name())
		delete(m.popped, a.name())
		m.insert(a.name(), wake)
	}
}

func (m *queueModel) Drop(t *rapid.T) {
	a := m.any(t)
	m.q.drop(a)
	m.remove(a.name())
	delete(m.popped, a.name())
}

func (m *queueModel) Take(t *rapid.T) {
	now := rapid.Int64Range(-1, 7).Draw(t, "now")
	var want []*entry
	for len(m.list) > 0 && m.list[0].Wake <= now {
		name := m.list[0].Name
		m.remove(name)
		m.insert(name, parked)
		i := slices.IndexFunc(m.made, func(a *alarm) bool { return a.name() == name })
		want = append(want, m.made[i].entry)
	}
	if got := m.q.take(now, nil); !slices.Equal(got, want) {
		t.Fatalf("take gave %d entries, or others, want %d", len(got), len(want))
	}
}

func (m *queueModel) Pop(t *rapid.T) {
	job, err := m.q.Pop()
	if len(m.list) == 0 {
		if !errors.Is(err, quartz.ErrQueueEmpty) {
			t.Fatalf("pop of an empty queue: %v", err)
		}
		return
	}
	m.same(t, job, err, m.list[0])
	m.popped[m.list[0].Name] = true
	m.list = slices.Delete(m.list, 0, 1)
	m.rings = append(m.rings, job)
}

// Push pushes what was popped at any time. It counts only while the alarm is
// out: after a set or a drop, or a second time, it is void.
func (m *queueModel) Push(t *rapid.T) {
	if len(m.rings) == 0 {
		t.Skip("nothing was popped yet")
	}
	job := rapid.SampledFrom(m.rings).Draw(t, "ring")
	name := job.JobDetail().JobKey().Name()
	pushed := ring{job.JobDetail(), job.Trigger(), m.wake(t)}
	if err := m.q.Push(pushed); err != nil {
		t.Fatalf("push: %v", err)
	}
	if m.popped[name] {
		delete(m.popped, name)
		m.insert(name, pushed.wake)
	}
}

func (m *queueModel) Head(t *rapid.T) {
	job, err := m.q.Head()
	if len(m.list) == 0 {
		if !errors.Is(err, quartz.ErrQueueEmpty) {
			t.Fatalf("head of an empty queue: %v", err)
		}
		return
	}
	m.same(t, job, err, m.list[0])
}

func (m *queueModel) Get(t *rapid.T) {
	name := m.any(t).name()
	job, err := m.q.Get(quartz.NewJobKey(name))
	switch i := slices.IndexFunc(m.list, func(r ringing) bool { return r.Name == name }); {
	case i >= 0:
		m.same(t, job, err, m.list[i])
	case !m.popped[name] && !errors.Is(err, quartz.ErrJobNotFound):
		t.Fatalf("get of a dropped alarm: %v", err)
	}
}

func (m *queueModel) Remove(t *rapid.T) {
	name := m.any(t).name()
	job, err := m.q.Remove(quartz.NewJobKey(name))
	if !m.lives(name) {
		if !errors.Is(err, quartz.ErrJobNotFound) {
			t.Fatalf("removal of a dropped alarm: %v", err)
		}
		return
	}
	if err != nil || job.JobDetail().JobKey().Name() != name {
		t.Fatalf("removal of %s: %v", name, err)
	}
	m.remove(name)
	delete(m.popped, name)
}

func (m *queueModel) same(t *rapid.T, job quartz.ScheduledJob, err error, want ringing) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, ringing{job.JobDetail().JobKey().Name(), job.NextRunTime()}); diff != "" {
		t.Fatalf("alarm (-want +got):\n%s", diff)
	}
}

// Check holds the whole heap against the model.
func (m *queueModel) Check(t *rapid.T) {
	heap := slices.Clone(m.q.heap)
	for i, a := range heap {
		if a.pos != i {
			t.Fatalf("%s is at %d and believes to be at %d", a.name(), i, a.pos)
		}
		if parent := heap[max(i-1, 0)/arity]; i > 0 && m.q.less(i, parent.pos) {
			t.Fatalf("%s lies below %s and rings before it", a.name(), parent.name())
		}
	}
	slices.SortFunc(heap, func(a, b *alarm) int { return cmp.Or(cmp.Compare(a.wake, b.wake), cmp.Compare(a.seq, b.seq)) })
	got := []ringing{}
	for _, a := range heap {
		got = append(got, ringing{a.name(), a.wake})
	}
	if diff := gocmp.Diff(append([]ringing{}, m.list...), got); diff != "" {
		t.Fatalf("order of ringing (-want +got):\n%s", diff)
	}
	names := slices.Sorted(maps.Keys(m.popped))
	for _, r := range m.list {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	if diff := gocmp.Diff(names, slices.Sorted(maps.Keys(m.q.names))); len(names)+len(m.q.names) > 0 && diff != "" {
		t.Fatalf("names (-want +got):\n%s", diff)
	}
	jobs, err := m.q.ScheduledJobs(nil)
	if n, _ := m.q.Size(); err != nil || n != len(m.list) || len(jobs) != n {
		t.Fatalf("size %d and %d jobs, want %d", n, len(jobs), len(m.list))
	}
}

// Whatever go-quartz and the engine do in whatever order, alarms ring by wake,
// and none is lost or doubled.
func TestQueueIsASortedList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &queueModel{q: newAlarms(), popped: map[string]bool{}}
		for range rapid.IntRange(0, 30).Draw(t, "alarms") {
			m.Add(t)
		}
		t.Repeat(rapid.StateMachineActions(m))
	})
}

// A push tells of the moment of the pop; what the engine has decided since then
// stands.
func TestPushAfterASetOrADropIsVoid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		between func(q *alarms, a *alarm)
		want    []ringing
	}{
		"nothing happened": {func(*alarms, *alarm) {}, []ringing{{"a", parked}}},
		"set":              {func(q *alarms, a *alarm) { q.set(a, 7) }, []ringing{{"a", 7}}},
		"dropped":          {func(q *alarms, a *alarm) { q.drop(a) }, nil},
		"dropped, set":     {func(q *alarms, a *alarm) { q.drop(a); q.set(a, 7) }, nil},
		"cleared":          {func(q *alarms, _ *alarm) { _ = q.Clear() }, nil},
		"cleared, set":     {func(q *alarms, a *alarm) { _ = q.Clear(); q.set(a, 7) }, nil},
		"made anew":        {func(q *alarms, a *alarm) { q.drop(a); q.add("a", &entry{}, ringer{}) }, []ringing{{"a", parked}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newAlarms()
			a := q.add("a", &entry{}, ringer{})
			q.set(a, 1)
			job, err := q.Pop()
			if err != nil {
				t.Fatal(err)
			}
			tt.between(q, a)
			next, err := job.Trigger().NextFireTime(job.NextRunTime())
			if err != nil {
				t.Fatal(err)
			}
			if err := q.Push(ring{job.JobDetail(), job.Trigger(), next}); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, drain(q)); diff != "" {
				t.Errorf("alarms (-want +got):\n%s", diff)
			}
		})
	}
}

func drain(q *alarms) (out []ringing) {
	for {
		job, err := q.Pop()
		if err != nil {
			return out
		}
		out = append(out, ringing{job.JobDetail().JobKey().Name(), job.NextRunTime()})
	}
}

// panicMatcher is a matcher with a fault in it.
type panicMatcher struct{}

func (panicMatcher) IsMatch(quartz.ScheduledJob) bool { panic("match") }

func TestQueuePanicIsAnErrorAndLeavesNoLock(t *testing.T) {
	t.Parallel()
	tests := map[string]func(q *alarms) error{
		"push": func(q *alarms) error { return q.Push(nil) },
		"pop":  func(q *alarms) error { q.heap = []*alarm{nil}; _, err := q.Pop(); return err },
		"head": func(q *alarms) error { q.heap = []*alarm{nil}; _, err := q.Head(); return err },
		"get":  func(q *alarms) error { _, err := q.Get(nil); return err },
		"remove": func(q *alarms) error {
			_, err := q.Remove(nil)
			return err
		},
		"scheduled jobs": func(q *alarms) error {
			_, err := q.ScheduledJobs([]quartz.Matcher[quartz.ScheduledJob]{panicMatcher{}})
			return err
		},
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newAlarms()
			q.add("a", &entry{}, ringer{})
			if err := do(q); err == nil {
				t.Error("no error")
			}
			if !q.mu.TryLock() {
				t.Error("the queue is still locked")
			}
		})
	}
}

func TestScheduledJobsAreThoseThatEveryMatcherAccepts(t *testing.T) {
	t.Parallel()
	q := newAlarms()
	for _, name := range []string{"a1", "a2", "b1"} {
		q.add(name, &entry{}, ringer{})
	}
	jobs, err := q.ScheduledJobs([]quartz.Matcher[quartz.ScheduledJob]{starts("a"), starts("a2")})
	if err != nil || len(jobs) != 1 || jobs[0].JobDetail().JobKey().Name() != "a2" {
		t.Errorf("got %v, %v; want a2", jobs, err)
	}
}

// starts accepts the jobs whose name begins with it.
type starts string

func (s starts) IsMatch(job quartz.ScheduledJob) bool {
	name := job.JobDetail().JobKey().Name()
	return len(name) >= len(s) && name[:len(s)] == string(s)
}

// BenchmarkQueue is what a ring costs in the heap of 10,000 jobs: go-quartz pops
// and pushes, and the engine sets the next wake.
func BenchmarkQueue(b *testing.B) {
	q := newAlarms()
	for i := range 10_000 {
		q.set(q.add(fmt.Sprint(i), &entry{}, ringer{}), int64(i*7919%10_000))
	}
	b.ReportAllocs()
	for i := int64(10_000); b.Loop(); i++ {
		job, err := q.Pop()
		if err != nil {
			b.Fatal(err)
		}
		if err := q.Push(ring{job.JobDetail(), job.Trigger(), i}); err != nil {
			b.Fatal(err)
		}
	}
}
