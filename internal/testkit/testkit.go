// Package testkit holds what the tests of several packages share.
package testkit

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and fails when they leave a goroutine
// behind. Every TestMain calls it. fasthttp keeps goroutines for the life of the
// process: the one that formats the Date header, those that compress, and the
// reaper of its worker pool, which ends some time after its server.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
	)
}
