package views

import (
	"net/url"
	"time"
)

// Shell is what every page shows around its content. Models embed it; it is no
// part of any JSON answer.
type Shell struct {
	Title        string         // of the page, without the product's name
	Nav          string         // the entry of the menu that is current: "jobs", "runs" or ""
	Now          time.Time      // when the page was made
	Zone         *time.Location // in which times are shown; never nil
	Theme        string         // "light", "dark", or "" for what the system prefers
	Health       Health
	Frozen       *Frozen // nil: things go on
	JobCount     int     // living jobs, for the menu
	FailingCount int     // jobs whose last run failed, for the title and the menu
	JSONURL      string  // where scripts get the same thing
	Release      string  // version of the program
	Toast        *Notice // what the request before this one did; may be nil
}

// Health is the state of the scheduler in a few words.
type Health struct {
	OK     bool   `json:"ok"`
	Text   string `json:"text"`   // "Scheduler running"
	Detail string `json:"detail"` // "2 running, 30 slots free"; may be empty
}

// Frozen says since when and why nothing is started.
type Frozen struct {
	Since  time.Time
	Reason string // may be empty
}

// Notice says what was just done; pages show it as a toast.
type Notice struct {
	Bad      bool   // it was not done
	Text     string // "Started run #1286 of"
	JobID    string // shown after Text in the font of ids; may be empty
	LinkText string // "Open log"; empty: no link
	LinkURL  string
	UndoURL  string // where a POST takes it back; empty: it cannot be
}

// PageTitle is the text of the title element: it tells a background tab that
// something fails.
func (s *Shell) PageTitle() string {
	title := s.Title + " · cronsole"
	if s.FailingCount > 0 {
		title = "(" + Count(s.FailingCount) + " failing) " + title
	}
	return title
}

// ZoneName is the name of the zone in which the page shows times.
func (s *Shell) ZoneName() string { return s.zone().String() }

func (s *Shell) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// In is how long it is from the page's time to t: "in 15 h 48 min", "due" when
// it is now, "late 12 s" when it has passed. Empty for the zero time.
func (s *Shell) In(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch d := t.Sub(s.Now); {
	case d >= time.Second:
		return "in " + Length(d)
	case d > -time.Second:
		return "due"
	default:
		return "late " + Length(-d)
	}
}

// Ago is how long t has passed: "4 s ago". Empty for the zero time.
func (s *Shell) Ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := s.Now.Sub(t)
	if d < time.Second {
		return "just now"
	}
	return Length(d) + " ago"
}

// At is t as short as it can be said today: "10:41:40", "Tue 24 Nov 02:30",
// "12 Dec 2027 22:00". Seconds are left out on other days when they are zero.
func (s *Shell) At(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(s.zone()), s.Now.In(s.zone())
	clock := "15:04:05"
	if t.Second() == 0 && !sameDay(t, now) {
		clock = "15:04"
	}
	switch {
	case sameDay(t, now):
		return t.Format(clock)
	case t.Year() == now.Year() || t.Sub(now).Abs() < 180*24*time.Hour:
		return t.Format("Mon 2 Jan " + clock)
	default:
		return t.Format("2 Jan 2006 " + clock)
	}
}

// Day is the day of t in words: "Today", "Tomorrow", "Yesterday", "Wed 25 Nov",
// "12 Dec 2027".
func (s *Shell) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(s.zone()), s.Now.In(s.zone())
	switch {
	case sameDay(t, now):
		return "Today"
	case sameDay(t, now.AddDate(0, 0, 1)):
		return "Tomorrow"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan")
	default:
		return t.Format("2 Jan 2006")
	}
}

// Clock is the time of day of t with seconds.
func (s *Shell) Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone()).Format("15:04:05")
}

// ClockMilli is the time of day of t with milliseconds, for lines of output.
func (s *Shell) ClockMilli(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone()).Format("15:04:05.000")
}

// Full is the whole truth about t, for titles: "Tue 24 Nov 2026 02:30:00 UTC".
func (s *Shell) Full(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone()).Format("Mon 2 Jan 2006 15:04:05 MST")
}

// Machine is t for the datetime attribute.
func Machine(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z")
}

// Midnight is when "today" ends on this page.
func (s *Shell) Midnight() time.Time {
	y, m, d := s.Now.In(s.zone()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, s.zone())
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// UndoURL is the address that brings a deleted job back.
func UndoURL(undo string) string { return "/undo/" + url.PathEscape(undo) }

// JobURL is the address of a job, or of something under it: JobURL("x", "run").
func JobURL(id string, sub ...string) string {
	u := "/jobs/" + url.PathEscape(id)
	for _, s := range sub {
		u += "/" + url.PathEscape(s)
	}
	return u
}
