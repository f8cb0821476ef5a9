package views

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

func marks(states ...cronsole.State) (list []RunMark) {
	for i, s := range states {
		list = append(list, RunMark{ID: int64(i + 1), State: s, Took: time.Duration(i+1) * time.Second})
	}
	return list
}

func TestASparklineHasAPlaceForEachRun(t *testing.T) {
	const ok, failed, skipped = cronsole.Succeeded, cronsole.Failed, cronsole.Skipped
	dots := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "M%d 18v-1", 2+5*i)
		}
		return b.String()
	}
	tests := map[string]struct {
		recent  []RunMark
		running bool
		want    spark
	}{
		"nothing yet": {nil, false, spark{rest: dots(24), label: "no runs yet"}},
		"first run":   {nil, true, spark{rest: dots(23), run: "M117 18v-14", label: "0 of 0 succeeded, 1 running now"}},
		"one": {
			marks(ok), false,
			spark{rest: dots(23), ok: "M117 18v-13", label: "1 of 1 succeeded"},
		},
		"the longest is the highest": {
			marks(ok, ok, ok, ok), false,
			spark{rest: dots(20), ok: "M102 18v-9M107 18v-10M112 18v-12M117 18v-13", label: "4 of 4 succeeded"},
		},
		"each outcome has its shape": {
			marks(ok, failed, cronsole.TimedOut, skipped, cronsole.Cancelled, cronsole.Interrupted), true,
			spark{
				rest: dots(17), ok: "M87 18v-8", fail: "M92 18v-18M97 18v-18", hollow: "M100.5 13.5h2v4h-2zM105.5 7.5h2v10h-2zM110.5 7.5h2v10h-2z", run: "M117 18v-14",
				label: "1 of 6 succeeded, 1 failed, 1 timed out, 1 cancelled, 1 interrupted, 1 skipped, 1 running now",
			},
		},
		"took no time": {
			[]RunMark{{State: ok}, {State: ok}},
			false,
			spark{rest: dots(22), ok: "M112 18v-4M117 18v-4", label: "2 of 2 succeeded"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, newSpark(tt.recent, tt.running), cmp.AllowUnexported(spark{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestASparklineShowsTheNewest when there are more than it has room for.
func TestASparklineShowsTheNewest(t *testing.T) {
	states := append([]cronsole.State{cronsole.Failed, cronsole.Failed}, make([]cronsole.State, 23)...)
	for i := 2; i < len(states); i++ {
		states[i] = cronsole.Succeeded
	}
	for running, want := range map[bool]string{false: "23 of 24 succeeded, 1 failed", true: "23 of 23 succeeded, 1 running now"} {
		s := newSpark(marks(states...), running)
		if s.label != want || s.rest != "" {
			t.Errorf("running %v: %q, rest %q", running, s.label, s.rest)
		}
	}
}

func TestBarsStayInTheirBox(t *testing.T) {
	for took := time.Duration(0); took <= time.Hour; took += 7 * time.Second {
		if h := barHeight(took, time.Hour); h < 4 || h > 13 {
			t.Errorf("%s of an hour is %d high", took, h)
		}
	}
}

func TestADurationChart(t *testing.T) {
	bar := func(id int, x, y, height, class, cross string) chartBarView {
		return chartBarView{url: fmt.Sprintf("/runs/%d", id), class: class, x: x, y: y, height: height, cross: cross}
	}
	tests := map[string]struct {
		marks  []RunMark
		median time.Duration
		want   chart
	}{
		"each outcome": {
			marks(cronsole.Succeeded, cronsole.Failed, cronsole.Skipped, cronsole.Interrupted), 2 * time.Second,
			chart{
				bars: []chartBarView{
					bar(1, "42", "87", "23", "m-ok", ""),
					bar(2, "59", "64", "46", "m-fail", "M60 55l7 6m0-6l-7 6"),
					bar(3, "76.5", "41.5", "68", "m-skip", ""),
					bar(4, "93.5", "18.5", "91", "m-skip", ""),
				},
				scale:   []chartLine{{y: "110", textY: "114", label: "0"}, {y: "64", textY: "68", label: "2.0 s"}, {y: "18", textY: "22", label: "4.0 s"}},
				medianY: "64", median: "2.0 s",
				label: "Duration of the last 4 runs, median 2.0 s, 1 failed, 1 interrupted, 1 skipped",
				axis:  []chartLine{{x: "42", label: "#1", anchor: "start"}},
			},
		},
		"no time at all": {
			[]RunMark{{ID: 9, State: cronsole.Succeeded}, {ID: 10, State: cronsole.Skipped}, {ID: 11, State: cronsole.TimedOut}},
			0,
			chart{
				bars: []chartBarView{
					bar(9, "42", "107", "3", "m-ok", ""),
					bar(10, "59.5", "101.5", "8", "m-skip", ""),
					bar(11, "76", "107", "3", "m-fail", "M77 98l7 6m0-6l-7 6"),
				},
				scale: []chartLine{{y: "110", textY: "114", label: "0"}, {y: "64", textY: "68", label: "5 ms"}, {y: "18", textY: "22", label: "10 ms"}},
				label: "Duration of the last 3 runs, 1 timed out, 1 skipped",
				axis:  []chartLine{{x: "42", label: "#9", anchor: "start"}},
			},
		},
		"a median above all": {
			[]RunMark{{ID: 1, State: cronsole.Succeeded, Took: time.Second}},
			time.Minute,
			chart{
				bars:    []chartBarView{bar(1, "42", "107", "3", "m-ok", "")},
				scale:   []chartLine{{y: "110", textY: "114", label: "0"}, {y: "64", textY: "68", label: "30.0 s"}, {y: "18", textY: "22", label: "1 min"}},
				medianY: "18", median: "1 min", label: "Duration of the last 1 run, median 1 min", axis: []chartLine{{x: "42", label: "#1", anchor: "start"}},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for i := range tt.want.bars {
				tt.want.bars[i].title = tt.marks[i].Title()
			}
			if diff := cmp.Diff(tt.want, newChart(tt.marks, tt.median), cmp.AllowUnexported(chart{}, chartBarView{}, chartLine{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAFullChartFitsItsBox: the last of forty bars ends before the edge, and
// its run is named at the end of the axis.
func TestAFullChartFitsItsBox(t *testing.T) {
	states := make([]cronsole.State, 40)
	for i := range states {
		states[i] = cronsole.Succeeded
	}
	c := newChart(marks(states...), time.Second)
	if last := c.bars[39].x; last != "705" { // and 9 wide, of 720
		t.Errorf("the last bar is at %s", last)
	}
	want := []chartLine{{x: "42", label: "#1", anchor: "start"}, {x: "382", label: "#21", anchor: "start"}, {x: "714", label: "#40", anchor: "end"}}
	if diff := cmp.Diff(want, c.axis, cmp.AllowUnexported(chartLine{})); diff != "" {
		t.Errorf("axis (-want +got):\n%s", diff)
	}
}

func TestTheAxisNamesAFewRuns(t *testing.T) {
	for n, want := range map[int][]int{0: nil, 1: {0}, 5: {0}, 6: {0, 5}, 17: {0, 16}, 18: {0, 9, 17}, 40: {0, 20, 39}} {
		if diff := cmp.Diff(want, axisTicks(n)); diff != "" {
			t.Errorf("%d runs (-want +got):\n%s", n, diff)
		}
	}
}

func TestTheScaleEndsAtARoundDuration(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]time.Duration{
		0: 10 * time.Millisecond, 10 * time.Millisecond: 10 * time.Millisecond, 11 * time.Millisecond: 20 * time.Millisecond, 900 * time.Millisecond: time.Second,
		3 * time.Second: 4 * time.Second, 5 * time.Second: 10 * time.Second, 31 * time.Second: time.Minute, 61 * time.Minute: 2 * time.Hour, day: day,
		day + 1: 2 * day, 100*day - 1: 100 * day,
	} {
		if got := niceCeil(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestMarksSayWhatTheyStandFor(t *testing.T) {
	skipped := run(3, cronsole.Skipped, 0)
	skipped.StartedAt = time.Time{}
	got := NewRunMarks([]*cronsole.Run{run(1, cronsole.Succeeded, 248*time.Second), run(2, cronsole.TimedOut, time.Hour), skipped})
	want := []RunMark{
		{ID: 1, State: cronsole.Succeeded, Took: 248 * time.Second},
		{ID: 2, State: cronsole.TimedOut, Took: time.Hour},
		{ID: 3, State: cronsole.Skipped},
	}
	for i, title := range []string{"#1 Succeeded, 4 min 8 s", "#2 Timed out, 1 h", "#3 Skipped"} {
		if got[i].Title() != title {
			t.Errorf("got %q, want %q", got[i].Title(), title)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
