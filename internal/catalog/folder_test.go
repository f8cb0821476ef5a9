package catalog

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/cronsole"
)

var quiet = slog.New(slog.DiscardHandler)

func nothing(context.Context, cronsole.Call) error { return nil }

// write makes a file with exactly these permissions, whatever the umask.
func write(t *testing.T, mode os.FileMode, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// started returns a catalog of dir that has read it once.
func started(t *testing.T, dir string, funcs map[string]cronsole.Func) *Catalog {
	t.Helper()
	c := New(dir, funcs, "Europe/Berlin", quiet)
	must(t, c.Start(t.Context()))
	t.Cleanup(c.Stop)
	return c
}

func TestWhatAFolderRuns(t *testing.T) {
	const script = "#!/bin/sh\n"
	tests := map[string]struct {
		make    func(t *testing.T, dir string)
		kind    cronsole.CodeKind
		entry   string
		problem string // part of it; empty: it can run
	}{
		"a script": {
			func(t *testing.T, dir string) { write(t, 0o755, script, dir, "main.sh") },
			cronsole.CodeExecutable, "main.sh", "",
		},
		"a program": {
			func(t *testing.T, dir string) { write(t, 0o700, script, dir, "main") },
			cronsole.CodeExecutable, "main", "",
		},
		"a script beside other files": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				write(t, 0o755, script, dir, "main.sh~")
				write(t, 0o644, "notes", dir, "main.md")
				write(t, 0o755, script, dir, "helper.sh")
			},
			cronsole.CodeExecutable, "main.sh", "",
		},
		"a compiled-in function": {
			func(t *testing.T, dir string) { write(t, 0o644, "package x", dir, "main.go") },
			cronsole.CodeGo, "", "",
		},
		"an empty folder": {
			func(*testing.T, string) {}, cronsole.CodeExecutable, "", "nothing to run",
		},
		"two scripts": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				write(t, 0o755, script, dir, "main.py")
			}, cronsole.CodeExecutable, "", "two entries, main.py and main.sh",
		},
		"a script and Go": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				write(t, 0o644, "package x", dir, "main.go")
			}, cronsole.CodeExecutable, "", "two entries, main.go and main.sh",
		},
		"no executable bit": {
			func(t *testing.T, dir string) { write(t, 0o644, script, dir, "main.sh") },
			cronsole.CodeExecutable, "", "run chmod +x",
		},
		"Go with the executable bit is no script": {
			func(t *testing.T, dir string) { write(t, 0o755, "package x", dir, "main.go") },
			cronsole.CodeGo, "", "",
		},
		"an entry that anybody may change": {
			func(t *testing.T, dir string) { write(t, 0o757, script, dir, "main.sh") },
			cronsole.CodeExecutable, "", "main.sh can be changed by every account",
		},
		"an entry that is a link out": {
			func(t *testing.T, dir string) { must(t, os.Symlink("/bin/sh", filepath.Join(dir, "main.sh"))) },
			"", "", "main.sh is a symbolic link",
		},
		"an entry that is a link inside": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "real.sh")
				must(t, os.Symlink("real.sh", filepath.Join(dir, "main.sh")))
			}, "", "", "main.sh is a symbolic link",
		},
		"an entry that is a folder": {
			func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, "main"), 0o755)) },
			"", "", "main is a folder",
		},
		"an entry that is a pipe": {
			func(t *testing.T, dir string) { must(t, syscall.Mkfifo(filepath.Join(dir, "main.sh"), 0o755)) },
			"", "", "main.sh is a pipe",
		},
		"a folder that anybody may change": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				must(t, os.Chmod(dir, 0o777))
			}, "", "", "the folder can be changed by every account",
		},
		"a schedule that is a link out": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				must(t, os.Symlink("/etc/passwd", filepath.Join(dir, scheduleName)))
			}, cronsole.CodeExecutable, "main.sh", ".schedule is a symbolic link",
		},
		"a schedule that is a pipe nobody writes to": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				must(t, syscall.Mkfifo(filepath.Join(dir, scheduleName), 0o644))
			}, cronsole.CodeExecutable, "main.sh", ".schedule is a pipe",
		},
		"a schedule that anybody may change": {
			func(t *testing.T, dir string) {
				write(t, 0o755, script, dir, "main.sh")
				write(t, 0o666, "cron\n", dir, scheduleName)
			}, cronsole.CodeExecutable, "main.sh", ".schedule can be changed by every account",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "sample")
			must(t, os.Mkdir(dir, 0o755))
			tt.make(t, dir)
			c, ok := started(t, root, map[string]cronsole.Func{"sample": nothing}).Code("sample")
			if !ok {
				t.Fatal("not found")
			}
			if tt.problem == "" && c.Problem != "" || !strings.Contains(c.Problem, tt.problem) {
				t.Errorf("problem %q, want %q", c.Problem, tt.problem)
			}
			if tt.kind != "" && c.Kind != tt.kind || c.Entry != tt.entry {
				t.Errorf("kind %q, entry %q, want %q and %q", c.Kind, c.Entry, tt.kind, tt.entry)
			}
			if strings.HasPrefix(tt.problem, scheduleName) && c.File != nil {
				t.Error("the file was read")
			}
			if (c.Func != nil) != (tt.kind == cronsole.CodeGo && tt.problem == "") {
				t.Error("the function is there for codes written in Go, and for them only")
			}
		})
	}
}

