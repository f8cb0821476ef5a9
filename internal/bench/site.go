package bench

import (
	"fmt"
	"os"
	"path/filepath"

	"cronsole/internal/cronsole"
)

// The codes that are deployed to be measured.
const (
	// Noop is a Go function that does nothing, called inside the console.
	Noop     = "bench_noop"
	trueCode = "bench_true" // /bin/true
	printing = "bench_print"
)

// site is the temporary folder with the jobs and data folders of the console.
type site struct{ dir, jobs, data string }

func newSite(parent string) (*site, error) {
	dir, err := os.MkdirTemp(parent, "cronsole-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder (--data says where): %w", err)
	}
	s := &site{dir: dir, jobs: filepath.Join(dir, "jobs"), data: filepath.Join(dir, "data")}
	return s, s.deploy(Noop, "main.go", "package "+Noop+"\n", "interval\nseconds=1\nisolation="+string(cronsole.IsolationInline)+"\n")
}

func (s *site) remove() error {
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove the temporary folder: %w", err)
	}
	return nil
}

// ledger is the database of the console.
func (s *site) ledger() string { return filepath.Join(s.data, "cronsole.db") }

// deploy writes a job folder.
func (s *site) deploy(code, entry, content, schedule string) error {
	dir := filepath.Join(s.jobs, code)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, entry), []byte(content), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".schedule"), []byte(schedule), 0o644)
}

// deployTrue deploys a copy of /bin/true and returns its path.
func (s *site) deployTrue() (string, error) {
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		return "", fmt.Errorf("--command runs /bin/true: %w", err)
	}
	err = s.deploy(trueCode, "main", string(program), "interval\nseconds=1\n")
	return filepath.Join(s.jobs, trueCode, "main"), err
}
