package views

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cronsole/internal/cronsole"
)

// FieldErrors says per field what is wrong, in the order of the form. In JSON
// it is an object.
type FieldErrors []cronsole.FieldError

// MarshalJSON writes an object in the order of the errors; several about one
// field are joined.
func (e FieldErrors) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	seen := map[string]bool{}
	for _, f := range e {
		if seen[f.Field] {
			continue
		}
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		seen[f.Field] = true
		key, err := json.Marshal(f.Field)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(e.Of(f.Field))
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Of is what is wrong with a field; empty when nothing is.
func (e FieldErrors) Of(field string) string {
	var texts []string
	for _, f := range e {
		if f.Field == field {
			texts = append(texts, f.Message)
		}
	}
	return strings.Join(texts, "; ")
}

// TypeFromFile is the type "From file" of the form, beside the three types of
// trigger.
const TypeFromFile = "from_file"

// FormFields are the names of all fields of the job form; they are the paths of
// the JSON request.
var FormFields = []string{
	"code", "job_id", "type",
	"args.expression",
	"args.second", "args.minute", "args.hour", "args.day", "args.week", "args.month", "args.day_of_week", "args.year",
	"args.weeks", "args.days", "args.hours", "args.minutes", "args.seconds",
	"args.run_date", "args.start_date", "args.end_date", "args.args",
	"timezone", "dst", "jitter", "timeout", "expires", "retries", "retry_backoff", "retry_max_backoff", "on_interrupt", "overlap", "max_instances", "misfire", "misfire_grace", "catchup_window", "catchup_limit", "max_runs",
	"keep_runs", "keep_days", "keep_bytes", "tags", "description",
}

// Hidden fields of the job form.
const (
	FieldVersion = "version"         // of the job that is edited
	FieldKey     = "idempotency_key" // a repeated submit gets the first answer
	FieldWas     = "expression_was"  // args.expression as it was shown; when it differs, it wins over the eight fields
)

// JobForm is the form that makes or edits a job.
type JobForm struct {
	Shell `json:"-"`

	Values map[string]string `json:"values"` // by the names in FormFields
	Codes  []CodeRow         `json:"codes"`
	Errors FieldErrors       `json:"errors,omitempty"`
	Detail string            `json:"detail,omitempty"` // what is wrong on the whole

	EditID   string     `json:"-"` // the job that is edited; empty: a new one
	Version  int64      `json:"version,omitempty"`
	Key      string     `json:"-"`
	Was      string     `json:"-"` // value of FieldWas
	Zones    []string   `json:"-"`
	Preview  *Preview   `json:"-"` // of the values as they are; never nil on the page
	Existing string     `json:"-"` // id of the job that has the id already
	Current  *JobDetail `json:"-"` // the job as it is now, when it was changed meanwhile
	JobsDir  string     `json:"-"`
	Curl     string     `json:"-"` // the same as a command for scripts
}

// Editing reports whether the form changes a job.
func (m *JobForm) Editing() bool { return m.EditID != "" }

// Action is where the form is posted.
func (m *JobForm) Action() string {
	if m.Editing() {
		return JobURL(m.EditID)
	}
	return "/jobs"
}

// CancelURL is where Cancel leads.
func (m *JobForm) CancelURL() string { return m.Action() }

// Value is the text of a field.
func (m *JobForm) Value(field string) string { return m.Values[field] }

// Error is what is wrong with a field; empty when nothing is.
func (m *JobForm) Error(field string) string { return m.Errors.Of(field) }

// Invalid reports whether something is wrong with a field.
func (m *JobForm) Invalid(field string) bool { return m.Error(field) != "" }

// FieldID is the id of a field's input; an error points to it.
func FieldID(field string) string { return "f-" + strings.ReplaceAll(field, ".", "-") }

// ErrorID is the id of a field's error text.
func ErrorID(field string) string { return FieldID(field) + "-error" }

// Type is the chosen type: "cron", "interval", "date" or "from_file".
func (m *JobForm) Type() string {
	if t := m.Values["type"]; t != "" {
		return t
	}
	return string(cronsole.TypeCron)
}

// Is reports whether a type is chosen.
func (m *JobForm) Is(typ string) bool { return m.Type() == typ }

// Chosen is the chosen folder; nil when none is, or it is not deployed.
func (m *JobForm) Chosen() *CodeRow {
	for i := range m.Codes {
		if m.Codes[i].Code == m.Values["code"] {
			return &m.Codes[i]
		}
	}
	return nil
}

// LineReadOnly reports whether the one-line expression cannot say what the
// eight fields say: ISO weeks have no place in it.
func (m *JobForm) LineReadOnly() bool {
	week := strings.TrimSpace(m.Values["args.week"])
	return week != "" && week != "*"
}

// IntervalWords is the sum of the five numbers; empty when they are no numbers.
func (m *JobForm) IntervalWords() string {
	var total time.Duration
	for field, unit := range map[string]time.Duration{
		"args.weeks": 7 * 24 * time.Hour, "args.days": 24 * time.Hour,
		"args.hours": time.Hour, "args.minutes": time.Minute, "args.seconds": time.Second,
	} {
		text := strings.TrimSpace(m.Values[field])
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return ""
		}
		total += time.Duration(n) * unit
	}
	if total <= 0 {
		return ""
	}
	return cronsole.Duration(total).String()
}

// Preset is a button that fills in a common expression.
type Preset struct {
	Label      string
	Expression string
	Current    bool
}

// Presets are the common expressions.
func (m *JobForm) Presets() []Preset {
	presets := []Preset{
		{Label: "Every minute", Expression: "0 * * * * *"},
		{Label: "Hourly", Expression: "0 0 * * * *"},
		{Label: "Daily 02:30", Expression: "0 30 2 * * *"},
		{Label: "Weekdays 02:30", Expression: "0 30 2 * * mon-fri"},
		{Label: "Weekly", Expression: "0 0 0 * * mon"},
		{Label: "Monthly", Expression: "0 0 0 1 * *"},
	}
	for i := range presets {
		presets[i].Current = presets[i].Expression == m.Values["args.expression"]
	}
	return presets
}
