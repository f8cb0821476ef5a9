package views

import (
	"fmt"
	"math"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// sparkRuns is how many runs the small chart of a row has room for.
const sparkRuns = 24

// spark is the chart of a row: one path per outcome, so that a row stays small.
type spark struct {
	ok, fail, run, hollow, rest string
	label                       string
}

// newSpark draws the past runs, the newest at the right, and one bar for a run
// that is going on. A failed run has full height; one that was skipped or
// interrupted is hollow; places that no run has taken yet are dots.
func newSpark(recent []RunMark, running bool) spark {
	room := sparkRuns
	if running {
		room--
	}
	if len(recent) > room {
		recent = recent[len(recent)-room:]
	}
	var longest time.Duration
	for i := range recent {
		longest = max(longest, recent[i].Took)
	}
	var s spark
	for i := range room - len(recent) {
		s.rest += fmt.Sprintf("M%d 18v-1", 2+5*i)
	}
	for i := range recent {
		s.draw(&recent[i], 2+5*(room-len(recent)+i), longest)
	}
	if running {
		s.run = fmt.Sprintf("M%d 18v-14", 2+5*room)
	}
	s.label = sparkLabel(recent, running)
	return s
}

func (s *spark) draw(m *RunMark, x int, longest time.Duration) {
	switch m.State {
	case cronsole.Succeeded:
		s.ok += fmt.Sprintf("M%d 18v-%d", x, barHeight(m.Took, longest))
	case cronsole.Failed, cronsole.TimedOut:
		s.fail += fmt.Sprintf("M%d 18v-18", x)
	case cronsole.Skipped:
		s.hollow += fmt.Sprintf("M%d.5 13.5h2v4h-2z", x-2)
	default:
		s.hollow += fmt.Sprintf("M%d.5 7.5h2v10h-2z", x-2)
	}
}

// barHeight puts durations on a scale of roots, so that the short ones among
// long ones can still be seen.
func barHeight(took, longest time.Duration) int {
	if longest <= 0 {
		return 4
	}
	return 4 + int(math.Round(9*math.Sqrt(float64(took)/float64(longest))))
}

func sparkLabel(recent []RunMark, running bool) string {
	if len(recent) == 0 && !running {
		return "no runs yet"
	}
	counts := map[cronsole.State]int{}
	for i := range recent {
		counts[recent[i].State]++
	}
	parts := []string{fmt.Sprintf("%d of %d succeeded", counts[cronsole.Succeeded], len(recent))}
	for _, st := range []cronsole.State{cronsole.Failed, cronsole.TimedOut, cronsole.Cancelled, cronsole.Interrupted, cronsole.Skipped} {
		if n := counts[st]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(StateWord(st))))
		}
	}
	if running {
		parts = append(parts, "1 running now")
	}
	return strings.Join(parts, ", ")
}
