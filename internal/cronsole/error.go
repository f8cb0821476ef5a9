package cronsole

import "strings"

// Kind says whose mistake an [Error] is and what can be done about it. The web
// package maps each kind to one HTTP status.
type Kind int

// The kinds of error that a caller can act on. Every other error is internal.
const (
	Invalid         Kind = iota + 1 // a value that cannot be accepted; Fields names it
	Malformed                       // a request that cannot be read at all
	NotFound                        // no such job, run or code
	Conflict                        // the id is taken, or the state does not allow it
	Stale                           // the thing was changed since the caller read it
	Gone                            // it was there, and it is too late
	Forbidden                       // not from here: foreign origin, foreign host
	TooLarge                        // more bytes than are accepted
	UnsupportedType                 // a body of a kind that is not read here
	Unavailable                     // cannot be recorded now: disk full, shutting down
)

// FieldError says what is wrong with one named value and what to write instead.
type FieldError struct {
	Field   string // as the person wrote it: "hour", "run_date", "timeout"
	Message string // one sentence, no trailing name of the field
}

// Error is a mistake that the caller can mend. Message is a sentence for
// people; it goes to the page and into the JSON answer as it is, so it never
// carries paths, SQL or values of the environment.
type Error struct {
	Kind    Kind
	Message string
	Fields  []FieldError // for Invalid: what is wrong, in the order of the form
	Err     error        // the cause, for the log only
}

// Error implements error.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range e.Fields {
		b.WriteString("; ")
		if f.Field != "" {
			b.WriteString(f.Field + ": ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
