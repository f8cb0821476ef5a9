package sqlite

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"cronsole/internal/cronsole"
)

// unavailable are the sentences for what keeps SQLite from reading or writing
// through no fault of the caller.
var unavailable = map[sqlite3.ErrNo]string{
	sqlite3.ErrFull:     "The disk of the data folder is full, so nothing can be recorded. Free some space; the console goes on by itself.",
	sqlite3.ErrIoErr:    "The data folder cannot be read or written (input/output error), so nothing can be recorded. Check its disk; the console goes on by itself.",
	sqlite3.ErrReadonly: "The data folder is read-only, so nothing can be recorded. Make it writable; the console goes on by itself.",
	sqlite3.ErrCantOpen: "The database cannot be opened, so nothing can be recorded. Check the data folder; the console goes on by itself.",
	sqlite3.ErrBusy:     "Another program holds the database locked, so nothing can be recorded. End it; the console goes on by itself.",
	sqlite3.ErrLocked:   "Another program holds the database locked, so nothing can be recorded. End it; the console goes on by itself.",
}

// failed says what we were doing when err happened. Errors that are meant for
// the caller go through as they are.
func failed(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*cronsole.Error](err); ok {
		return err
	}
	doing = fmt.Sprintf(doing, args...)
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		if message := unavailable[e.Code]; message != "" {
			return &cronsole.Error{Kind: cronsole.Unavailable, Message: message, Err: fmt.Errorf("%s: %w", doing, err)}
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// isUnique reports whether err is the breach of a UNIQUE index.
func isUnique(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.ExtendedCode == sqlite3.ErrConstraintUnique
}

// isForeignKey reports whether err says that the row referred to is not there.
func isForeignKey(err error) bool {
	e, ok := errors.AsType[sqlite3.Error](err)
	return ok && e.ExtendedCode == sqlite3.ErrConstraintForeignKey
}

func jobNotFound(id string) error {
	return &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found: " + id}
}

func runNotFound(id int64) error {
	return &cronsole.Error{Kind: cronsole.NotFound, Message: fmt.Sprintf("Run not found: #%d", id)}
}
