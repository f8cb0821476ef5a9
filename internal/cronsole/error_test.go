package cronsole

import (
	"errors"
	"io/fs"
	"testing"
)

func TestErrorTextSaysEverythingButTheCause(t *testing.T) {
	tests := map[string]struct {
		err  Error
		want string
	}{
		"a message":       {Error{Kind: Conflict, Message: "Job already exists: a", Err: fs.ErrExist}, "Job already exists: a"},
		"a field":         {Error{Kind: Invalid, Message: "The schedule cannot be used.", Fields: []FieldError{{"hour", "is empty"}}}, "The schedule cannot be used.; hour: is empty"},
		"several fields":  {Error{Kind: Invalid, Message: "No.", Fields: []FieldError{{"hour", "is empty"}, {"week", "is 54"}}}, "No.; hour: is empty; week: is 54"},
		"no single field": {Error{Kind: Invalid, Message: "No.", Fields: []FieldError{{"", "the interval is zero"}}}, "No.; the interval is zero"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCauseOfAnErrorIsFound(t *testing.T) {
	var err error = &Error{Kind: Conflict, Message: "Job already exists: a", Err: fs.ErrExist}
	if !errors.Is(err, fs.ErrExist) {
		t.Error("the cause is lost")
	}
	if err := (&Error{Kind: NotFound, Message: "no"}); err.Unwrap() != nil {
		t.Errorf("cause %v of none", err.Unwrap())
	}
}

func TestFieldsOfAnyErrorCanBeShown(t *testing.T) {
	got := fieldsOf(errors.New("not ours"))
	if len(got) != 1 || got[0] != (FieldError{"", "not ours"}) {
		t.Errorf("%v", got)
	}
}
