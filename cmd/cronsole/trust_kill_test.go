package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cronsole/internal/testkit"
)

// TestTrustKillAtAnyMoment kills consoles at random moments while twenty jobs of
// one second fire. In the end three records must agree: the grid of the
// triggers, the ledger, and what the jobs did.
func TestTrustKillAtAnyMoment(t *testing.T) {
	t.Parallel()
	const lanes, cycles = 2, 50
	seed, scale := testkit.Seed(t), testkit.Scale(t)
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			killRepeatedly(t, rand.New(rand.NewPCG(seed, uint64(lane))), cycles*scale, scale > 1)
		})
	}
}

func killRepeatedly(t *testing.T, random *rand.Rand, cycles int, stalls bool) {
	t.Helper()
	dir := t.TempDir()
	data, folder, effects := filepath.Join(dir, "data"), filepath.Join(dir, "jobs"), filepath.Join(dir, "effects")
	deploy(t, folder, "effect", effect, "")
	deploy(t, folder, "slow", effect+"sleep 0.2\n", "")
	p := startConsole(t, data, folder)
	for i := range 20 {
		code := []string{"effect", "slow"}[i%2]
		p.everySecond(fmt.Sprintf("j%02d", i), code, map[string]any{"keep_runs": 0}, effects)
		<-time.After(time.Duration(random.IntN(20)) * time.Millisecond) // spreads the phases
	}
	for range cycles {
		<-time.After(time.Duration(random.IntN(250)) * time.Millisecond)
		if stalls && random.IntN(10) == 0 {
			p.stall(time.Duration(1+random.IntN(3)) * time.Second)
		}
		p.kill()
		p = startConsole(t, data, folder)
	}
	<-time.After(1200 * time.Millisecond) // every job fires once more
	p.stop()

	rows := readLedger(t, data)
	starts := readEffects(t, effects)
	interrupted := checkEffects(t, rows, starts)
	checkGrid(t, rows, time.Second)
	checkVerify(t, data)
	if interrupted == 0 || len(starts) < cycles {
		t.Errorf("%d starts and %d interruptions: too little happened", len(starts), interrupted)
	}
	t.Logf("%d kills, %d rows, %d starts, %d interrupted", cycles, len(rows), len(starts), interrupted)
}

// everySecond makes a job of one second.
func (p *process) everySecond(id, code string, rules map[string]any, args ...string) {
	p.t.Helper()
	body := map[string]any{
		"job_id": id, "code": code, "from_file": false, "type": "interval",
		"args": map[string]any{"seconds": 1, "args": args},
	}
	for k, v := range rules {
		body[k] = v
	}
	if status := p.call("POST", "/api/v1/jobs", body, nil); status != 200 {
		p.t.Fatalf("create %s answered %d", id, status)
	}
}

// stall stops the console for a time, as a machine does that sleeps or swaps.
func (p *process) stall(d time.Duration) {
	p.t.Helper()
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := p.cmd.Process.Signal(sig); err != nil {
			p.t.Fatal(err)
		}
		if sig == syscall.SIGSTOP {
			<-time.After(d)
		}
	}
}
