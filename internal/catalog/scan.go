package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode"

	"cronsole/internal/cronsole"
)

// maxCodes bounds how many folders are read; beyond it something other than
// deployed code is lying there.
const maxCodes = 10_000

// A reader reads the folders of one jobs folder.
type reader struct {
	dir     string // absolute
	funcs   map[string]cronsole.Func
	zone    string // of files that name none
	anyFunc bool   // do not ask for a compiled-in function
}

// A snapshot is what lay in the jobs folder at one moment.
type snapshot struct {
	codes   []*cronsole.Code // sorted by name
	byName  map[string]*cronsole.Code
	folders map[string]fs.FileInfo // real folders, to be watched
	info    fs.FileInfo            // of the jobs folder itself
}

// scan reads every folder. A missing jobs folder is an error.
func (r *reader) scan() (_ *snapshot, err error) {
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	s := &snapshot{byName: map[string]*cronsole.Code{}, folders: map[string]fs.FileInfo{}}
	if s.info, err = root.Stat("."); err != nil {
		return nil, err
	}
	all, err := names(root)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		info, err := root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !candidate(root, name, info) {
			continue
		}
		if len(s.codes) == maxCodes {
			return nil, fmt.Errorf("more than %d folders", maxCodes)
		}
		if info.IsDir() {
			s.folders[name] = info
		}
		c := r.readCode(root, name)
		s.codes = append(s.codes, c)
		s.byName[name] = c
	}
	slices.SortFunc(s.codes, func(a, b *cronsole.Code) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// candidate reports whether an entry of the jobs folder is to be shown as a
// code: every folder but hidden ones, and every link to a folder, so that the
// refusal is seen.
func candidate(root *os.Root, name string, info fs.FileInfo) bool {
	switch {
	case strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || !presentable(name):
		return false
	case info.IsDir():
		return true
	case info.Mode()&fs.ModeSymlink == 0 || !cronsole.ValidCode(name):
		return false
	}
	target, err := root.Stat(name)
	return err != nil || target.IsDir() // an error is a link that leads out
}

// presentable reports whether a name can be shown to people as it is.
func presentable(name string) bool {
	return len(name) <= 128 && strings.ToValidUTF8(name, "") == name && strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
