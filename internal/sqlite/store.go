// Package sqlite keeps jobs, the ledger of their runs and their output in one
// SQLite file. It satisfies the store interfaces that the scheduler, the
// executor and the web package declare.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"cronsole/internal/cronsole"
)

// fileName is the database in the data folder; lockName says that a console
// is using the folder.
const (
	fileName = "cronsole.db"
	lockName = "cronsole.lock"
)

// Options are what a Store needs beside its folder.
type Options struct {
	Log *slog.Logger // nil: nothing is logged

	params map[string]string // driver options of both pools that a test wants different
}

// Store is the ledger on SQLite. Reads share a small pool; writes queue for a
// single connection, because SQLite lets one writer in at a time and waiting in
// Go is fairer than retrying on SQLITE_BUSY. Every writing method returns after
// its commit has reached the disk. When nothing can be written (disk full,
// input/output error, read-only) the error is a *cronsole.Error of kind
// Unavailable, nothing has changed, and the same call may succeed later.
//
// Times are kept in milliseconds. All methods are safe for concurrent use.
type Store struct {
	log  *slog.Logger
	path string
	lock *os.File

	writeDB *sql.DB
	readDB  *sql.DB
	writer  *writer

	living livingCounter

	trouble atomic.Pointer[cronsole.Error] // why the last commit failed; nil after a good one

	purgeMu  sync.Mutex
	purgeKey int64 // the job at which the next step of retention begins

	closeOnce sync.Once
	closeErr  error
}

// Open opens the ledger in dir, making folder (0700) and file (0600) when they
// are missing and bringing an older schema up to date. It fails, with a
// sentence for the operator, when another console uses the folder (ErrInUse),
// when a newer console wrote the file, when the file is damaged or not ours, and
// when SQLite does not take the settings that durability rests on.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{log: opts.Log, path: filepath.Join(dir, fileName)}
	if err := s.prepareFolder(ctx, dir); err != nil {
		return nil, err
	}
	if s.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if err := s.open(ctx, opts); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open opens both pools; release undoes what it did when it fails.
func (s *Store) open(ctx context.Context, opts Options) error {
	if err := prepareFile(s.path); err != nil {
		return err
	}
	var err error
	if s.writeDB, err = openPool(s.path, writeParams, opts.params, 1); err != nil {
		return err
	}
	if err := migrate(ctx, s.writeDB, s.path); err != nil {
		return err
	}
	if err := checkPool(ctx, s.writeDB, writeParams, 1); err != nil {
		return err
	}
	if err := checkContent(ctx, s.writeDB, s.path); err != nil {
		return err
	}
	if s.readDB, err = openPool(s.path, readParams, opts.params, readers); err != nil {
		return err
	}
	if err := checkPool(ctx, s.readDB, readParams, readers); err != nil {
		return err
	}
	s.writer, err = startWriter(ctx, s)
	return err
}

// Close waits for the writes under way, refuses later ones and closes the
// file. Further calls return what the first one did.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.release() })
	return s.closeErr
}

func (s *Store) release() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.stop())
	}
	for _, db := range []*sql.DB{s.readDB, s.writeDB} { // the writer last: it leaves no WAL behind
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
