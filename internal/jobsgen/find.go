package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cronsole/internal/cronsole"
)

// signature is what every job written in Go has.
const signature = "func Call(ctx context.Context, call cronsole.Call) error"

// find returns the names of the folders that hold a job written in Go, sorted.
// The error names every folder that cannot be one, and why.
func find(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the jobs folder: %w", err)
	}
	var faults []error
	for _, e := range entries {
		file := filepath.Join(dir, e.Name(), "main.go")
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_") {
			continue
		}
		info, err := os.Lstat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("look at %s: %w", file, err)
		case !info.Mode().IsRegular():
			faults = append(faults, fmt.Errorf("%s: is not a plain file", file))
			continue
		}
		if err := checkName(e.Name()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err))
			continue
		}
		if err := checkSource(file, e.Name()); err != nil {
			faults = append(faults, err)
			continue
		}
		names = append(names, e.Name())
	}
	return names, errors.Join(faults...)
}

// checkName says why a folder cannot hold a job written in Go.
func checkName(name string) error {
	switch {
	case token.IsKeyword(name):
		return fmt.Errorf("%s is a keyword of Go and cannot name a package; rename the folder", name)
	case name == "main":
		return errors.New("main cannot name the package of a job; rename the folder")
	case !cronsole.ValidCode(name) || !token.IsIdentifier(name):
		return fmt.Errorf("%q cannot name a job written in Go; write 1 to 64 lower-case letters, digits and underscores, beginning with a letter", name)
	}
	return nil
}

// checkSource says what is missing in a main.go. It looks at the text only;
// the compiler has the last word.
func checkSource(file, name string) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err // names file, line and column
	}
	if f.Name.Name != name {
		return fmt.Errorf("%s: the package is called %s; name it after its folder, package %s", file, f.Name.Name, name)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Name.Name != "Call" {
			continue
		}
		if fn.Type.TypeParams != nil || fn.Type.Params.NumFields() != 2 || fn.Type.Results.NumFields() != 1 {
			return fmt.Errorf("%s: Call has another shape; write %s", file, signature)
		}
		return nil
	}
	return fmt.Errorf("%s: there is no function Call; write %s", file, signature)
}

// importPath returns the import path of the jobs folder: the module named in
// go.mod one folder above.
func importPath(dir string) (string, error) {
	file := filepath.Join(dir, "..", "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("find the module of the jobs folder: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`) + "/jobs", nil
		}
	}
	return "", fmt.Errorf("%s names no module", file)
}
