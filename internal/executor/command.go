package executor

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cronsole/internal/cronsole"
)

// The environment of a child, beside what it gets of our own.
const (
	envJobID    = "CRONSOLE_JOB_ID"
	envRunID    = "CRONSOLE_RUN_ID"
	envDue      = "CRONSOLE_DUE"
	envAttempt  = "CRONSOLE_ATTEMPT"
	envArgs     = "CRONSOLE_ARGS"
	envStateDir = "CRONSOLE_STATE_DIR"
	// envInstance tells the children of one data folder from those of another
	// without naming the folder. It is not called CRONSOLE_DATA, because a job
	// may call our own command line, which reads that name.
	envInstance = "CRONSOLE_INSTANCE"
)

// inherited are the variables that every child gets from us.
var inherited = []string{"PATH", "HOME", "LANG", "TZ"}

// maxArgs is how many bytes the arguments of a run may have in all.
const maxArgs = 64 << 10

// checkArgs refuses what cannot be an argument of a process. Requests are
// checked long before; this holds whatever way the arguments came.
func checkArgs(args []any) error {
	size := 0
	for i, a := range cronsole.Argv(args) {
		if strings.IndexByte(a, 0) >= 0 {
			return fmt.Errorf("argument %d holds a NUL byte", i+1)
		}
		size += len(a)
	}
	if size > maxArgs {
		return fmt.Errorf("the arguments have %d bytes, more than %d", size, maxArgs)
	}
	return nil
}

// command prepares the child for a run of code. For an executable the entry is
// looked at once more, because the folder may have changed since it was found.
func (e *Executor) command(x cronsole.Execution, code *cronsole.Code, stateDir string) (*exec.Cmd, error) {
	env, err := e.environ(x, code, stateDir)
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{
		Dir:         code.Dir,
		Env:         env,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if code.Kind == cronsole.CodeGo {
		cmd.Path = e.cfg.Self
		cmd.Args = []string{e.cfg.Self, "exec-job", code.Name}
		return cmd, nil
	}
	if err := checkEntry(code.Dir, code.Entry); err != nil {
		return nil, err
	}
	cmd.Path = filepath.Join(code.Dir, code.Entry)
	cmd.Args = append([]string{cmd.Path}, cronsole.Argv(x.Args)...)
	return cmd, nil
}

// checkEntry refuses an entry that is not a plain executable file directly
// inside its folder, or a folder that a symlink leads out of its parent.
func checkEntry(dir, entry string) error {
	if entry == "" || entry != filepath.Base(entry) || entry == ".." || entry == "." {
		return fmt.Errorf("%q is not the name of an entry file", entry)
	}
	parent, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		return fmt.Errorf("the folder of %s cannot be opened: %w", entry, reason(err))
	}
	defer parent.Close() //nolint:errcheck // opened for reading
	root, err := parent.OpenRoot(filepath.Base(dir))
	if err != nil {
		return fmt.Errorf("the folder of %s cannot be opened: %w", entry, reason(err))
	}
	defer root.Close() //nolint:errcheck // opened for reading
	info, err := root.Lstat(entry)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s is not there any more", entry)
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", entry, reason(err))
	case info.Mode()&os.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link; put the file itself into the folder", entry)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", entry)
	case info.Mode()&0o002 != 0:
		return fmt.Errorf("%s can be written by everyone; run chmod o-w on it", entry)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not executable; run chmod +x on it", entry)
	}
	return nil
}

// environ is the whole environment of a child: what it may have of ours, then
// what it is told about its run, which nothing of ours can override.
func (e *Executor) environ(x cronsole.Execution, code *cronsole.Code, stateDir string) ([]string, error) {
	args := x.Args
	if args == nil {
		args = []any{}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(args); err != nil {
		return nil, fmt.Errorf("the arguments are not JSON: %w", err)
	}
	instance, err := e.instance()
	if err != nil {
		return nil, fmt.Errorf("the data folder cannot be read: %w", reason(err))
	}
	var env []string
	for _, name := range append(append([]string{}, inherited...), code.PassEnv...) {
		if value, ok := os.LookupEnv(name); ok && !strings.ContainsAny(name, "=\x00") {
			env = append(env, name+"="+value)
		}
	}
	return append(
		env,
		envJobID+"="+x.JobID,
		envRunID+"="+strconv.FormatInt(x.RunID, 10),
		envDue+"="+formatDue(x.Due),
		envAttempt+"="+strconv.Itoa(x.Attempt),
		envArgs+"="+strings.TrimSuffix(text.String(), "\n"),
		envStateDir+"="+stateDir,
		envInstance+"="+instance,
	), nil
}

// instance identifies the data folder: the same for every console that is
// started on it, another for a copy of it or for a folder of the same name in
// another container.
func (e *Executor) instance() (string, error) {
	info, err := os.Stat(e.cfg.DataDir)
	if err != nil {
		return "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.New("the file system has no inode numbers")
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "cronsole data folder %d %d", st.Dev, st.Ino))
	return hex.EncodeToString(sum[:8]), nil
}

// formatDue writes a due instant for CRONSOLE_DUE; empty for a manual run.
func formatDue(due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return due.UTC().Format(time.RFC3339Nano)
}
