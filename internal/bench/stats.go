package bench

import (
	"slices"
	"time"
)

// Delays sums up how long things took, in milliseconds.
type Delays struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// sumUp sorts all and returns what they amount to.
func sumUp(all []time.Duration) Delays {
	if len(all) == 0 {
		return Delays{}
	}
	slices.Sort(all)
	return Delays{
		Count: len(all),
		P50:   milliseconds(percentile(all, 50)),
		P99:   milliseconds(percentile(all, 99)),
		Max:   milliseconds(all[len(all)-1]),
	}
}

// percentile is the smallest of the sorted values that p of a hundred do not
// exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
