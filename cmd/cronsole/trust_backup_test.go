package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cronsole/internal/testkit"
)

// TestTrustSecondConsoleRefuses starts a second console on the same data. It says
// why it does not start, and the first one goes on.
func TestTrustSecondConsoleRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, folder := filepath.Join(dir, "data"), filepath.Join(dir, "jobs")
	deploy(t, folder, "echo", "echo hello\n", "")
	first := startConsole(t, data, folder)
	second, err := launch(t, nil, data, folder)
	if err == nil {
		t.Fatal("two consoles are running")
	}
	if want := fmt.Sprintf("in use by another cronsole (process %d)", first.cmd.Process.Pid); !strings.Contains(err.Error(), want) {
		t.Errorf("it says %q, want %q", err, want)
	}
	if code := second.cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("it ended with status %d", code)
	}
	first.everySecond("j", "echo", nil)
	eventually(t, 5*time.Second, "the first one runs jobs", func() bool { return len(first.runs("j")) > 0 })
	first.stop()
}

// TestTrustBackupUnderLoad makes backups with the documented command while jobs
// run. Each one restores to a ledger in which every instant up to its moment is
// accounted for, and a console goes on from there.
func TestTrustBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, folder := filepath.Join(dir, "data"), filepath.Join(dir, "jobs")
	deploy(t, folder, "echo", "echo hello; sleep 0.2\n", "")
	p := startConsole(t, data, folder)
	for i := range 10 {
		p.everySecond(fmt.Sprint("j", i), "echo", nil)
		<-time.After(30 * time.Millisecond)
	}
	<-time.After(time.Second)
	backups := make([]string, 5*testkit.Scale(t))
	for i := range backups {
		backups[i] = filepath.Join(dir, fmt.Sprintf("backup-%d.db", i))
		command(t, "backup", "--data", data, backups[i])
		<-time.After(300 * time.Millisecond)
	}
	p.stop()
	all := map[int64]ledgerRow{}
	for _, r := range readLedger(t, data) {
		all[r.id] = r
	}
	for i, file := range backups {
		restored := filepath.Join(dir, fmt.Sprint("restored-", i))
		command(t, "restore", "--data", restored, file)
		rows := readLedger(t, restored)
		if len(rows) < 10 {
			t.Errorf("backup %d has %d rows", i, len(rows))
		}
		for _, r := range rows {
			if w := all[r.id]; !w.due.Equal(r.due) || w.job != r.job || r.state.Final() && r.state != w.state {
				t.Errorf("backup %d has %+v, and the ledger %+v", i, r, w)
			}
		}
		checkGrid(t, rows, time.Second)
		checkVerify(t, restored)
	}
	restored := filepath.Join(dir, "restored-0")
	p = startConsole(t, restored, folder)
	<-time.After(1200 * time.Millisecond)
	p.stop()
	checkGrid(t, readLedger(t, restored), time.Second)
	checkVerify(t, restored)
}

// command runs a command of the program, and fails the test when it fails.
func command(t testing.TB, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if status := run(args, &out, &out); status != exitOK {
		t.Fatalf("%v: status %d\n%s", args, status, out.String())
	}
}
