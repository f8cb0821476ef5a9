// Package testkit holds what the tests of several packages share.
package testkit

import (
	"os"
	"strconv"
	"testing"
	"time"

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

// Seed returns what a randomised proof draws its choices from, and logs how to
// replay it: CRONSOLE_TEST_SEED when that is set, something new otherwise.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CRONSOLE_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("CRONSOLE_TEST_SEED: %v", err)
		}
	}
	t.Logf("replay with CRONSOLE_TEST_SEED=%d", seed)
	return seed
}

// Scale is how many times larger than in CI a proof is to be: CRONSOLE_TEST_SCALE,
// or 1.
func Scale(t testing.TB) int {
	t.Helper()
	text := os.Getenv("CRONSOLE_TEST_SCALE")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("CRONSOLE_TEST_SCALE is %q; write a whole number from 1 on", text)
	}
	return n
}
