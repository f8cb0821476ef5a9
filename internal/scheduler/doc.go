// Package scheduler holds the use cases of the console and the engine that
// fires jobs.
//
// go-quartz is the alarm clock: it rings when the earliest wake of the heap in
// queue.go has come. What a ring means is decided here. The engine (engine.go)
// collects everything that is due, plans it in memory (plan.go), writes rows
// and cursors in one transaction, and only then starts what was written
// (runs.go) or lets it wait for its turn (waiting.go).
package scheduler
