package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEachPromiseNamesItsProofs reads docs/promises.md: the proofs it names are
// tests that make trust runs, and no proof is left out.
func TestEachPromiseNamesItsProofs(t *testing.T) {
	root := "../.."
	page := readText(t, filepath.Join(root, "docs/promises.md"))
	pattern := regexp.MustCompile(`(?m)^PROOFS\s*:= (.*)$`).FindStringSubmatch(readText(t, filepath.Join(root, "Makefile")))
	proof := regexp.MustCompile(pattern[1])

	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(page, -1) {
		named[name[1]] = true
	}
	for i := 1; i <= 15; i++ {
		if !strings.Contains(page, "\n| "+itoa(int64(i))+" | **") {
			t.Errorf("promise %d is not there", i)
		}
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(t \*testing\.T\)`)
	for _, dir := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(d.Name(), "_test.go") {
				return err
			}
			for _, name := range declared.FindAllStringSubmatch(readText(t, path), -1) {
				if proof.MatchString(name[1]) {
					there[name[1]] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range named {
		if !there[name] {
			t.Errorf("the page names %s, and make trust runs no such test", name)
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("%s is a proof that the page does not name", name)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
