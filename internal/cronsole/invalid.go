package cronsole

import (
	"fmt"
	"strings"
)

// invalid makes an *Error about values that cannot be accepted.
func invalid(message string, fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// problems collects what is wrong with the values of one request, in the order
// in which it is found.
type problems []FieldError

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// err returns nil when nothing was wrong.
func (p problems) err(message string) error {
	if len(p) == 0 {
		return nil
	}
	return invalid(message, p...)
}

// DidYouMean returns the candidate that is closest to a mistyped word; empty
// when none is close. Case and the signs - and _ make no difference.
func DidYouMean(word string, candidates []string) string {
	plain := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(word))
	if len(plain) > 40 {
		return ""
	}
	best, least := "", 3
	for _, c := range candidates {
		if d := editDistance(plain, c); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}

// editDistance counts the letters to add, drop or change between two words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
