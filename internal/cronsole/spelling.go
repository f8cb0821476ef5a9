package cronsole

import "strings"

// DidYouMean returns the candidate that is closest to a mistyped word; empty
// when none is close. Case and the signs - and _ make no difference.
func DidYouMean(word string, candidates []string) string {
	plain := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(word))
	if len(plain) > 40 {
		return ""
	}
	best, least := "", 3
	for _, c := range candidates {
		// Two slips in a word of four letters would match almost anything.
		if d := EditDistance(plain, c); d < least && d*3 <= len(c) {
			best, least = c, d
		}
	}
	return best
}

// maxCompared bounds what EditDistance looks at, so that it needs no memory.
const maxCompared = 128

// EditDistance counts the bytes to add, drop or change to turn a into b. It
// compares the first 128 of each.
func EditDistance(a, b string) int {
	var rows [maxCompared + 1]int
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	row := rows[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
