package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page about schedules lists the keys that are read: no other, and none
// twice.
func TestDocumentedKeysAreTheKeys(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "schedule.md"))
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_` ]+`) \\|").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, strings.Fields(strings.ReplaceAll(row[1], "`", ""))...)
	}
	var read []string
	for _, k := range keys {
		read = append(read, k.name)
	}
	slices.Sort(documented)
	slices.Sort(read)
	if diff := cmp.Diff(read, documented); diff != "" {
		t.Errorf("keys (-read +documented):\n%s", diff)
	}
}
