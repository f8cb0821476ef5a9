package cronsole

import (
	"fmt"
)

// invalid makes an *Error about values that cannot be accepted.
func invalid(message string, fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// problems collects what is wrong with the values of one request, in the order
// in which it is found.
type problems []FieldError

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// err returns nil when nothing was wrong.
func (p problems) err(message string) error {
	if len(p) == 0 {
		return nil
	}
	return invalid(message, p...)
}
