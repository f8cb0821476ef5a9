package views

import (
	"strconv"
	"strings"
	"time"

	"cronsole/static"
)

// hxURL lets an address of this console into an hx-* attribute and nothing
// else: htmx would run what begins with "js:", and
// browsers read a backslash as a slash.
func hxURL(u string) string {
	if !strings.HasPrefix(u, "/") || strings.HasPrefix(u, "//") || strings.Contains(u, `\`) {
		return "/"
	}
	return u
}

// htmxConfig keeps htmx inside the content security policy and leaves a page
// alone when an answer is an error; forms opt in to theirs.
const htmxConfig = `{"noSwap":[204,304,"4xx","5xx"],"history":"reload","defaultTimeout":10000,"includeIndicatorCSS":false,"morphIgnore":["data-htmx-powered","data-cursor"]}`

func iconURL(name string) string { return static.URL("icons.svg") + "#" + name }

// mark is how a state looks: an icon, the class of its colour, and whether it turns.
type mark struct {
	icon, class string
	spin        bool
}

func (m mark) badge() string { return "badge b-" + m.class }
func (m mark) text() string  { return "t-" + m.class }

// jobMark is the look of a job; see [JobRow.Look].
func jobMark(look string) mark {
	switch look {
	case "paused":
		return mark{icon: "circle-pause", class: "idle"}
	case "run":
		return mark{icon: "loader-circle", class: "run", spin: true}
	case "broken":
		return mark{icon: "triangle-alert", class: "fail"}
	case "fail":
		return mark{icon: "circle-x", class: "fail"}
	case "late":
		return mark{icon: "triangle-alert", class: "warn"}
	case "finished":
		return mark{icon: "circle-check", class: "idle"}
	case "never":
		return mark{icon: "circle-dashed", class: "idle"}
	}
	return mark{icon: "circle-check", class: "ok"}
}

// runMark is the look of a run; see [Look].
func runMark(look string) mark {
	switch look {
	case "ok":
		return mark{icon: "circle-check", class: "ok"}
	case "fail":
		return mark{icon: "circle-x", class: "fail"}
	case "run":
		return mark{icon: "loader-circle", class: "run", spin: true}
	case "wait":
		return mark{icon: "clock", class: "run"}
	}
	return mark{icon: "circle-dashed", class: "idle"}
}

func iconClass(m mark) string {
	if m.spin {
		return "i spin"
	}
	return "i"
}

func typeIcon(t string) string {
	switch t {
	case "interval":
		return "repeat"
	case "date":
		return "calendar"
	}
	return "clock"
}

// graceSeconds is how long after its due instant the row still counts as on time.
func (r *JobRow) graceSeconds() string {
	if r.NextRun == nil || r.late.IsZero() {
		return "60"
	}
	due := *r.NextRun
	if r.SkipNext != nil {
		due = *r.SkipNext
	}
	return strconv.Itoa(int(r.late.Sub(due) / time.Second))
}

// dueText is the countdown as the script would write it: "late" only after the grace.
func (r *JobRow) dueText(s *Shell) string {
	if next := r.Next(); !r.Late && next.Sub(s.Now) < time.Second {
		return "due"
	}
	return s.In(r.Next())
}

// near reports whether t is so soon that the eye should find it.
func near(s *Shell, t time.Time) bool { return t.Sub(s.Now) < time.Minute }

// domID makes an id for an element out of a job id, whose dots and dashes are
// fine in HTML.
func domID(prefix, jobID string) string { return prefix + "-" + jobID }

func itoa(n int) string { return strconv.Itoa(n) }
