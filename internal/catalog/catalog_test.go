package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// followed starts a catalog whose poll never helps, so that only the watch can
// tell, and returns a channel that hears of every change.
func followed(t *testing.T, dir string) (*Catalog, <-chan struct{}) {
	t.Helper()
	c := New(dir, nil, "UTC", quiet)
	c.poll, c.debounce = time.Hour, 5*time.Millisecond
	changes := make(chan struct{}, 100)
	c.OnChange(func() { changes <- struct{}{} })
	must(t, c.Start(t.Context()))
	t.Cleanup(c.Stop)
	return c, changes
}

// until waits for changes up to one after which the condition holds.
func until(t *testing.T, changes <-chan struct{}, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !holds() {
		select {
		case <-changes:
		case <-limit.C:
			t.Fatal("never happened: " + what)
		}
	}
}

func problem(c *Catalog, name string) string {
	code, ok := c.Code(name)
	if !ok {
		return "missing"
	}
	return code.Problem
}

func TestChangesAreFollowed(t *testing.T) {
	root := t.TempDir()
	c, changes := followed(t, root)
	if len(c.Codes()) != 0 {
		t.Fatal("the folder is empty")
	}

	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	until(t, changes, "a new folder runs", func() bool { return problem(c, "sample") == "" })

	schedule := filepath.Join(root, "sample", scheduleName)
	write(t, 0o644, "cron\nhour=3\n", schedule)
	until(t, changes, "the schedule is there", func() bool {
		code, _ := c.Code("sample")
		return code.File != nil && code.File.Err == nil && code.File.Definition.Schedule.Cron.Hour == "3"
	})

	write(t, 0o644, "cron\nhour=25\n", schedule)
	until(t, changes, "the mistake is seen", func() bool {
		code, _ := c.Code("sample")
		return code.File != nil && code.File.Err != nil
	})

	// As editors and deployments do it: a new file in the place of the old.
	write(t, 0o644, "cron\nhour=4\n", root, "next")
	must(t, os.Rename(filepath.Join(root, "next"), schedule))
	until(t, changes, "the replaced file is read", func() bool {
		code, _ := c.Code("sample")
		return code.File != nil && code.File.Err == nil && code.File.Definition.Schedule.Cron.Hour == "4"
	})

	must(t, os.Chmod(filepath.Join(root, "sample", "main.sh"), 0o644))
	until(t, changes, "the bit is missed", func() bool { return strings.Contains(problem(c, "sample"), "chmod +x") })
	must(t, os.Chmod(filepath.Join(root, "sample", "main.sh"), 0o755))
	until(t, changes, "the bit is back", func() bool { return problem(c, "sample") == "" })

	must(t, os.Chmod(filepath.Join(root, "sample"), 0o777))
	until(t, changes, "the open folder is refused", func() bool { return strings.Contains(problem(c, "sample"), "every account") })
	must(t, os.Chmod(filepath.Join(root, "sample"), 0o755))
	until(t, changes, "the folder is taken again", func() bool { return problem(c, "sample") == "" })

	must(t, os.RemoveAll(filepath.Join(root, "sample")))
	until(t, changes, "the folder is gone", func() bool { return problem(c, "sample") == "missing" })
}

// A folder that is exchanged as a whole keeps its path and loses its watch.
func TestExchangedFolderIsFollowed(t *testing.T) {
	root, next := t.TempDir(), t.TempDir()
	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	write(t, 0o644, "#!/bin/sh\n", next, "sample", "main.sh")
	c, changes := followed(t, root)

	must(t, os.Rename(filepath.Join(root, "sample"), filepath.Join(next, "old")))
	must(t, os.Rename(filepath.Join(next, "sample"), filepath.Join(root, "sample")))
	until(t, changes, "the new folder is read", func() bool { return strings.Contains(problem(c, "sample"), "chmod +x") })
	must(t, os.Chmod(filepath.Join(root, "sample", "main.sh"), 0o755))
	until(t, changes, "the new folder is watched", func() bool { return problem(c, "sample") == "" })
}

func TestPollFindsWhatTheWatchMissed(t *testing.T) {
	root := t.TempDir()
	c := New(root, nil, "UTC", quiet)
	c.poll = time.Millisecond
	c.debounce = time.Hour // the watch never gets its turn
	changes := make(chan struct{}, 100)
	c.OnChange(func() { changes <- struct{}{} })
	must(t, c.Start(t.Context()))
	defer c.Stop()
	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	until(t, changes, "the poll finds it", func() bool { return problem(c, "sample") == "" })
}

func TestUnchangedFolderTellsNobody(t *testing.T) {
	root := t.TempDir()
	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	write(t, 0o644, "cron\nhour=3\n", root, "sample", scheduleName)
	c, changes := followed(t, root)
	before, _ := c.Code("sample")
	must(t, c.Rescan())
	if after, _ := c.Code("sample"); after != before {
		t.Error("the code was made anew")
	}
	select {
	case <-changes:
		t.Error("a change was told")
	default:
	}
}

func TestMissingJobsFolder(t *testing.T) {
	root := filepath.Join(t.TempDir(), "jobs")
	c := New(root, nil, "UTC", quiet)
	defer c.Stop()
	if err := c.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Fatalf("error %v", err)
	}
	// The mistake can be mended, and a folder that goes away later leaves
	// every code missing.
	write(t, 0o755, "#!/bin/sh\n", root, "sample", "main.sh")
	must(t, c.Start(t.Context()))
	if problem(c, "sample") != "" {
		t.Error(problem(c, "sample"))
	}
	must(t, os.RemoveAll(root))
	if err := c.Rescan(); err == nil {
		t.Error("the missing folder is no error")
	}
	if len(c.Codes()) != 0 {
		t.Error("codes remain")
	}
}

func TestStopIsCalm(t *testing.T) {
	c := New(t.TempDir(), nil, "UTC", quiet)
	c.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	must(t, c.Start(ctx))
	if err := c.Start(ctx); err == nil {
		t.Error("started twice")
	}
	cancel()
	c.Stop()
	c.Stop()
}

func TestCodesAreSortedAndOwn(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"b", "a", "c"} {
		write(t, 0o755, "#!/bin/sh\n", root, name, "main")
	}
	c := started(t, root, nil)
	list := c.Codes()
	list[0] = nil
	got := ""
	for _, code := range c.Codes() {
		got += code.Name
	}
	if got != "abc" {
		t.Errorf("%q", got)
	}
}

func BenchmarkScan1000(b *testing.B) {
	root := b.TempDir()
	for i := range 1000 {
		dir := filepath.Join(root, fmt.Sprintf("code_%04d", i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.sh"), []byte("#!/bin/sh\n"), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, scheduleName), []byte("cron\nminute=*/5\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	r := &reader{dir: root, zone: "UTC"}
	for b.Loop() {
		if _, err := r.scan(); err != nil {
			b.Fatal(err)
		}
	}
}
