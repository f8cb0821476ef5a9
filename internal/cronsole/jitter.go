package cronsole

import "time"

// JitterOffset is hash(job key, due) mod jitter: the same at every call, on
// every machine. It is a whole number of milliseconds, at least 0 and less
// than jitter; 0 when jitter is below a millisecond.
func JitterOffset(jobKey int64, due time.Time, jitter Duration) time.Duration {
	n := uint64(time.Duration(jitter) / time.Millisecond)
	if jitter <= 0 || n == 0 {
		return 0
	}
	h := mix(mix(uint64(jobKey)) ^ uint64(due.UnixMilli()))
	return time.Duration(h%n) * time.Millisecond
}

// mix is the finaliser of SplitMix64: neighbouring inputs give unrelated outputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
