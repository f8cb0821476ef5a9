package scheduler

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// Waiting says why a queued run has not started yet; empty when it is not
// queued, or is about to start.
func (s *Scheduler) Waiting(runID int64) string {
	used, slots := s.Executor.Slots()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.live[runID]
	if r == nil || !r.queued {
		return ""
	}
	return s.why(r, s.now(), used, slots)
}

// Backlog counts the runs that wait by what they wait for, the largest number
// first.
func (s *Scheduler) Backlog() []cronsole.Backlog {
	used, slots := s.Executor.Slots()
	s.mu.Lock()
	defer s.mu.Unlock()
	now, runs := s.now(), map[string]int{}
	for _, q := range s.queues {
		for _, r := range q {
			if why := s.why(r, now, used, slots); why != "" {
				runs[why]++
			}
		}
	}
	out := make([]cronsole.Backlog, 0, len(runs))
	for _, why := range slices.Sorted(maps.Keys(runs)) {
		out = append(out, cronsole.Backlog{Reason: why, Runs: runs[why]})
	}
	slices.SortStableFunc(out, func(a, b cronsole.Backlog) int { return cmp.Compare(b.Runs, a.Runs) })
	return out
}

// why is the first thing that keeps a queued run from starting. The caller holds
// the mutex.
func (s *Scheduler) why(r *run, now time.Time, used, slots int) string {
	switch {
	case s.frozen != nil:
		return "everything is frozen"
	case r.notBefore.After(now):
		return "the next attempt is not due yet"
	case !mayStart(s.loads[r.key], s.rulesOf(r.key)):
		return "an earlier run of the job goes on"
	}
	if name := s.reached(r.limits); name != "" {
		kind, name, _ := strings.Cut(name, ":")
		return kind + " " + name + " is at its limit of " + runs(s.Limits[kind+":"+name])
	}
	if used >= slots {
		return "all " + strconv.Itoa(slots) + " slots are taken"
	}
	return ""
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return strconv.Itoa(n) + " runs"
}
