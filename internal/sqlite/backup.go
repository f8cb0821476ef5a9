package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// backupParams are for a connection beside those of a running console. It
// writes nothing into the database; query_only would refuse VACUUM INTO too.
var backupParams = map[string]string{"_busy_timeout": "5000"}

// Backup writes a consistent copy of the ledger in dir to file, while a console
// may be using it: what was committed when it began is in the copy, whole. The
// copy is checked, on disk and for our eyes only when it returns. It fails when
// there is no ledger in dir, and when file is there already.
//
// The copy takes one read transaction; the write-ahead log of the console
// cannot be emptied until it ends.
func Backup(ctx context.Context, dir, file string) error {
	source, err := ledgerIn(dir)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already; name another file, or move it away", file)
	}
	db, err := openPool(source, backupParams, nil, 1)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing was written to it
	if err := checkOurs(ctx, db, source); err != nil {
		return err
	}
	return placeFile(file, func(draft string) error {
		if _, err := db.ExecContext(ctx, "VACUUM INTO ?", draft); err != nil {
			return fmt.Errorf("copy the ledger: %w", err)
		}
		return checkCopy(ctx, draft)
	})
}

// ledgerIn is the path of the ledger in a data folder. The error says that there
// is none.
func ledgerIn(dir string) (string, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no ledger in the data folder %s: %w", dir, reason(err))
	}
	return path, nil
}

// Restore makes file, which Backup wrote, the ledger in dir. A ledger that is
// there is kept under the name that is returned, empty when there was none. It
// fails, and changes nothing, when a console uses the folder (ErrInUse), when
// the file is damaged or not ours, and when a newer console wrote it.
func Restore(ctx context.Context, file, dir string) (kept string, err error) {
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", file, reason(err))
	}
	if err := checkCopy(ctx, file); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unusable(dir, "made", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	target := filepath.Join(dir, fileName)
	return kept, placeFile(target, func(draft string) (err error) {
		if err := copyFile(file, draft); err != nil {
			return fmt.Errorf("copy the backup: %w", err)
		}
		kept, err = keepOld(ctx, target)
		return err
	})
}

// keepOld gives a ledger a second name, after what is in its write-ahead log was
// moved into it. The first name goes on naming it until another file takes that
// over, so that there is a ledger at every moment. Empty when there is none.
func keepOld(ctx context.Context, path string) (kept string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	kept = path + ".before-restore"
	for n := 2; ; n++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s.before-restore-%d", path, n)
	}
	db, err := openPool(path, writeParams, nil, 1)
	if err != nil {
		return "", err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, db.Close()); err != nil {
		// A damaged ledger is what a backup is restored for: its log is kept as
		// it is, and must not be taken for that of the backup.
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := ignoreMissing(os.Rename(path+suffix, kept+suffix)); err != nil {
				return "", fmt.Errorf("keep the ledger that is there: %w", err)
			}
		}
	}
	if err := os.Link(path, kept); err != nil {
		return "", fmt.Errorf("keep the ledger that is there: %w", err)
	}
	return kept, nil
}

// checkCopy makes sure that a file is a whole ledger that this console reads.
func checkCopy(ctx context.Context, path string) (err error) {
	db, err := openPool(path, map[string]string{"_query_only": "1"}, nil, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkOurs(ctx, db, path); err != nil {
		return err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, verdict)
	}
	return checkVersion(ctx, db, path)
}

// checkVersion refuses the ledger of a newer console, and a file in which no
// console has begun.
func checkVersion(ctx context.Context, db *sql.DB, path string) error {
	knows, err := newestMigration()
	if err != nil {
		return err
	}
	var has int64
	err = db.QueryRowContext(ctx, "SELECT ifnull(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&has)
	switch {
	case err != nil || has == 0:
		return fmt.Errorf("%s is empty; it is no backup of a ledger", path)
	case has > knows:
		return newerSchema(path, has, knows)
	}
	return nil
}

// placeFile makes a file appear whole or not at all: write fills a draft beside
// it, which is then put in its place.
func placeFile(path string, write func(draft string) error) (err error) {
	draft := path + ".part"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an earlier draft: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(draft)))
		}
	}()
	// SQLite fills an empty file and leaves its mode alone.
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make %s: %w", draft, reason(err))
	}
	defer func() { err = errors.Join(err, ignoreClosed(f.Close())) }()
	if err := write(draft); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", draft, reason(err))
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	return syncFolder(filepath.Dir(path))
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // opened for reading
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// syncFolder makes a rename in a folder survive a power cut.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// reason is what the system said, without the path around it.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
