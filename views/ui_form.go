package views

import (
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"cronsole/internal/cronsole"
)

// input describes a text field of the form beyond its name and value.
type input struct {
	name, class, hint, placeholder string
	kind, mode, list               string // attributes type, inputmode and list
	optional                       bool
}

type option struct{ value, label string }

// cronInputs are the eight small fields, in the order of the page.
var cronInputs = []struct{ name, label, hint string }{
	{"second", "second", "0–59"},
	{"minute", "minute", "0–59"},
	{"hour", "hour", "0–23"},
	{"day", "day", "1–31"},
	{"week", "week", "1–53"},
	{"month", "month", "1–12"},
	{"day_of_week", "weekday", "mon–sun"},
	{"year", "year", "4 digits"},
}

// What the form offers where a job may be busy, or was missed.
var (
	overlapChoices = []option{
		{"skip", overlapWords[cronsole.OverlapSkip]},
		{"queue_one", overlapWords[cronsole.OverlapQueueOne]},
		{"allow", overlapWords[cronsole.OverlapAllow]},
		{"replace", overlapWords[cronsole.OverlapReplace]},
	}
	dstChoices = []option{
		{cronsole.DSTDefault.String(), dstWords[cronsole.DSTDefault]},
		{string(cronsole.DSTLiteral), dstWords[cronsole.DSTLiteral]},
	}
	misfireChoices = []option{
		{"run_once", misfireWords[cronsole.MisfireRunOnce]},
		{"run_all", misfireWords[cronsole.MisfireRunAll]},
		{"skip", misfireWords[cronsole.MisfireSkip]},
	}
)

// moreFields are those that the form folds away.
var moreFields = []string{
	"retries", "retry_backoff", "retry_max_backoff", "on_interrupt", "expires",
	"max_instances", "misfire_grace", "catchup_window", "catchup_limit", "max_runs", "jitter", "tags", "keep_runs", "keep_days", "keep_bytes", "description",
}

var fieldLabels = map[string]string{
	"code": "Job folder", "job_id": "Job id", "type": "Schedule kind",
	"args.expression": "Expression", "args.day_of_week": "Weekday", "args.run_date": "Run at",
	"args.start_date": "Starts", "args.end_date": "Ends", "args.args": "Arguments",
	"timezone": "Time zone", "dst": "When clocks change", "overlap": "If still running", "misfire": "If missed", "misfire_grace": "Grace",
	"retry_backoff": "Wait before a retry", "retry_max_backoff": "Wait at most", "on_interrupt": "If the console ends",
	"expires": "Starts within", "max_instances": "Side by side", "catchup_window": "Catch up on", "catchup_limit": "Catch up at most", "max_runs": "Ends after",
	"timeout": "Time limit", "keep_runs": "Keep runs", "keep_days": "Keep days", "keep_bytes": "Keep bytes",
}

// fieldLabel is the name of a field for people; what has no label of its own is
// called by the last part of its path.
func fieldLabel(name string) string {
	if l := fieldLabels[name]; l != "" {
		return l
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return name
	}
	return strings.ToUpper(last[:1]) + strings.ReplaceAll(last[1:], "_", " ")
}

func hintID(name string) string { return FieldID(name) + "-hint" }

// invalid marks a field that has an error and ties the message to it.
func invalid(m *JobForm, name string) templ.Attributes {
	return describedBy(m, name, false)
}

func describedBy(m *JobForm, name string, hint bool) templ.Attributes {
	var ids []string
	a := templ.Attributes{}
	if m.Invalid(name) {
		a["aria-invalid"] = "true"
		ids = append(ids, ErrorID(name))
	}
	if hint {
		ids = append(ids, hintID(name))
	}
	if len(ids) > 0 {
		a["aria-describedby"] = strings.Join(ids, " ")
	}
	return a
}

func (m *JobForm) anyInvalid(names ...string) bool {
	for _, n := range names {
		if m.Invalid(n) {
			return true
		}
	}
	return false
}

// summary is the first sentence over the list of errors.
func (m *JobForm) summary() string {
	switch {
	case m.Detail != "":
		return m.Detail
	case len(m.Errors) == 1:
		return "One field needs another value."
	}
	return Count(len(m.Errors)) + " fields need other values."
}

// previewAction is where a browser without script gets the form with a fresh preview.
func (m *JobForm) previewAction() string {
	if m.Editing() {
		return JobURL(m.EditID, "edit")
	}
	return "/jobs/new"
}

var localDate = regexp.MustCompile(`^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?)?$`)

// dateKind is the type of the input for a date: the browser's own picker, as
// long as it can show the value. It has no place for an offset.
func dateKind(value string) string {
	if localDate.MatchString(value) {
		return "datetime-local"
	}
	return "text"
}

// joinWords lists a few ids and counts the rest.
func joinWords(ids []string) string {
	const most = 3
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:most], ", ") + " and " + Count(len(ids)-most) + " more"
}
