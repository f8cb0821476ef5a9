package cronsole

import (
	"testing"

	"pgregory.net/rapid"
)

func TestEditDistanceIsAMetric(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab, ba, bc, ac := EditDistance(a, b), EditDistance(b, a), EditDistance(b, c), EditDistance(a, c)
		if (ab == 0) != (a == b) || ab != ba || ac > ab+bc {
			t.Fatalf("%q %q %q: %d %d %d %d", a, b, c, ab, ba, bc, ac)
		}
	})
}

func TestDidYouMean(t *testing.T) {
	words := []string{"hour", "minute", "day_of_week", "timeout", "tags"}
	tests := map[string]string{
		"hours": "hour", "Minute": "minute", "day-of-week": "day_of_week", "timeuot": "timeout",
		"": "", "tg": "", "something else entirely": "",
	}
	for word, want := range tests {
		if got := DidYouMean(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
