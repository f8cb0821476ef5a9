package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"cronsole/internal/cronsole"
)

const (
	// maxGroup bounds how many callers share one commit, and so how long the
	// first of them waits.
	maxGroup = 512

	// The WAL is emptied by SQLite's ordinary checkpoints, which reuse the file
	// without shrinking it. It is cut back when nobody is writing, or at
	// walLimit: cutting it under load costs every caller of that moment.
	walLimit    = 256 << 20
	walIdleSize = 4 << 20
	walIdle     = 2 * time.Second
	walRetry    = 200 // commits between two tries over the limit

	// truncateBusy is how long a cut may wait for a reader, in milliseconds.
	truncateBusy = 50
)

// errClosed is what a write after Close gets.
var errClosed = &cronsole.Error{Kind: cronsole.Unavailable, Message: "The console is shutting down, so nothing can be recorded."}

// tx is the group's transaction as an operation sees it. It has no context:
// whatever an operation began is finished with its group.
type tx struct{ conn *sql.Conn }

func (t tx) exec(query string, args ...any) (sql.Result, error) {
	return t.conn.ExecContext(context.Background(), query, args...)
}

// changed runs a statement and returns how many rows it changed.
func (t tx) changed(query string, args ...any) (int64, error) {
	res, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t tx) query(query string, args ...any) (*sql.Rows, error) {
	return t.conn.QueryContext(context.Background(), query, args...)
}

func (t tx) queryRow(query string, args ...any) *sql.Row {
	return t.conn.QueryRowContext(context.Background(), query, args...)
}

// op is what one caller wants to be written.
type op struct {
	ctx  context.Context
	fn   func(tx) error
	err  error
	done chan struct{}
}

// writer carries out operations, those that wait together in one transaction.
type writer struct {
	store *Store
	conn  *sql.Conn

	mu     sync.Mutex
	queue  []*op
	closed bool
	wake   chan struct{} // holds one token when the queue or closed changed
	quit   chan struct{} // closed when the goroutine has ended

	dirty   bool // written since the WAL was last cut
	commits int  // since the last try to cut it over the limit
}

func startWriter(ctx context.Context, s *Store) (*writer, error) {
	conn, err := s.writeDB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	w := &writer{
		store: s, conn: conn,
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
		dirty: true, commits: walRetry,
	}
	go w.run()
	return w, nil
}

// write queues fn and returns after its group has been committed. What fn does
// is done wholly or not at all. fn may run more than once, so it sets what it
// computes and never adds to it; the caller hands results on only after a nil
// error. A ctx that ends before fn is begun cancels it; after that the answer is
// awaited, so that an error always means that nothing was written.
func (s *Store) write(ctx context.Context, fn func(tx) error) error {
	return s.writer.do(&op{ctx: ctx, fn: fn, done: make(chan struct{})})
}

func (w *writer) do(o *op) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.queue = append(w.queue, o)
	w.mu.Unlock()
	w.signal()
	<-o.done
	return o.err
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// stop refuses new operations, waits for the queued ones and gives the
// connection back.
func (w *writer) stop() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.quit
	return w.conn.Close()
}

func (w *writer) take() (group []*op, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), maxGroup)
	group = w.queue[:n:n]
	w.queue = w.queue[n:]
	if len(w.queue) == 0 {
		w.queue = nil
	}
	return group, w.closed
}

func (w *writer) run() {
	defer close(w.quit)
	for {
		group, closed := w.take()
		switch {
		case len(group) > 0:
			w.commitGroup(group)
			w.limitWAL()
		case closed:
			return
		default:
			w.wait()
		}
	}
}

// wait sleeps until something is queued. A WAL that grew is cut meanwhile; the
// timer runs only then, so that an idle console does not wake up.
func (w *writer) wait() {
	if !w.dirty {
		<-w.wake
		return
	}
	timer := time.NewTimer(walIdle)
	defer timer.Stop()
	select {
	case <-w.wake:
	case <-timer.C:
		w.dirty = w.walSize() > walIdleSize && !w.truncateWAL()
	}
}

// commitGroup carries out the operations, if all goes well in one transaction,
// and tells their callers.
func (w *writer) commitGroup(group []*op) {
	live := group[:0:0]
	for _, o := range group {
		if o.err = o.ctx.Err(); o.err == nil {
			live = append(live, o)
		}
	}
	w.carryOut(live)
	for _, o := range group {
		close(o.done)
	}
}

func (w *writer) carryOut(group []*op) {
	for len(group) > 0 {
		group = group[w.transact(group):]
	}
}

// transact carries out operations in one transaction and returns how many have
// their answer. When one fails the transaction is undone, so that nothing of it
// remains, and those before it are carried out again: no operation is begun more
// than twice for the failures of others, and the ones that succeed, nearly all,
// need no savepoint.
func (w *writer) transact(group []*op) int {
	if err := w.plain("BEGIN IMMEDIATE"); err != nil {
		w.rollback()
		w.failAll(group, err)
		return len(group)
	}
	for i, o := range group {
		if o.err = o.fn(tx{w.conn}); o.err != nil {
			w.rollback()
			w.note(o.err)
			w.carryOut(group[:i])
			return i + 1
		}
	}
	if err := w.plain("COMMIT"); err != nil {
		w.rollback()
		w.failAll(group, err)
		return len(group)
	}
	w.dirty = true
	w.commits++
	w.store.trouble.Store(nil)
	return len(group)
}

func (w *writer) failAll(group []*op, err error) {
	err = failed(err, "commit")
	for _, o := range group {
		o.err = err
	}
	w.note(err)
}

// note keeps the sentence about a store that cannot write, for the readiness
// page.
func (w *writer) note(err error) {
	if e, ok := errors.AsType[*cronsole.Error](failed(err, "write")); ok && e.Kind == cronsole.Unavailable {
		w.store.trouble.Store(e)
	}
}

func (w *writer) plain(query string) error {
	_, err := w.conn.ExecContext(context.Background(), query)
	return err
}

// rollback ends a transaction that could not be committed, if there is one.
func (w *writer) rollback() {
	if w.autoCommit() {
		return
	}
	if err := w.plain("ROLLBACK"); err != nil {
		w.store.log.Error("transaction not rolled back", "error", err)
	}
}

// autoCommit reports whether no transaction is open.
func (w *writer) autoCommit() bool {
	auto := true
	err := w.conn.Raw(func(c any) error {
		auto = c.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	})
	return err != nil || auto
}

func (w *writer) walSize() int64 {
	info, err := os.Stat(w.store.path + "-wal")
	if err != nil {
		return 0 // there is none yet
	}
	return info.Size()
}

func (w *writer) limitWAL() {
	if w.commits < walRetry {
		return
	}
	w.commits = 0
	if w.walSize() > walLimit {
		w.truncateWAL()
	}
}

// truncateWAL moves the WAL into the database and cuts the file; false when a
// reader was in the way.
func (w *writer) truncateWAL() bool {
	if err := w.plain(fmt.Sprintf("PRAGMA busy_timeout = %d", truncateBusy)); err != nil {
		return false
	}
	var busy, log, moved int
	err := w.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if back := w.plain("PRAGMA busy_timeout = " + writeParams["_busy_timeout"]); back != nil {
		err = errors.Join(err, back)
	}
	if err != nil {
		w.store.log.Warn("write-ahead log not emptied", "error", err)
		return false
	}
	return busy == 0
}
