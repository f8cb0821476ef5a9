package cronsole

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"time"
)

// CodeKind says how a code is run.
type CodeKind string

// The kinds of code.
const (
	CodeGo         CodeKind = "go"         // a function compiled into the binary
	CodeExecutable CodeKind = "executable" // jobs/<code>/main or main.*
)

// Isolation says where a Go function runs.
type Isolation string

// The isolations of a Go function.
const (
	IsolationProcess Isolation = "process" // the binary starts itself again for the run; the default
	IsolationInline  Isolation = "inline"  // in the console's own process, for trusted hot code
)

// Code is what is deployed in jobs/<code>/.
type Code struct {
	Name    string
	Kind    CodeKind
	Dir     string // absolute path of the folder
	Entry   string // file name of the executable inside Dir; empty for Go
	Func    Func   // the compiled-in function; nil for executables
	Problem string // why it cannot run, and what to do; empty when it can

	// Read live from .schedule, never accepted over HTTP.
	Isolation Isolation
	PassEnv   []string // names of the console's variables that the child gets

	// File is the deployed .schedule; nil when there is none.
	File *ScheduleFile
}

// ScheduleFile is a .schedule as it was read.
type ScheduleFile struct {
	Text       string     // the bytes of the file, shown to people
	Changed    time.Time  // its modification time
	Definition Definition // valid when Err is nil
	Enabled    bool       // false: a job made from it starts paused
	Err        *FileError // the first faulty line
}

// FileError is a mistake in a .schedule file.
type FileError struct {
	Line    int    // from 1
	Key     string // may be empty
	Message string // what is wrong, what to write
}

// Error implements error.
func (e *FileError) Error() string {
	if e.Key == "" {
		return e.Message
	}
	return e.Key + ": " + e.Message
}

// Func is the shape of a job written in Go: the function Call of the package
// in jobs/<code>/main.go. A returned error fails the run.
type Func func(ctx context.Context, call Call) error

// Call is what a Go function is told about its run.
type Call struct {
	JobID    string
	RunID    int64
	Due      time.Time // zero for a manual run
	Attempt  int       // from 1
	Args     []any     // JSON values: string, float64, bool, nil, []any, map[string]any
	Log      *slog.Logger
	Output   io.Writer // what is written here is the run's output
	StateDir string    // a folder of the code's own, kept between runs
}

var (
	codeName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	jobID    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	reserved = map[string]bool{"new": true, "preview": true, "bulk": true}
)

// ValidCode reports whether name can be the name of a folder in jobs/.
func ValidCode(name string) bool { return codeName.MatchString(name) }

// CheckJobID returns what is wrong with a job_id; an empty string means
// nothing is.
func CheckJobID(id string) string {
	switch {
	case id == "":
		return "is missing; write letters, digits, dot, dash or underscore, such as nightly_backup"
	case reserved[id]:
		return "is a word of the console's own addresses; choose another name"
	case !jobID.MatchString(id):
		return "may hold 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit"
	}
	return ""
}
