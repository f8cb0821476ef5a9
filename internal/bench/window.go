package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// beginWindow begins the measured window: its load and, when asked for, the
// console's profile.
func (s *session) beginWindow(ctx context.Context, c *console) (*sampler, error) {
	if s.Profile != "" {
		if err := c.tell(ctx, "profile"); err != nil {
			return nil, err
		}
	}
	return s.sampleConsole(c)
}

// endWindow ends it.
func (s *session) endWindow(ctx context.Context, c *console, m *sampler) (Load, error) {
	load, err := m.end()
	if s.Profile != "" {
		err = errors.Join(err, c.tell(ctx, "end"))
	}
	return load, err
}

// settle leaves the console alone for a while.
func (s *session) settle(ctx context.Context) error {
	s.stage("letting the console settle")
	return sleepUntil(ctx, time.Now().Add(s.Settle))
}

// rows are the lines of a table about it.
func (l Load) rows() [][]string {
	rows := [][]string{{"CPU of the console", cores(l.CPU)}}
	if l.ChildrenCPU > 0 {
		rows = append(rows, []string{"CPU of the runs", cores(l.ChildrenCPU)})
	}
	rows = append(
		rows,
		[]string{"CPU of this command", cores(l.BenchCPU)},
		[]string{"CPU of other programs", cores(l.OtherCPU)},
		[]string{"memory (RSS)", mib(l.RSSEnd), "at most " + mib(l.RSSMax), "before " + mib(l.RSSStart)},
	)
	if n := len(l.Files); n > 0 {
		rows = append(rows, []string{"ledger and its log", mib(l.Files[n-1]), "at most " + mib(slices.Max(l.Files)), "before " + mib(l.Files[0])})
		rows = append(rows, l.overTime()...)
	}
	return rows
}

// overTime is how big the ledger was at a few moments of a long window.
func (l Load) overTime() [][]string {
	const moments = 6
	if len(l.Files) < 10*moments {
		return nil
	}
	sizes := make([]string, moments)
	for i := range sizes {
		sizes[i] = mib(l.Files[(len(l.Files)-1)*i/(moments-1)])
	}
	return [][]string{{"  over time", strings.Join(sizes, " → ")}}
}

func cores(n float64) string { return fmt.Sprintf("%.2f cores", n) }

// sleepUntil waits; the error is that of ctx.
func sleepUntil(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
