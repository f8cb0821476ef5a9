package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// pollEvery is how often the ledger is looked at, and so how much too long a
// durable delay can be.
const pollEvery = 50 * time.Millisecond

// watch reads the ledger while the console writes it, each row once when it
// appears and again until it is final. A reader sees a row only after it has
// reached the disk, so the time of the look at which it was first seen final is
// one at which it was durable.
type watch struct {
	db          *sql.DB
	from, until int64 // due instants that count, in milliseconds

	newest  int64          // id that was seen
	pending map[int64]bool // seen, not final

	accounted int64            // due instants that a final row stands for
	outcomes  map[string]int64 // the same by state, or reason of a skip
	start     []time.Duration  // from due to started
	durable   []time.Duration  // from due to seen final
	within    int64            // how many of them finished before until
}

// watchLedger begins to look at rows that are made from now on, of instants that
// are due from the first time up to, not including, the second.
func (s *session) watchLedger(ctx context.Context, from, until time.Time) (*watch, error) {
	db, err := sql.Open("sqlite3", "file:"+s.ledger()+"?mode=rw&_query_only=1&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &watch{db: db, from: from.UnixMilli(), until: until.UnixMilli(), pending: map[int64]bool{}, outcomes: map[string]int64{}}
	if err := db.QueryRowContext(ctx, `SELECT ifnull(max(id), 0) FROM runs`).Scan(&w.newest); err != nil {
		return nil, errors.Join(fmt.Errorf("read the ledger: %w", err), db.Close())
	}
	return w, nil
}

const (
	outcomeColumns = `id, due, ifnull(started_at, 0), ifnull(finished_at, 0), count, iif(state = 'skipped', 'skipped (' || reason || ')', state)`
	newRowsSQL     = `SELECT ` + outcomeColumns + ` FROM runs WHERE id > ? AND cause = 'schedule' ORDER BY id`
	pendingRowsSQL = `SELECT ` + outcomeColumns + ` FROM runs WHERE id IN (SELECT value FROM json_each(?)) AND finished_at IS NOT NULL`
)

// poll looks at the ledger once.
func (w *watch) poll(ctx context.Context) error {
	ids := make([]int64, 0, len(w.pending))
	for id := range w.pending {
		ids = append(ids, id)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		if err := w.read(ctx, pendingRowsSQL, string(list)); err != nil {
			return err
		}
	}
	return w.read(ctx, newRowsSQL, w.newest)
}

func (w *watch) read(ctx context.Context, query string, arg any) (err error) {
	rows, err := w.db.QueryContext(ctx, query, arg)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	first := len(w.durable)
	for rows.Next() {
		var id, due, started, finished, n int64
		var outcome sql.RawBytes
		if err := rows.Scan(&id, &due, &started, &finished, &n, &outcome); err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		w.newest = max(w.newest, id)
		if due < w.from || due >= w.until {
			continue
		}
		if finished == 0 {
			w.pending[id] = true
			continue
		}
		delete(w.pending, id)
		w.accounted += n
		w.outcomes[string(outcome)] += n
		if started > 0 {
			if finished < w.until {
				w.within++
			}
			w.start = append(w.start, time.Duration(started-due)*time.Millisecond)
			w.durable = append(w.durable, time.Duration(due)) // until the look is over
		}
	}
	seen := time.Now().UnixMilli()
	for i := first; i < len(w.durable); i++ {
		w.durable[i] = time.Duration(seen-int64(w.durable[i])) * time.Millisecond
	}
	return rows.Err()
}

// pollUntil looks at the ledger until done, calling each after every look.
func (w *watch) pollUntil(ctx context.Context, deadline time.Time, done func() bool, each func() error) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for !done() && time.Now().Before(deadline) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := w.poll(ctx); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) close() error { return w.db.Close() }
