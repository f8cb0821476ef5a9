package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"
)

// livingCounter remembers how many jobs are not deleted. SQLite counts by
// walking an index, which for 100,000 jobs takes longer than the rest of a page.
type livingCounter struct {
	current atomic.Pointer[livingCount]
}

// livingCount is the count between two changes of it; 0 until somebody asked,
// plus one.
type livingCount struct{ plusOne atomic.Int64 }

// changed forgets the count. Whoever adds, deletes or brings back jobs calls it
// after the commit, before the caller hears of it.
func (l *livingCounter) changed() { l.current.Store(&livingCount{}) }

// before is to be called before a transaction that counts: what it sees is then
// at least as new as the count.
func (l *livingCounter) before() *livingCount {
	for {
		if c := l.current.Load(); c != nil {
			return c
		}
		l.current.CompareAndSwap(nil, &livingCount{})
	}
}

func (c *livingCount) get(ctx context.Context, tx *sql.Tx) (int, error) {
	if n := c.plusOne.Load(); n > 0 {
		return int(n - 1), nil
	}
	var n int64
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM jobs WHERE state <> 'deleted'`).Scan(&n); err != nil {
		return 0, err
	}
	c.plusOne.Store(n + 1)
	return int(n), nil
}
