package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Bare is what os/exec reaches by itself with what a run needs: a process group
// of its own, a deadline and captured output.
type Bare struct {
	PerSecond float64 `json:"per_second"`
	AtOnce    int     `json:"at_once"`
	CPUms     float64 `json:"cpu_ms_per_run"` // parent and child
}

// measureBare starts program again and again for a while, atOnce side by side.
func (s *session) measureBare(ctx context.Context, program string, atOnce int, during time.Duration) (*Bare, error) {
	s.stage("bare os/exec for %s", during)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	before, err := ownCPU()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	runs := make([]int, atOnce)
	var work sync.WaitGroup
	for i := range runs {
		work.Go(func() {
			for time.Since(begun) < during && ctx.Err() == nil {
				if err := runBare(ctx, program); err != nil {
					cancel(fmt.Errorf("bare os/exec: %w", err))
				}
				runs[i]++
			}
		})
	}
	work.Wait()
	took := time.Since(begun)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	after, err := ownCPU()
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range runs {
		total += n
	}
	return &Bare{
		PerSecond: float64(total) / took.Seconds(), AtOnce: atOnce,
		CPUms: milliseconds(after-before) / float64(total),
	}, nil
}

func runBare(ctx context.Context, program string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd.Run()
}

// ownCPU is what this process and its ended children have used.
func ownCPU() (time.Duration, error) {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0, err
		}
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total, nil
}

// rows compares the console with it; none when it was not measured.
func (b *Bare) rows(perSecond float64, load Load) [][]string {
	if b == nil {
		return nil
	}
	perRun := (load.CPU + load.ChildrenCPU) / perSecond * 1000
	return [][]string{
		{"bare os/exec", count(int64(b.PerSecond)) + "/s", fmt.Sprintf("%d at once", b.AtOnce), fmt.Sprintf("%.2f ms CPU a run", b.CPUms)},
		{"the console beside it", fmt.Sprintf("%.0f %%", 100*perSecond/b.PerSecond), "", fmt.Sprintf("%.2f ms CPU a run", perRun)},
	}
}
