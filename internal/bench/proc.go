package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc, the same on every Linux.
const clockTick = 10 * time.Millisecond

// usage is what a process has used so far.
type usage struct {
	cpu, children time.Duration // user and system; children are those that have ended
	rss, peak     int64         // bytes
}

// readUsage looks at a process.
func readUsage(pid int) (usage, error) {
	var u usage
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return u, err
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return u, err
	}
	if u.cpu, u.children, err = parseStat(stat); err != nil {
		return u, err
	}
	u.rss, u.peak = kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:")
	return u, nil
}

// parseStat reads utime and stime, and cutime and cstime, of /proc/PID/stat.
func parseStat(stat []byte) (own, children time.Duration, err error) {
	name := bytes.LastIndexByte(stat, ')') // which may hold anything
	fields := strings.Fields(string(stat[name+1:]))
	if len(fields) < 15 {
		return 0, 0, fmt.Errorf("/proc/PID/stat is not as expected: %q", stat)
	}
	var ticks [4]int64
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return 0, 0, fmt.Errorf("/proc/PID/stat is not as expected: %q", stat)
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * clockTick, time.Duration(ticks[2]+ticks[3]) * clockTick, nil
}

// kilobytes reads a line of /proc/PID/status, in bytes; 0 when it is not there.
func kilobytes(status []byte, name string) int64 {
	_, rest, _ := bytes.Cut(status, []byte(name))
	var kb int64
	_, _ = fmt.Sscan(string(rest), &kb) // 0 when there is none
	return kb << 10
}

// machineCPU is how long all cores together have been busy so far.
func machineCPU() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseMachine(stat)
}

// parseMachine reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq and steal.
func parseMachine(stat []byte) (busy time.Duration, err error) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat is not as expected: %q", line)
	}
	for i, f := range fields[1:9] {
		ticks, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat is not as expected: %q", line)
		}
		if i != 3 && i != 4 {
			busy += time.Duration(ticks) * clockTick
		}
	}
	return busy, nil
}
