package bench

import (
	"os"
	"testing"
	"time"
)

func TestProcIsRead(t *testing.T) {
	own, children, err := parseStat([]byte("7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 5 0 99 1 2"))
	if err != nil || own != 2*time.Second || children != 100*time.Millisecond {
		t.Errorf("own %s, children %s, %v", own, children, err)
	}
	busy, err := parseMachine([]byte("cpu  100 20 30 4000 500 6 7 37 0 0\ncpu0 1 2\n"))
	if err != nil || busy != 2*time.Second {
		t.Errorf("busy %s, %v", busy, err)
	}
	status := []byte("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
	if got := [3]int64{kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:"), kilobytes(status, "VmSwap:")}; got != [3]int64{1 << 20, 2 << 20, 0} {
		t.Errorf("%v", got)
	}
	for _, bad := range []string{"", "7 (a) S 1", "7 (a) S 1 7 7 0 -1 0 0 0 0 0 x 50 7 3 20 0"} {
		if _, _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
		if _, err := parseMachine([]byte(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestAProcessIsMeasured(t *testing.T) {
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; { // so that there is something
		continue
	}
	u, err := readUsage(os.Getpid())
	if err != nil || u.cpu == 0 || u.rss == 0 || u.peak < u.rss {
		t.Errorf("%+v, %v", u, err)
	}
}
