package views

// The sentences that the pages say to people, in one place so that they keep
// one voice: verbs on buttons, sentence case, and what to do next in errors.
const (
	msgStale      = "Connection lost. Data from {since}."
	msgStaleAgain = "Trying again in {s} s."

	msgNoJobs      = "No jobs yet"
	msgNoFolders   = "Nothing is deployed yet. Put a folder with an executable file named main (or main.sh, main.py) into the jobs folder; it appears here within seconds, without a restart."
	msgFolders     = "These folders are deployed. Schedule one to make it a job."
	msgNoMatch     = "No job matches"
	msgNoMatchHint = "Nothing fits the filter. Clear it to see every job."

	msgNoRuns       = "No runs yet"
	msgNoRunsHint   = "Runs appear here as soon as a job is due or somebody starts one."
	msgNoRunsMatch  = "No run matches"
	msgNoRunsOfJob  = "It has not run yet."
	msgNoOutput     = "No output."
	msgNoOutputYet  = "No output yet. Lines appear here as the job writes them."
	msgNeverStarted = "This run never started, so there is no output."
	msgCodeOnly     = "Only folders deployed under jobs/ can be scheduled."
	msgSchedule     = "When it should run"
	msgBehaviour    = "Defaults are safe"
	msgExpression   = "second minute hour day month weekday, year optional. Five-field crontab and @daily work too."
	msgWeekInLine   = "ISO week has no place in the one-line form. Set week to * to edit the line again."
	msgArguments    = "A JSON list, such as [\"https://example.org\", 3]. Empty means no arguments."
	msgRunDate      = "Year-month-day and time, such as 2027-01-31 18:30, in the time zone below."
	msgInterval     = "The numbers add up. A day is always 24 hours."
	msgDeleteKeeps  = "The code in jobs/ and the history of its runs stay. It can be brought back for 24 hours."
	msgPause        = "No run starts by itself while it is paused; what is due is recorded as skipped. A run that goes on is left alone."
	msgUndo         = "It can be brought back within 24 hours, with its schedule, state and history."
)

// shortcuts are the keys of the help dialog.
var shortcuts = []struct {
	Keys []string
	What string
}{
	{[]string{"/"}, "Filter jobs"},
	{[]string{"n"}, "New job"},
	{[]string{"j", "k"}, "Next or previous row"},
	{[]string{"o", "Enter"}, "Open the row"},
	{[]string{"r"}, "Run now"},
	{[]string{"p"}, "Pause or resume"},
	{[]string{"l"}, "Output of the last run"},
	{[]string{"e"}, "Edit"},
	{[]string{"d"}, "Delete"},
	{[]string{"u"}, "Undo a delete"},
	{[]string{"[", "]"}, "Previous or next page"},
	{[]string{"Ctrl Enter"}, "Submit a form"},
	{[]string{"?"}, "This help"},
	{[]string{"Esc"}, "Close"},
}
