// Package jobs is the deployed code: one folder per code, named after it. A
// folder holds either an executable file called main or main.* (a shell or
// Python script, a compiled program), which needs no build of the console, or
// main.go with a function Call, which is compiled in. After adding, renaming
// or removing one written in Go, run go generate ./jobs and build again.
package jobs

//go:generate go run ../internal/jobsgen
