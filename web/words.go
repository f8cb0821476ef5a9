package web

import (
	"slices"
	"strings"
	"unicode/utf8"
)

func known(words []string, w string) bool { return slices.Contains(words, w) }

// listed is a list for people: "a, b or c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// validText reports whether s is text without control bytes.
func validText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
