package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrInUse is what Open returns, wrapped in a sentence that names the folder
// and the process, when another console uses the data folder.
var ErrInUse = errors.New("data folder in use")

type inUseError struct {
	dir string
	pid int // 0: unknown
}

func (e *inUseError) Error() string {
	who := "another cronsole"
	if e.pid > 0 {
		who = fmt.Sprintf("another cronsole (process %d)", e.pid)
	}
	return fmt.Sprintf("the data folder %s is in use by %s; stop it first, or choose another folder with --data", e.dir, who)
}

func (e *inUseError) Is(target error) bool { return target == ErrInUse }

// prepareFolder makes the data folder for our eyes only. A folder that was
// there and holds other things keeps its mode: it may be someone's home.
func (s *Store) prepareFolder(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable(dir, "made", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return unusable(dir, "read", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return unusable(dir, "read", err)
	}
	if len(entries) == 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return unusable(dir, "closed to others", err)
		}
		return nil
	}
	s.log.WarnContext(ctx, "data folder can be listed by other users", "folder", dir, "mode", info.Mode().Perm().String())
	return nil
}

// unusable says what cannot be done with the data folder, and why.
func unusable(dir, done string, err error) error {
	return fmt.Errorf("the data folder %s cannot be %s: %w; choose another folder with --data", dir, done, reason(err))
}

// prepareFile makes the database file before SQLite does, with the mode that
// SQLite then gives to the files beside it.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if err := f.Chmod(0o600); err != nil {
		return errors.Join(fmt.Errorf("open database: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Chmod(path+suffix, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("open database: %w", err)
		}
	}
	return nil
}

// lockFolder takes the folder for this process. The kernel drops the lock when
// the process ends, however it ends, and children do not inherit it.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(dir, "written", err)
	}
	err = takeLock(f)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(&inUseError{dir: dir, pid: readPID(f)}, f.Close())
	}
	if err == nil {
		err = writePID(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock data folder %s: %w", dir, err), f.Close())
	}
	return f, nil
}

// lockWait is how long the lock of a process that is gone is waited for. A child
// that it had forked may hold it until it begins its own program.
const lockWait = 5 * time.Second

// takeLock locks a file, at once or not at all; but when the process that is
// named in it has ended, the lock is about to go as well.
func takeLock(f *os.File) error {
	for waited := time.Duration(0); ; waited += lockPause {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || waited >= lockWait || !gone(readPID(f)) {
			return err
		}
		<-time.After(lockPause)
	}
}

const lockPause = 20 * time.Millisecond

func gone(pid int) bool { return pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// folderUser reports whether a console uses the folder, and which process it is.
func folderUser(dir string) (pid int, used bool) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return 0, false
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return readPID(f), true
	}
	return 0, false
}

func readPID(f *os.File) int {
	buf := make([]byte, 32)
	n, _ := f.ReadAt(buf, 0) // a short file is expected; no number means unknown
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return 0
	}
	return pid
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
