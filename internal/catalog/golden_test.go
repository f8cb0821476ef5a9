package catalog

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got; -update writes it anew)\n%s", diff)
	}
}

func TestCheckOutput(t *testing.T) {
	root := deployed(t)
	for name, asJSON := range map[string]bool{"check.txt": false, "check.jsonl": true} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			ok, err := check([]string{root}, asJSON, &out, mayDay)
			if err != nil || ok {
				t.Errorf("ok %v, error %v", ok, err)
			}
			golden(t, name, strings.ReplaceAll(out.String(), root, "jobs"))
		})
	}
}
