package scheduler

import (
	"context"
	"time"

	"cronsole/internal/cronsole"
)

// Store is the ledger as the scheduler needs it. Every call is one
// transaction; it returns after the commit. An *cronsole.Error of kind
// Unavailable says that nothing can be recorded at present (disk full), so that
// the same call may succeed later.
type Store interface {
	// LiveJobs returns all active and paused jobs.
	LiveJobs(ctx context.Context) ([]*cronsole.Job, error)
	// Job returns the living job of that id: active, paused, or the latest
	// finished one. NotFound when there is none.
	Job(ctx context.Context, id string) (*cronsole.Job, error)
	// JobByKey returns a job whatever its state.
	JobByKey(ctx context.Context, key int64) (*cronsole.Job, error)
	// LastJob returns the latest job that had the id, deleted ones included.
	// NotFound when there never was one.
	LastJob(ctx context.Context, id string) (*cronsole.Job, error)
	// CreateJob adds a job and sets its Key. Conflict when an active or paused
	// job has the id; a finished one is replaced.
	CreateJob(ctx context.Context, job *cronsole.Job) error
	// UpdateJob writes all of a job but its key, id, creation and fail streak.
	UpdateJob(ctx context.Context, job *cronsole.Job) error
	// DeleteJob marks a job deleted; undo brings it back.
	DeleteJob(ctx context.Context, key int64, at time.Time, undo string) error
	// DeletedBy returns the deleted job that undo brings back. NotFound when
	// there is none.
	DeletedBy(ctx context.Context, undo string) (*cronsole.Deleted, error)
	// RestoreJob brings a deleted job back, with its state, cursor and next, and
	// adds the rows. Conflict when a living job has its id.
	RestoreJob(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error
	// SetJobState writes state, reason, anchor, cursor, next, what was asked for a
	// time and the time of change, and adds the rows.
	SetJobState(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error

	// Advance moves cursors and adds their rows, for all entries in one
	// transaction; see [cronsole.Advance]. A row whose job and due instant are
	// in the ledger already is left out and keeps ID 0.
	Advance(ctx context.Context, batch []*cronsole.Advance) error
	// AddRun adds a row and sets its ID.
	AddRun(ctx context.Context, run *cronsole.Run) error
	// AddRunOnce is AddRun for a run that was asked for under a key.
	AddRunOnce(ctx context.Context, run *cronsole.Run, key, asked string) error
	// RunByKey returns the run of a job that was asked for under a key, and what
	// was asked. NotFound when there is none.
	RunByKey(ctx context.Context, jobKey int64, key string) (run *cronsole.Run, asked string, err error)
	// StartRuns turns queued rows into running ones, on their next attempt,
	// started at.
	StartRuns(ctx context.Context, ids []int64, at time.Time) error
	// FinishRun writes the outcome of an attempt; attempt 0 ends a queued row.
	FinishRun(ctx context.Context, outcome cronsole.Outcome) error
	// RetryRun keeps an outcome as that of an earlier attempt and queues its run
	// again, for not before at.
	RetryRun(ctx context.Context, outcome cronsole.Outcome, at time.Time) error
	// ExpireRuns ends queued rows as skipped(expired); those that are not queued
	// any more are left alone.
	ExpireRuns(ctx context.Context, ids []int64, at time.Time) error
	// InterruptRuns ends every running row as interrupted and returns them; those
	// for which again reports true are queued for another attempt instead. Notes
	// adds to the error text of the runs that it names.
	InterruptRuns(ctx context.Context, at time.Time, notes map[int64]string, again func(*cronsole.Run) bool) ([]*cronsole.Run, error)
	// QueuedRuns returns the queued rows, oldest first.
	QueuedRuns(ctx context.Context) ([]*cronsole.Run, error)
	// Processes returns the child processes of rows that are still running.
	Processes(ctx context.Context) ([]cronsole.Process, error)
	// SetFreeze keeps that nothing is to be started; nil ends it. Freeze returns
	// what was kept.
	SetFreeze(ctx context.Context, f *cronsole.Freeze) error
	Freeze(ctx context.Context) (*cronsole.Freeze, error)
	// Purge takes one small step of retention and reports whether more is left.
	Purge(ctx context.Context, now time.Time) (more bool, err error)
}

// Executor carries attempts out in bounded slots.
type Executor interface {
	// Acquire takes a slot for a run of the code without waiting; false when
	// there is none. Release gives it back.
	Acquire(code string) bool
	Release(code string)
	// Slots returns how many slots are taken, and how many there are.
	Slots() (used, total int)
	// Execute carries one attempt out. It returns when the attempt has ended,
	// which it does when ctx is cancelled; the cause of ctx says why.
	Execute(ctx context.Context, e cronsole.Execution) cronsole.Outcome
	// EndOrphans ends what an earlier life of the console left running and
	// says per run what it found.
	EndOrphans(ctx context.Context, processes []cronsole.Process) (map[int64]string, error)
}

// Codes is what is deployed.
type Codes interface {
	Code(name string) (*cronsole.Code, bool)
	Codes() []*cronsole.Code
}
