package catalog

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cronsole/internal/cronsole"
)

// goEntry is the file of a code written in Go.
const goEntry = "main.go"

// leftovers are endings of files that editors and people leave beside an
// entry; "main.sh~" is no second entry.
var leftovers = []string{"~", ".swp", ".swo", ".tmp", ".bak", ".orig", ".rej", ".off", ".md", ".txt"}

// readCode reads one folder of the jobs folder. Whatever is wrong with it is
// in the code's Problem; it never fails as a whole.
func (r *reader) readCode(root *os.Root, name string) *cronsole.Code {
	c := &cronsole.Code{
		Name: name, Kind: cronsole.CodeExecutable, Dir: filepath.Join(r.dir, name), Isolation: cronsole.IsolationProcess,
	}
	folder, _, refused, err := openFolder(root, name)
	switch {
	case err != nil:
		c.Problem = "the folder cannot be read: " + reason(err)
		return c
	case refused != "":
		c.Problem = refused
		return c
	}
	defer func() {
		if err := folder.Close(); err != nil && c.Problem == "" {
			c.Problem = "the folder cannot be read: " + reason(err)
		}
	}()
	r.readEntry(folder, c)
	r.readSchedule(folder, c)
	if !cronsole.ValidCode(name) {
		c.Problem = invalidName
	}
	return c
}

const invalidName = "the folder's name cannot be used; write 1 to 64 lower-case letters, digits, dashes and underscores, beginning with a letter or digit"

// readEntry finds what the folder runs.
func (r *reader) readEntry(folder *os.Root, c *cronsole.Code) {
	files, err := names(folder)
	if err != nil {
		c.Problem = "the folder cannot be read: " + reason(err)
		return
	}
	var ready, asleep []string // with and without the executable bit
	hasGo := false
	for _, f := range files {
		if !isEntry(f) {
			continue
		}
		info, err := folder.Lstat(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since the folder was listed; the watch tells
		}
		if err != nil {
			c.Problem = f + " cannot be read: " + reason(err)
			return
		}
		if msg := untrusted(f, info, false); msg != "" {
			if f == goEntry {
				c.Kind = cronsole.CodeGo
			}
			c.Problem = msg
			return
		}
		switch {
		case f == goEntry:
			hasGo = true
		case info.Mode().Perm()&0o111 != 0:
			ready = append(ready, f)
		default:
			asleep = append(asleep, f)
		}
	}
	r.choose(c, hasGo, ready, asleep)
}

func (r *reader) choose(c *cronsole.Code, hasGo bool, ready, asleep []string) {
	switch {
	case hasGo && len(ready) > 0:
		c.Problem = "there are two entries, " + goEntry + " and " + ready[0] + "; keep one of them"
	case len(ready) > 1:
		c.Problem = "there are two entries, " + ready[0] + " and " + ready[1] + "; keep one executable file named main or main.*"
	case hasGo:
		c.Kind = cronsole.CodeGo
		c.Func, c.Problem = r.function(c.Name)
	case len(ready) == 1:
		c.Entry = ready[0]
	case len(asleep) > 0:
		c.Problem = asleep[0] + " is not executable; run chmod +x on it"
	default:
		c.Problem = "there is nothing to run; put an executable file named main or main.* here, or main.go and run go generate ./jobs"
	}
}

// function returns the compiled-in function of a Go code.
func (r *reader) function(name string) (cronsole.Func, string) {
	if msg := GoNameProblem(name); msg != "" {
		return nil, msg
	}
	f := r.funcs[name]
	if f == nil && !r.anyFunc {
		return nil, "main.go is not part of this program; run go generate ./jobs, build again and restart"
	}
	return f, ""
}

// GoNameProblem returns why a folder of that name cannot hold a code written
// in Go; empty when it can.
func GoNameProblem(name string) string {
	switch {
	case !cronsole.ValidCode(name):
		return invalidName
	case token.IsKeyword(name):
		return fmt.Sprintf("%s is a keyword of Go and cannot name a package; rename the folder", name)
	case !token.IsIdentifier(name):
		return fmt.Sprintf("%s cannot name a Go package; write letters, digits and underscores, beginning with a letter", name)
	case name == "main":
		return "main cannot name the package of a job; rename the folder"
	}
	return ""
}

// isEntry reports whether a file of that name may be what a code runs.
func isEntry(name string) bool {
	if name != "main" && !strings.HasPrefix(name, "main.") {
		return false
	}
	return !slices.ContainsFunc(leftovers, func(end string) bool { return strings.HasSuffix(name, end) })
}

// readSchedule reads the folder's .schedule, if there is one.
func (r *reader) readSchedule(folder *os.Root, c *cronsole.Code) {
	data, info, refused, err := readFile(folder, scheduleName, MaxScheduleBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		c.File = &cronsole.ScheduleFile{Err: &cronsole.FileError{Line: 1, Message: "the file cannot be read: " + reason(err)}}
		return
	case refused != "":
		c.Problem = refused
		return
	}
	p, fault := parse(data, r.zone)
	if fault == nil && p.Isolation == cronsole.IsolationInline && c.Kind == cronsole.CodeExecutable {
		fault = &cronsole.FileError{
			Line: p.lines["isolation"], Key: "isolation",
			Message: "inline is for codes written in Go; an executable always runs as a process, remove the line",
		}
	}
	c.Isolation, c.PassEnv = p.Isolation, p.PassEnv
	p.Definition.Code = c.Name
	c.File = &cronsole.ScheduleFile{
		Text:       string(data),
		Changed:    info.ModTime().UTC(),
		Definition: p.Definition,
		Enabled:    p.Enabled,
		Err:        fault,
	}
}

// reason is what the system said, without the path, which may be long and
// belongs to the machine.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
