package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// rows are the lines of a table about it.
func (l Load) rows() [][]string {
	rows := [][]string{
		{"CPU of the console", fmt.Sprintf("%.2f cores", l.CPU)},
		{"memory (RSS)", mib(l.RSSEnd), "at most " + mib(l.RSSMax), "before " + mib(l.RSSStart)},
	}
	if l.ChildrenCPU > 0 {
		rows = append(rows, []string{"CPU of the runs", fmt.Sprintf("%.2f cores", l.ChildrenCPU)})
	}
	if n := len(l.Files); n > 0 {
		rows = append(rows, []string{"ledger and its log", mib(l.Files[n-1]), "at most " + mib(slices.Max(l.Files)), "before " + mib(l.Files[0])})
	}
	return rows
}

// sleepUntil waits; the error is that of ctx.
func sleepUntil(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
