package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"cronsole/internal/cronsole"
)

// orphanGrace is the longest that a restart waits between TERM and KILL, so that
// the runs of the last life are named within five seconds.
const orphanGrace = 3 * time.Second

// EndOrphans ends the processes that an earlier console on this data folder
// left running, and returns a sentence for each run that had some. Call it
// before the first run is started.
//
// A process is an orphan when its environment carries a run of this data
// folder, or when it is one of the known ones: pid, start time and boot must
// all be equal, so a process that merely got the same pid is not touched. With
// a known process goes its group. They get TERM, and KILL after the grace, which
// is a short one: nothing fires before they are gone. An error means that the
// search was not complete; the sentences hold all the same.
func (e *Executor) EndOrphans(ctx context.Context, known []cronsole.Process) (map[int64]string, error) {
	h, err := e.newHunt(known)
	if err != nil {
		return nil, fmt.Errorf("look for orphans: %w", err)
	}
	live, err := h.round(unix.SIGTERM)
	if err != nil {
		return nil, fmt.Errorf("look for orphans: %w", err)
	}
	if len(live) > 0 {
		e.cfg.Log.WarnContext(ctx, "processes of an earlier life are being ended", "processes", len(live))
		live, err = h.until(ctx, min(e.cfg.KillGrace, orphanGrace), 0)
	}
	if len(live) > 0 && err == nil {
		live, err = h.until(ctx, killTime, unix.SIGKILL)
	}
	if err != nil {
		err = fmt.Errorf("end orphans: %w", err)
	}
	return h.report(live), errors.Join(append(h.errs, err)...)
}

// hunt is one search for orphans.
type hunt struct {
	instance string
	leaders  map[int]cronsole.Process // known processes of this boot, by pid
	spared   map[int]bool             // ourselves and those we descend from
	found    map[int64][]procStat     // orphans by run, in the order they were met
	runs     map[orphan]int64         // the same by process
	refused  map[orphan]bool          // could not be signalled; in errs
	errs     []error
}

// orphan is a process that no other can be taken for, within one boot.
type orphan struct {
	pid   int
	start uint64
}

func (e *Executor) newHunt(known []cronsole.Process) (*hunt, error) {
	if e.pathErr != nil {
		return nil, e.pathErr
	}
	instance, err := e.instance()
	if err != nil {
		return nil, err
	}
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	h := &hunt{
		instance: instance,
		leaders:  map[int]cronsole.Process{},
		spared:   map[int]bool{},
		found:    map[int64][]procStat{},
		runs:     map[orphan]int64{},
		refused:  map[orphan]bool{},
	}
	for _, k := range known {
		if k.BootID == boot && k.PID > 1 {
			h.leaders[k.PID] = k
		}
	}
	// A job may have started this very console, to replace the one before.
	for pid := os.Getpid(); pid > 0 && !h.spared[pid]; {
		h.spared[pid] = true
		s, err := readStat(pid)
		if err != nil {
			return h, nil //nolint:nilerr // an ancestor outside of our view of the machine
		}
		pid = s.ppid
	}
	return h, nil
}

// round looks for orphans once, signals them unless sig is 0, and returns
// those that are alive.
func (h *hunt) round(sig syscall.Signal) ([]procStat, error) {
	groups := map[int]int64{} // group of a verified leader → its run
	for pid, k := range h.leaders {
		s, err := readStat(pid)
		if err == nil && s.start == k.StartTime && s.pgrp == pid && h.ours(s) && !h.spared[pid] {
			groups[pid] = k.RunID
		}
	}
	var live []procStat
	_, err := processes(func(s procStat) bool {
		run, is := h.run(s, groups)
		if !is {
			return false
		}
		live = append(live, s)
		h.note(run, s)
		if sig != 0 {
			h.signal(s, sig)
		}
		return false
	})
	return live, err
}

// signal signals an orphan, and wakes it up when it was stopped.
func (h *hunt) signal(s procStat, sig syscall.Signal) {
	id := orphan{s.pid, s.start}
	err := errors.Join(s.signal(sig), s.signal(unix.SIGCONT))
	if err != nil && !h.refused[id] {
		h.refused[id] = true
		h.errs = append(h.errs, fmt.Errorf("signal process %d: %w", s.pid, err))
	}
}

// run says which run a process is an orphan of.
func (h *hunt) run(s procStat, groups map[int]int64) (int64, bool) {
	if h.spared[s.pid] || !s.alive() {
		return 0, false
	}
	if run, ok := h.runs[orphan{s.pid, s.start}]; ok {
		return run, true // even if the leader of its group has ended meanwhile
	}
	if m, ok := readMark(s.pid); ok {
		return m.run, m.instance == h.instance
	}
	if k, ok := h.leaders[s.pid]; ok && k.StartTime == s.start {
		return k.RunID, true
	}
	run, ok := groups[s.pgrp]
	return run, ok
}

// ours reports whether nothing in the environment of a process says that it
// belongs to another data folder.
func (h *hunt) ours(s procStat) bool {
	m, ok := readMark(s.pid)
	return !ok || m.instance == h.instance
}

func (h *hunt) note(run int64, s procStat) {
	id := orphan{s.pid, s.start}
	if _, known := h.runs[id]; !known {
		h.runs[id] = run
		h.found[run] = append(h.found[run], s)
	}
}

// until repeats rounds until nobody is left, at most d.
func (h *hunt) until(ctx context.Context, d time.Duration, sig syscall.Signal) ([]procStat, error) {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	for pause := pollMin; ; pause = min(2*pause, pollMax) {
		live, err := h.round(sig)
		if len(live) == 0 || err != nil {
			return live, err
		}
		select {
		case <-ctx.Done():
			return live, context.Cause(ctx)
		case <-deadline.C:
			return live, nil
		case <-time.After(pause): // they are not our children; nothing tells us
		}
	}
}

// report says what happened to the processes of each run.
func (h *hunt) report(live []procStat) map[int64]string {
	out := map[int64]string{}
	for run, procs := range h.found {
		var ended, left []procStat
		for _, s := range procs {
			if slices.ContainsFunc(live, func(l procStat) bool { return l.pid == s.pid && l.start == s.start }) {
				left = append(left, s)
			} else {
				ended = append(ended, s)
			}
		}
		var parts []string
		if len(ended) > 0 {
			verb := "was still running and was ended"
			if len(ended) > 1 {
				verb = "were still running and were ended"
			}
			parts = append(parts, describe(ended, verb))
		}
		if len(left) > 0 {
			parts = append(parts, describe(left, "could not be ended"))
		}
		out[run] = strings.Join(parts, ". ")
	}
	return out
}

// describe makes a sentence about processes: "Its process 1234 was ended".
func describe(procs []procStat, verb string) string {
	const most = 5
	names := make([]string, 0, most+1)
	for i, s := range procs {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(procs)-most))
			break
		}
		names = append(names, strconv.Itoa(s.pid))
	}
	noun := "Its process "
	if len(procs) > 1 {
		noun = "Its processes "
	}
	if last := len(names) - 1; last > 0 {
		names = []string{strings.Join(names[:last], ", ") + " and " + names[last]}
	}
	return noun + strings.Join(names, "") + " " + verb
}
