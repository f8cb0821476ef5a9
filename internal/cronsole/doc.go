// Package cronsole is the domain: what a job, a trigger and a run are, which
// words and numbers people may write for them, and when a job fires. It does
// no I/O and imports the standard library only; every other package of the
// program points here.
package cronsole