func TestGoCodeNeedsItsFunction(t *testing.T) {
	tests := map[string]string{ // name of the folder: part of the problem
		"forgotten": "run go generate ./jobs, build again",
		"my-job":    "cannot name a Go package",
		"2nd":       "cannot name a Go package",
		"select":    "keyword of Go",
		"main":      "main cannot name the package",
	}
	root := t.TempDir()
	for name := range tests {
		write(t, 0o644, "package x", root, name, "main.go")
	}
	c := started(t, root, nil)
	for name, want := range tests {
		code, _ := c.Code(name)
		if !strings.Contains(code.Problem, want) {
			t.Errorf("%s: problem %q, want %q", name, code.Problem, want)
		}
	}
}

func TestWhatIsNoCode(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	write(t, 0o755, "#!/bin/sh\n", elsewhere, "main.sh")
	for _, dir := range []string{".git", "_attic", "__pycache__", "Upper", "good"} {
		write(t, 0o755, "#!/bin/sh\n", root, dir, "main.sh")
	}
	write(t, 0o644, "package jobs", root, "jobs.go")
	must(t, os.Symlink(elsewhere, filepath.Join(root, "out")))
	must(t, os.Symlink("good", filepath.Join(root, "within")))
	must(t, os.Symlink("jobs.go", filepath.Join(root, "file")))
	must(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644))
	listener, err := net.Listen("unix", filepath.Join(root, "socket"))
	must(t, err)
	defer func() { must(t, listener.Close()) }()

	got := map[string]string{}
	for _, c := range started(t, root, nil).Codes() {
		got[c.Name], _, _ = strings.Cut(c.Problem, ";")
	}
	want := map[string]string{
		"Upper":  "the folder's name cannot be used",
		"good":   "",
		"out":    "the folder is a symbolic link",
		"within": "the folder is a symbolic link",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScheduleOfAFolder(t *testing.T) {
	root := t.TempDir()
	const text = "cron\nhour=3\npass_env=TOKEN\nenabled=false\n"
	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	write(t, 0o644, text, root, "sample", scheduleName)
	changed := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(root, "sample", scheduleName), changed, changed))

	c, _ := started(t, root, nil).Code("sample")
	if c.File == nil || c.File.Err != nil {
		t.Fatalf("file %+v", c.File)
	}
	if c.File.Text != text || !c.File.Changed.Equal(changed) || c.File.Enabled {
		t.Errorf("file %+v", c.File)
	}
	d := c.File.Definition
	if d.Code != "sample" || d.Schedule.Timezone != "Europe/Berlin" || d.Schedule.Cron.Hour != "3" {
		t.Errorf("definition %+v", d)
	}
	if diff := cmp.Diff([]string{"TOKEN"}, c.PassEnv); diff != "" {
		t.Error(diff)
	}
	if c.Problem != "" || c.Isolation != cronsole.IsolationProcess {
		t.Errorf("problem %q, isolation %q", c.Problem, c.Isolation)
	}
}

func TestScheduleMistakesDoNotBreakTheCode(t *testing.T) {
	tests := map[string]struct {
		text string
		line int
		key  string
	}{
		"a bad value":             {"cron\nhour=25\n", 2, "hour"},
		"inline for a script":     {"cron\n\nisolation=inline\n", 3, "isolation"},
		"more than can be wanted": {strings.Repeat("#\n", MaxScheduleBytes), 1, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
			write(t, 0o644, tt.text, root, "sample", scheduleName)
			c, _ := started(t, root, nil).Code("sample")
			if c.Problem != "" {
				t.Errorf("problem %q", c.Problem)
			}
			if e := c.File.Err; e == nil || e.Line != tt.line || e.Key != tt.key {
				t.Errorf("error %+v, want line %d, key %q", e, tt.line, tt.key)
			}
			if len(c.File.Text) > MaxScheduleBytes+1 {
				t.Errorf("%d bytes were read", len(c.File.Text))
			}
		})
	}
}
