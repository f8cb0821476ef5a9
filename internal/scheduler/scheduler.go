package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reugn/go-quartz/quartz"

	"cronsole/internal/cronsole"
)

// Config is what a Scheduler works with. Store, Executor, Codes and Revision
// are required.
type Config struct {
	Store    Store
	Executor Executor
	Codes    Codes
	Revision *cronsole.Revision // bumped after each commit

	Limits    map[string]int // how many runs go on at once, by "code:NAME" or "tag:NAME"; none when not named
	MaxQueued int            // how many runs may wait; DefaultMaxQueued when 0 or less

	Zone  string        // IANA name for jobs that name none; UTC when empty
	Apply bool          // jobs made from a file follow their file, and every folder with a .schedule has a job
	Grace time.Duration // how long Stop lets runs go on; 30 s when 0 or less

	Now func() time.Time // the wall clock; time.Now when nil
	Log *slog.Logger     // nothing is logged when nil
}

// Scheduler fires jobs and holds the use cases of the console. All its methods
// may be called concurrently. Errors that a caller can act on are
// *cronsole.Error.
type Scheduler struct {
	Config
	clock  *quartz.StdScheduler
	alarms *alarms

	signal chan struct{} // one slot: the engine has something to do

	rungMu sync.Mutex
	rung   []*entry // what go-quartz rang for since the engine last looked

	ops  sync.WaitGroup // use cases under way
	work sync.WaitGroup // engine and housekeeping
	jobs sync.WaitGroup // runs

	engine    context.Context // ends when Stop begins
	endEngine context.CancelFunc
	runs      context.Context // parent of all runs; cancelled with ErrShutdown
	endRuns   context.CancelCauseFunc
	ledger    context.Context // for writes that must still happen while stopping
	endLedger context.CancelFunc

	mu      sync.Mutex
	freed   *sync.Cond // an id left busy
	phase   phase
	entries map[int64]*entry
	ids     map[string]*entry
	busy    map[string]bool   // ids of jobs that a commit is under way for
	loads   map[int64]load    // by job key
	live    map[int64]*run    // queued and running, by run id
	used    map[string]int    // runs that go on, by the limits that they come under
	queues  map[string][]*run // queued, oldest first, by code and limits
	queued  int               // queued runs, reserved ones included
	pending []*entry          // due, waiting for their commit
	failing string            // why the last commit failed; the next tick tries again
	frozen  *cronsole.Freeze  // nothing is started; nil: things go on
	rearm   bool              // cursors beyond now are to be set back to now

	started time.Time
	seen    time.Time     // when the engine last came round
	high    time.Time     // the latest time the wall clock has shown
	behind  time.Duration // how far the clock was seen behind high
	step    time.Duration // the latest step that was noticed, and when
	stepAt  time.Time
	careful bool // a batch was refused: write one job at a time

	stopCalled atomic.Bool
	stopped    chan struct{}
}

// load is how many runs of a job wait and go on, reserved ones included.
type load struct{ queued, running int }

// phase is how far the life of a Scheduler has come.
type phase int

const (
	made phase = iota
	running
	stopping
)

// New returns a scheduler that waits for Start.
func New(cfg Config) *Scheduler {
	if cfg.Zone == "" {
		cfg.Zone = "UTC"
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 30 * time.Second
	}
	if cfg.MaxQueued <= 0 {
		cfg.MaxQueued = DefaultMaxQueued
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Revision == nil {
		cfg.Revision = &cronsole.Revision{}
	}
	s := &Scheduler{
		Config:  cfg,
		alarms:  newAlarms(),
		signal:  make(chan struct{}, 1),
		entries: map[int64]*entry{},
		ids:     map[string]*entry{},
		busy:    map[string]bool{},
		loads:   map[int64]load{},
		live:    map[int64]*run{},
		used:    map[string]int{},
		queues:  map[string][]*run{},
		stopped: make(chan struct{}),
	}
	s.freed = sync.NewCond(&s.mu)
	return s
}

// now is the wall clock in the precision of the ledger, UTC milliseconds.
func (s *Scheduler) now() time.Time {
	return s.Now().Round(0).UTC().Truncate(time.Millisecond)
}

// wakeEngine says that there may be something to do; it never blocks.
func (s *Scheduler) wakeEngine() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// Health returns the figures of the moment.
func (s *Scheduler) Health() cronsole.Health {
	used, total := s.Executor.Slots()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	h := cronsole.Health{
		Started:   s.started,
		LoopAge:   now.Sub(s.seen),
		Jobs:      len(s.entries),
		Queued:    s.queued,
		Running:   max(len(s.live)-s.queued, 0),
		SlotsUsed: used,
		Slots:     total,
		LastError: s.failing,
		Freeze:    s.frozen,
	}
	if !s.stepAt.IsZero() && now.Sub(s.stepAt) < stepShown {
		h.ClockStep = s.step
	}
	return h
}
