package cronsole

import "sync/atomic"

// Revision counts changes of what the console shows. Whoever commits a change
// of jobs, runs or deployed code bumps it; pages build their ETag from it, so
// that an unchanged page is answered without a query. It carries no data.
type Revision struct{ n atomic.Uint64 }

// Bump says that something changed.
func (r *Revision) Bump() { r.n.Add(1) }

// Current returns the number of changes so far.
func (r *Revision) Current() uint64 { return r.n.Load() }
