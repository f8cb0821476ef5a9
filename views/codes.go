package views

import (
	"time"

	"cronsole/internal/cronsole"
)

// CodeList is what is deployed.
type CodeList struct {
	Shell `json:"-"`

	Codes []CodeRow `json:"codes"`
}

// CodeRow is one deployed folder.
type CodeRow struct {
	Code     string            `json:"code"`
	Kind     cronsole.CodeKind `json:"kind"`
	Problem  string            `json:"problem,omitempty"` // why it cannot run, and what to do
	Jobs     []string          `json:"jobs"`              // ids of living jobs that use it
	Schedule *FileView         `json:"schedule"`          // its .schedule; null when there is none
}

// FileView is a .schedule as people and scripts see it.
type FileView struct {
	Changed    time.Time   `json:"changed"`
	Text       string      `json:"text"`
	Enabled    bool        `json:"enabled"`
	Words      string      `json:"words,omitempty"`
	Frequency  string      `json:"run_frequency,omitempty"`
	Timezone   string      `json:"timezone,omitempty"`
	Expression string      `json:"expression,omitempty"`
	Type       string      `json:"type,omitempty"`
	Error      *FileFault  `json:"error"` // null when it can be used
	Lines      []FileLine  `json:"-"`
	Next       []time.Time `json:"-"`
}

// FileFault is the first mistake of a .schedule.
type FileFault struct {
	Line    int    `json:"line"`
	Key     string `json:"key"`
	Message string `json:"message"`
}

// FileLine is one line of a .schedule.
type FileLine struct {
	Number int
	Text   string
	Error  string // what is wrong with it; empty for good ones
}

// NewCodeRow shows a deployed folder; jobs are the ids of its living jobs.
func NewCodeRow(c *cronsole.Code, jobs []string) CodeRow {
	return CodeRow{
		Code: c.Name, Kind: c.Kind, Problem: c.Problem, Jobs: append([]string{}, jobs...),
		Schedule: NewFileView(c.File),
	}
}

// NewFileView shows a .schedule; nil when there is none.
func NewFileView(f *cronsole.ScheduleFile) *FileView {
	if f == nil {
		return nil
	}
	v := &FileView{Changed: f.Changed.UTC(), Text: f.Text, Enabled: f.Enabled}
	if f.Err != nil {
		v.Error = &FileFault{Line: f.Err.Line, Key: f.Err.Key, Message: f.Err.Message}
	} else {
		s := f.Definition.Schedule
		v.Words, v.Frequency, v.Timezone, v.Expression, v.Type = s.Words(), s.Frequency(), s.Timezone, s.Expression(), string(s.Type)
	}
	for i, text := range splitText(f.Text) {
		line := FileLine{Number: i + 1, Text: CleanLine(text)}
		if f.Err != nil && f.Err.Line == line.Number {
			line.Error = f.Err.Error()
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

// URL is the address of the form that makes a job of this folder.
func (c *CodeRow) URL() string { return "/jobs/new?code=" + c.Code }

// FileURL is the same with the folder's .schedule chosen.
func (c *CodeRow) FileURL() string { return c.URL() + "&type=from_file" }

// Usable reports whether the folder has a .schedule without mistakes.
func (c *CodeRow) Usable() bool { return c.Schedule != nil && c.Schedule.Error == nil }
