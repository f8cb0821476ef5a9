package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cronsole/internal/cronsole"
)

// A Report is what check says of one file; with --json, one object per file.
type Report struct {
	File         string         `json:"file"`
	Type         cronsole.Type  `json:"type,omitempty"`
	Args         map[string]any `json:"args,omitzero"`      // nil with an error only
	Timezone     string         `json:"timezone,omitempty"` // as written
	Words        string         `json:"words,omitempty"`
	RunFrequency string         `json:"run_frequency,omitempty"`
	Warnings     []string       `json:"warnings,omitempty"`
	Error        *ReportError   `json:"error,omitempty"`
}

// ReportError is the first mistake of a file. Line is 0 when it concerns the
// folder and not a line.
type ReportError struct {
	Line    int    `json:"line"`
	Key     string `json:"key"`
	Message string `json:"message"`
}

// Check reads job folders, folders of job folders and single .schedule files,
// and writes a line per file: "FILE: ok, WORDS" or "FILE:LINE: key: what is
// wrong, what to write"; with asJSON, an object per line. Not ok means that
// something is wrong with a file, a folder or a path; the error, that out
// cannot be written.
func Check(paths []string, asJSON bool, out io.Writer) (ok bool, err error) {
	return check(paths, asJSON, out, time.Now)
}

func check(paths []string, asJSON bool, out io.Writer, now func() time.Time) (ok bool, err error) {
	ok = true
	for _, path := range paths {
		for _, r := range reports(path, now()) {
			ok = ok && r.Error == nil
			if err := r.write(out, asJSON); err != nil {
				return false, fmt.Errorf("write the report: %w", err)
			}
		}
	}
	return ok, nil
}

func (r Report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	_, err := io.WriteString(out, r.text())
	return err
}

func (r Report) text() string {
	var b strings.Builder
	if e := r.Error; e == nil {
		fmt.Fprintf(&b, "%s: ok, %s\n", r.File, r.Words)
	} else {
		b.WriteString(r.File + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:", e.Line)
		}
		if e.Key != "" {
			b.WriteString(" " + e.Key + ":")
		}
		b.WriteString(" " + e.Message + "\n")
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "%s: warning: %s\n", r.File, w)
	}
	return b.String()
}

// reports looks at one path of the command line. What the person named is
// opened even when it is a link; what is found inside is not.
func reports(path string, now time.Time) []Report {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return []Report{wrong(path, reason(err))}
	case info.IsDir():
		return folderReports(path, now)
	case !info.Mode().IsRegular():
		return []Report{wrong(path, "is neither a folder nor a file")}
	}
	data, err := readNamed(path)
	if err != nil {
		return []Report{wrong(path, "the file cannot be read: "+reason(err))}
	}
	p, fault := Parse(data)
	return []Report{report(path, p, fault, now)}
}

// readNamed reads a file without waiting, should it have become a pipe.
func readNamed(path string) (data []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, MaxScheduleBytes+1))
}

func wrong(path, message string) Report {
	return Report{File: path, Error: &ReportError{Message: message}}
}

func report(path string, p Parsed, fault *cronsole.FileError, now time.Time) Report {
	if fault != nil {
		return Report{File: path, Error: &ReportError{Line: fault.Line, Key: fault.Key, Message: fault.Message}}
	}
	s := p.Definition.Schedule
	return Report{
		File: path, Type: p.Type, Args: p.Args, Timezone: p.Timezone,
		Words: s.Words(), RunFrequency: s.Frequency(), Warnings: s.Warnings(now),
	}
}

// folderReports reads a job folder, or every job folder inside.
func folderReports(path string, now time.Time) []Report {
	abs, err := filepath.Abs(path)
	if err != nil {
		return []Report{wrong(path, reason(err))}
	}
	isJob, err := isJobFolder(abs)
	if err != nil {
		return []Report{wrong(path, "the folder cannot be read: "+reason(err))}
	}
	if isJob {
		return checkCode(filepath.Dir(abs), filepath.Base(abs), path, now)
	}
	r := &reader{dir: abs, zone: "UTC", anyFunc: true}
	snap, err := r.scan()
	switch {
	case err != nil:
		return []Report{wrong(path, "the folder cannot be read: "+reason(err))}
	case len(snap.codes) == 0:
		return []Report{wrong(path, "there is no job folder in it")}
	}
	var out []Report
	for _, c := range snap.codes {
		out = append(out, codeReports(filepath.Join(path, c.Name), c, now)...)
	}
	return out
}

// isJobFolder reports whether a folder holds something to run or to schedule.
func isJobFolder(abs string) (yes bool, err error) {
	root, err := os.OpenRoot(abs)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	files, err := names(root)
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if f == scheduleName || isEntry(f) {
			return true, nil
		}
	}
	return false, nil
}

func checkCode(parent, name, shown string, now time.Time) (out []Report) {
	root, err := os.OpenRoot(parent)
	if err != nil {
		return []Report{wrong(shown, "the folder cannot be read: "+reason(err))}
	}
	r := &reader{dir: parent, zone: "UTC", anyFunc: true}
	out = codeReports(shown, r.readCode(root, name), now)
	if err := root.Close(); err != nil {
		out = append(out, wrong(shown, "the folder cannot be read: "+reason(err)))
	}
	return out
}

// codeReports says what is wrong with a folder and with its .schedule. A sound
// folder without a .schedule has nothing to report.
func codeReports(path string, c *cronsole.Code, now time.Time) []Report {
	var out []Report
	if c.Problem != "" {
		out = append(out, wrong(path, c.Problem))
	}
	if c.File == nil {
		return out
	}
	// Read once more from the text, for the keys as they were written.
	p, fault := Parse([]byte(c.File.Text))
	if c.File.Err != nil {
		fault = c.File.Err
	}
	return append(out, report(filepath.Join(path, scheduleName), p, fault, now))
}
