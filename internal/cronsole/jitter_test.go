package cronsole

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestJitterIsWithinItsBoundsAndAlwaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Int64().Draw(t, "job")
		due := time.UnixMilli(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "due"))
		jitter := Duration(rapid.Int64Range(0, int64(maxDuration)).Draw(t, "jitter"))
		offset := JitterOffset(key, due, jitter)
		if offset < 0 || offset > 0 && offset >= time.Duration(jitter) || offset%time.Millisecond != 0 {
			t.Fatalf("JitterOffset(%d, %s, %s) = %s", key, due, jitter, offset)
		}
		if again := JitterOffset(key, due.UTC(), jitter); again != offset {
			t.Fatalf("JitterOffset(%d, %s, %s) = %s, then %s", key, due, jitter, offset, again)
		}
	})
}

func TestJitterIsZeroWithoutAWholeMillisecond(t *testing.T) {
	for _, jitter := range []Duration{0, -1, Duration(-time.Hour), Duration(time.Millisecond - 1), Duration(time.Millisecond)} {
		for key := range int64(50) {
			if offset := JitterOffset(key, benchNow, jitter); offset != 0 {
				t.Errorf("job %d with jitter of %d ns starts %s late", key, jitter, offset)
			}
		}
	}
}

// The offsets are part of the ledger's history: another version of the program
// must not give a due instant another start.
func TestJitterOfAGivenInstantNeverChanges(t *testing.T) {
	for key, want := range map[int64]time.Duration{
		1:       38*time.Minute + 41283*time.Millisecond,
		2:       48*time.Minute + 36592*time.Millisecond,
		1 << 40: 27*time.Minute + 37836*time.Millisecond,
	} {
		if got := JitterOffset(key, benchNow, Duration(time.Hour)); got != want {
			t.Errorf("job %d starts %s late, want %s", key, got, want)
		}
	}
}

// Many jobs at one instant, and one job at many, fill every part of the
// jitter: each tenth gets a tenth of the starts, give or take a fifth.
func TestJitterSpreadsStartsEvenly(t *testing.T) {
	const n = 10_000
	tests := map[string]func(i int) time.Duration{
		"many jobs at one instant": func(i int) time.Duration { return JitterOffset(int64(i), benchNow, Duration(time.Minute)) },
		"one job every minute": func(i int) time.Duration {
			return JitterOffset(7, benchNow.Add(time.Duration(i)*time.Minute), Duration(time.Minute))
		},
		"one job every day": func(i int) time.Duration {
			return JitterOffset(7, benchNow.Add(time.Duration(i)*day), Duration(time.Minute))
		},
	}
	for name, offset := range tests {
		t.Run(name, func(t *testing.T) {
			var tenths [10]int
			for i := range n {
				tenths[offset(i)/(6*time.Second)]++
			}
			for _, got := range tenths {
				if got < n/10*4/5 || got > n/10*6/5 {
					t.Fatalf("starts in each tenth: %v", tenths)
				}
			}
		})
	}
}
