package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// procStat is what /proc/<pid>/stat says about a process.
type procStat struct {
	pid, ppid, pgrp int
	state           byte   // 'R', 'S', 'Z', …
	start           uint64 // clock ticks since boot
}

// alive reports whether the process still does something.
func (s procStat) alive() bool { return s.state != 'Z' && s.state != 'X' }

// readStat reads /proc/<pid>/stat.
func readStat(pid int) (procStat, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return procStat{}, err
	}
	return parseStat(pid, text)
}

func parseStat(pid int, text []byte) (procStat, error) {
	// The name of the program may hold anything, brackets and spaces too.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const state, ppid, pgrp, start = 0, 1, 2, 19 // fields 3, 4, 5 and 22
	if len(fields) <= start {
		return procStat{}, fmt.Errorf("stat of process %d has %d fields", pid, len(fields))
	}
	s := procStat{pid: pid, state: fields[state][0]}
	var errs [3]error
	s.ppid, errs[0] = strconv.Atoi(string(fields[ppid]))
	s.pgrp, errs[1] = strconv.Atoi(string(fields[pgrp]))
	s.start, errs[2] = strconv.ParseUint(string(fields[start]), 10, 64)
	return s, errors.Join(errs[:]...)
}

// processes lists the processes that the filter picks. Those that end
// meanwhile are left out.
func processes(pick func(procStat) bool) ([]procStat, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close() //nolint:errcheck // opened for reading
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var found []procStat
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue // not a process
		}
		s, err := readStat(pid)
		if err != nil {
			continue // has ended
		}
		if pick(s) {
			found = append(found, s)
		}
	}
	return found, nil
}

// mark is what the environment of a process says about its run.
type mark struct {
	run      int64
	instance string
}

// readMark reads the mark of a process; false when it has none, or when it
// belongs to somebody whose environment we may not read.
func readMark(pid int) (mark, bool) {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return mark{}, false
	}
	defer f.Close() //nolint:errcheck // opened for reading
	const most = 8 << 20
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return mark{}, false
	}
	return parseMark(string(text))
}

func parseMark(environ string) (m mark, ok bool) {
	for v := range strings.SplitSeq(environ, "\x00") {
		if s, is := strings.CutPrefix(v, envRunID+"="); is {
			n, err := strconv.ParseInt(s, 10, 64)
			m.run, ok = n, err == nil
		}
		if s, is := strings.CutPrefix(v, envInstance+"="); is {
			m.instance = s
		}
	}
	return m, ok && m.instance != ""
}

// signal sends a signal to exactly this process. The handle is taken first and
// then compared, so that a process which got its pid is not hit.
func (s procStat) signal(sig syscall.Signal) error {
	handle, err := os.FindProcess(s.pid)
	if err != nil {
		return err
	}
	defer handle.Release() //nolint:errcheck // cannot fail on Linux
	now, err := readStat(s.pid)
	if err != nil || now.start != s.start {
		return nil //nolint:nilerr // it has ended
	}
	if err := handle.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// bootID tells this boot of the machine from all others.
func bootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// awaitExit returns when a child has ended, and leaves it unreaped.
func awaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// sealFiles makes sure that no child inherits an open file of ours. Go opens
// all files that way, but who started us, or a C library, may not have.
func sealFiles() error {
	const first = 3
	err := unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if err == nil || !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) {
		return err
	}
	entries, err := os.ReadDir("/proc/self/fd") // kernels before 5.11
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
