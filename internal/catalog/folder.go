package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// scheduleName is the name of the file that says when a code runs.
const scheduleName = ".schedule"

// worldWritable is the permission bit that lets any account change a file.
const worldWritable = 0o002

// untrusted returns why a folder, entry or .schedule is refused, empty when it
// is as it should be. The information must come from Lstat.
func untrusted(what string, info fs.FileInfo, dir bool) string {
	mode := info.Mode()
	switch {
	case mode&fs.ModeSymlink != 0:
		return what + " is a symbolic link; put the real one in its place, links are not followed"
	case dir && !mode.IsDir():
		return what + " is not a folder"
	case !dir && mode.IsDir():
		return what + " is a folder; a file is expected"
	case !dir && !mode.IsRegular():
		return what + " is a pipe, socket or device; a file is expected"
	case mode.Perm()&worldWritable != 0:
		return what + " can be changed by every account of the machine; run chmod o-w on it"
	}
	return ""
}

// openFolder opens a folder below root without following a symbolic link. The
// message says why it is refused.
func openFolder(root *os.Root, name string) (folder *os.Root, info fs.FileInfo, refused string, err error) {
	info, err = root.Lstat(name)
	if err != nil {
		return nil, nil, "", err
	}
	if msg := untrusted("the folder", info, true); msg != "" {
		return nil, info, msg, nil
	}
	folder, err = root.OpenRoot(name)
	if err != nil {
		return nil, info, "", err
	}
	// OpenRoot follows links that stay inside; the folder must be the very one
	// that was looked at.
	if err := same(folder, info); err != nil {
		return nil, info, "", errors.Join(err, folder.Close())
	}
	return folder, info, "", nil
}

func same(folder *os.Root, want fs.FileInfo) error {
	got, err := folder.Stat(".")
	if err != nil {
		return err
	}
	if !os.SameFile(got, want) {
		return errors.New("was exchanged while it was read")
	}
	return nil
}

// readFile reads a file of a folder, at most limit bytes and one more, without
// following a link and without waiting for the other end of a pipe.
func readFile(folder *os.Root, name string, limit int64) (data []byte, info fs.FileInfo, refused string, err error) {
	info, err = folder.Lstat(name)
	if err != nil {
		return nil, nil, "", err
	}
	if msg := untrusted(name, info, false); msg != "" {
		return nil, info, msg, nil
	}
	f, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, info, "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	opened, err := f.Stat()
	if err != nil {
		return nil, info, "", err
	}
	if !os.SameFile(opened, info) {
		return nil, info, "", fmt.Errorf("%s was exchanged while it was read", name)
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	return data, opened, "", err
}

// names lists the files of a folder, sorted.
func names(folder *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(folder.FS(), ".")
	if err != nil {
		return nil, err
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name()
	}
	return out, nil
}
