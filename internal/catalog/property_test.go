package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var soundLines = []string{
	"hour=9-17/2", "minute=*/15", "day_of_week=mon-fri", "second=0", "timezone=Europe/Berlin", "start_date=2026-01-01",
	`args=["a b", 1, {"k": null}]`, "timeout=15m", "tags=a,b", "pass_env=TOKEN", "isolation=inline", "enabled=false",
	"description=x = y # z",
}

// scattered draws sound lines in any order, with what does not count between
// them, and one of the line ends.
func scattered(t *rapid.T) (lines []string, end string) {
	idle := rapid.SampledFrom([]string{"", " ", "\t", "# a comment", "  #", "# hour=1"})
	idles := rapid.SliceOfN(idle, 0, 3)
	lines = append(idles.Draw(t, "before the type"), "cron")
	for _, l := range rapid.Permutation(soundLines).Draw(t, "lines") {
		lines = append(lines, idles.Draw(t, "idle")...)
		k, v, _ := strings.Cut(l, "=")
		blank := rapid.SampledFrom([]string{"", " ", "\t ", "   "})
		lines = append(lines, blank.Draw(t, "b1")+k+blank.Draw(t, "b2")+"="+blank.Draw(t, "b3")+v+blank.Draw(t, "b4"))
	}
	return lines, rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")
}

func TestOrderBlanksAndLineEndsDoNotMatter(t *testing.T) {
	want, fault := Parse([]byte("cron\n" + strings.Join(soundLines, "\n")))
	if fault != nil {
		t.Fatalf("line %d: %v", fault.Line, fault)
	}
	rapid.Check(t, func(t *rapid.T) {
		lines, end := scattered(t)
		mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "byte order mark")
		got, fault := Parse([]byte(mark + strings.Join(lines, end)))
		if fault != nil {
			t.Fatalf("line %d: %v", fault.Line, fault)
		}
		got.lines, want.lines = nil, nil
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Parsed{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFirstFaultyLineIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, end := scattered(t)
		typ := 0
		for lines[typ] != "cron" {
			typ++
		}
		faulty := rapid.SampledFrom([]string{
			"week=54", "year=abc", "month=13", "jitter=soon", "keep_runs=-1", "overlap=perhaps", "wek=1", "nothing", "=1", "week=", "\x00",
			"misfire=\xff", "interval", "renice=3", "end_date=tomorrow", "expression=1 2 3",
		})
		places := rapid.SliceOfNDistinct(rapid.IntRange(typ+1, len(lines)), 1, 3, rapid.ID).Draw(t, "places")
		low := len(lines) + 1
		for _, p := range places {
			low = min(low, p)
		}
		for i := len(lines); i > typ; i-- { // from the end, so that places stay
			for _, p := range places {
				if p == i {
					lines = append(lines[:i:i], append([]string{faulty.Draw(t, "fault")}, lines[i:]...)...)
				}
			}
		}
		_, fault := Parse([]byte(strings.Join(lines, end)))
		if fault == nil || fault.Line != low+1 {
			t.Fatalf("%+v, want line %d of %q", fault, low+1, lines)
		}
	})
}
