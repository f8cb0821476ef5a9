package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// The drawing area of the duration chart, in its own units.
const (
	chartWidth  = 720
	chartLeft   = 42
	chartBottom = 110
	chartTop    = 18
	chartStep   = 17
	chartBar    = 9
)

// chartBarView is one run in the duration chart. Height tells the duration,
// shape and colour the outcome.
type chartBarView struct {
	url, title   string
	class        string
	x, y, height string
	cross        string // path of the cross over a failed run
}

// chartLine is a line of the scale, or a text of an axis.
type chartLine struct{ x, y, textY, label, anchor string }

// chart is the durations of the latest runs of a job.
type chart struct {
	bars    []chartBarView
	scale   []chartLine
	medianY string
	median  string
	label   string
	axis    []chartLine // ids of the first, middle and last run
}

// newChart draws the latest runs, oldest first.
func newChart(marks []RunMark, median time.Duration) chart {
	var longest time.Duration
	for i := range marks {
		longest = max(longest, marks[i].Took)
	}
	top := niceCeil(max(longest, median))
	y := func(d time.Duration) float64 {
		return chartBottom - float64(chartBottom-chartTop)*min(1, float64(d)/float64(top))
	}
	var c chart
	for i := range marks {
		c.bars = append(c.bars, newBar(&marks[i], chartLeft+chartStep*i, y(marks[i].Took)))
	}
	for _, part := range []time.Duration{0, top / 2, top} {
		label := "0"
		if part > 0 {
			label = Took(part)
		}
		c.scale = append(c.scale, chartLine{y: num(y(part)), textY: num(y(part) + 4), label: label})
	}
	if median > 0 {
		c.medianY, c.median = num(y(median)), Took(median)
	}
	for _, i := range axisTicks(len(marks)) {
		anchor := "start"
		if i > 0 && i == len(marks)-1 && i > 5 {
			anchor = "end"
		}
		x := chartLeft + chartStep*i
		if anchor == "end" {
			x += chartBar
		}
		c.axis = append(c.axis, chartLine{x: strconv.Itoa(x), label: "#" + strconv.FormatInt(marks[i].ID, 10), anchor: anchor})
	}
	c.label = chartLabel(marks, median)
	return c
}

func newBar(m *RunMark, x int, top float64) chartBarView {
	b := chartBarView{
		url: "/runs/" + strconv.FormatInt(m.ID, 10), title: m.Title(), class: "m-ok",
		x: strconv.Itoa(x), y: num(min(top, chartBottom-3)), height: num(max(3, chartBottom-top)),
	}
	switch m.State {
	case cronsole.Succeeded:
	case cronsole.Failed, cronsole.TimedOut:
		b.class = "m-fail"
		at := min(top, chartBottom-3) - 9
		b.cross = fmt.Sprintf("M%d %sl7 6m0-6l-7 6", x+1, num(at))
	default:
		b.class = "m-skip"
		h := max(8, chartBottom-top-1)
		b.x, b.y, b.height = num(float64(x)+0.5), num(chartBottom-h-0.5), num(h)
	}
	return b
}

// axisTicks are the bars whose run is named under the chart.
func axisTicks(n int) []int {
	switch {
	case n == 0:
		return nil
	case n < 6:
		return []int{0}
	case n < 18:
		return []int{0, n - 1}
	}
	return []int{0, n / 2, n - 1}
}

// niceCeil is the smallest round duration that d fits under, so that the scale
// has numbers that a person can halve.
func niceCeil(d time.Duration) time.Duration {
	steps := []time.Duration{
		10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 4 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 4 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
	for _, s := range steps {
		if d <= s {
			return s
		}
	}
	const day = 24 * time.Hour
	days := (d + day - 1) / day
	return days * day
}

func num(f float64) string {
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}

func chartLabel(marks []RunMark, median time.Duration) string {
	counts := map[cronsole.State]int{}
	for i := range marks {
		counts[marks[i].State]++
	}
	parts := []string{"Duration of the last " + Plural(len(marks), "run")}
	if median > 0 {
		parts = append(parts, "median "+Took(median))
	}
	for _, st := range []cronsole.State{cronsole.Failed, cronsole.TimedOut, cronsole.Cancelled, cronsole.Interrupted, cronsole.Skipped} {
		if n := counts[st]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+strings.ToLower(StateWord(st)))
		}
	}
	return strings.Join(parts, ", ")
}
