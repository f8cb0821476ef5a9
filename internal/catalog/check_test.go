package catalog

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deployed makes a jobs folder with something of everything in it.
func deployed(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, 0o755, "#!/bin/sh\n", root, "backup", "main.sh")
	write(t, 0o644, "# nightly\ncron\nhour=2\nminute=30\nsecond=0\ntimezone=Asia/Tokyo\nargs=[\"--full\", 3]\n", root, "backup", scheduleName)
	write(t, 0o755, "#!/bin/sh\n", root, "hourly", "main.sh")
	write(t, 0o644, "interval\nhours=1\n", root, "hourly", scheduleName)
	write(t, 0o644, "#!/bin/sh\n", root, "asleep", "main.sh")
	write(t, 0o644, "cron\nhour=25\n", root, "asleep", scheduleName)
	write(t, 0o644, "package from_go\n", root, "from_go", "main.go")
	write(t, 0o755, "#!/bin/sh\n", root, "manual", "main.sh")
	write(t, 0o755, "#!/bin/sh\n", root, "typo", "main.sh")
	write(t, 0o644, "cron\nsecnd=0\n", root, "typo", scheduleName)
	write(t, 0o755, "#!/bin/sh\n", root, "linked", "main.sh")
	must(t, os.Symlink("/etc/passwd", filepath.Join(root, "linked", scheduleName)))
	write(t, 0o755, "#!/bin/sh\n", root, "piped", "main.sh")
	must(t, syscall.Mkfifo(filepath.Join(root, "piped", scheduleName), 0o644))
	return root
}

func mayDay() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func TestCheckPaths(t *testing.T) {
	root := deployed(t)
	empty, fifo := t.TempDir(), filepath.Join(t.TempDir(), "fifo")
	must(t, syscall.Mkfifo(fifo, 0o644))
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(filepath.Join(root, "hourly", scheduleName), link))
	tests := map[string]struct {
		paths []string
		ok    bool
		lines []string // in this order, each begins so, ROOT for the folder
	}{
		"a job folder":                  {[]string{root + "/hourly"}, true, []string{"ROOT/hourly/.schedule: ok, "}},
		"with a slash":                  {[]string{root + "/hourly/"}, true, []string{"ROOT/hourly/.schedule: ok, "}},
		"a single file":                 {[]string{root + "/typo/.schedule"}, false, []string{"ROOT/typo/.schedule:2: secnd: "}},
		"a file that the person linked": {[]string{link}, true, []string{link + ": ok, "}},
		"a job folder without schedule": {[]string{root + "/manual"}, true, nil},
		"a folder that is not ready": {
			[]string{root + "/asleep"},
			false,
			[]string{"ROOT/asleep: main.sh is not executable; run chmod +x", "ROOT/asleep/.schedule:2: hour: "},
		},
		"several": {
			[]string{root + "/hourly", root + "/typo", root + "/hourly"},
			false,
			[]string{"ROOT/hourly/.schedule: ok", "ROOT/typo/.schedule:2:", "ROOT/hourly/.schedule: ok"},
		},
		"what is not there": {[]string{root + "/nowhere"}, false, []string{"ROOT/nowhere: no such file or directory"}},
		"a pipe":            {[]string{fifo}, false, []string{fifo + ": is neither a folder nor a file"}},
		"an empty folder":   {[]string{empty}, false, []string{empty + ": there is no job folder in it"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			ok, err := check(tt.paths, false, &out, mayDay)
			if err != nil || ok != tt.ok {
				t.Errorf("ok %v, error %v", ok, err)
			}
			var lines []string
			if out.Len() > 0 {
				lines = strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			}
			if len(lines) != len(tt.lines) {
				t.Fatalf("%q", lines)
			}
			for i, want := range tt.lines {
				if want = strings.ReplaceAll(want, "ROOT", root); !strings.HasPrefix(lines[i], want) {
					t.Errorf("%s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

func TestCheckHere(t *testing.T) {
	t.Chdir(filepath.Join(deployed(t), "hourly"))
	var out bytes.Buffer
	if ok, err := check([]string{"."}, false, &out, mayDay); err != nil || !ok || !strings.HasPrefix(out.String(), ".schedule: ok, ") {
		t.Errorf("ok %v, error %v: %s", ok, err, out.String())
	}
}

func TestWarningsAreNoErrors(t *testing.T) {
	r := Report{File: "x/.schedule", Words: "At some time", Warnings: []string{"hour without minute", "and more"}}
	want := "x/.schedule: ok, At some time\nx/.schedule: warning: hour without minute\nx/.schedule: warning: and more\n"
	if got := r.text(); got != want {
		t.Errorf("%s", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestCheckTellsWhenItCannotWrite(t *testing.T) {
	if _, err := Check([]string{"nowhere"}, false, full{}); err == nil {
		t.Error("no error")
	}
}

// The samples of this repository are sound.
func TestCheckSamples(t *testing.T) {
	var out bytes.Buffer
	if ok, err := Check([]string{"../../jobs"}, false, &out); err != nil || !ok {
		t.Errorf("ok %v, error %v: %s", ok, err, out.String())
	}
}
