package scheduler

import (
	"context"
	"fmt"

	"cronsole/internal/cronsole"
)

// Freeze starts nothing from now on: what is due is recorded as skipped(frozen),
// what waits goes on waiting. Runs that go on are left alone. The reason is shown
// on every page; freezing again gives a new one.
func (s *Scheduler) Freeze(ctx context.Context, reason string) error {
	return s.setFreeze(ctx, &cronsole.Freeze{Since: s.now(), Reason: reason})
}

// Unfreeze lets jobs run again, from the next due instant on.
func (s *Scheduler) Unfreeze(ctx context.Context) error { return s.setFreeze(ctx, nil) }

func (s *Scheduler) setFreeze(ctx context.Context, f *cronsole.Freeze) error {
	// No job has the empty id; two that freeze and unfreeze take turns.
	if err := s.begin(ctx, ""); err != nil {
		return err
	}
	defer s.end("")
	ctx = context.WithoutCancel(ctx)
	if err := s.Store.SetFreeze(ctx, f); err != nil {
		return fmt.Errorf("freeze: %w", err)
	}
	s.mu.Lock()
	s.frozen = f
	s.mu.Unlock()
	s.changed()
	if f != nil {
		s.Log.WarnContext(ctx, "nothing is started any more", "reason", f.Reason)
	} else {
		s.Log.InfoContext(ctx, "jobs run again")
	}
	return nil
}
