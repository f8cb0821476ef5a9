package cronsole

import "errors"

// The causes with which whoever cancels the context of an [Execution] says
// why. The outcome's error is the text of the cause, so a cause may be wrapped
// to say more.
var (
	// ErrCancelled ends a run as [Cancelled].
	ErrCancelled = errors.New("cancelled")
	// ErrReplaced ends a run as [Cancelled]: a newer one takes its place.
	ErrReplaced error = replaced{}
	// ErrShutdown ends a run as [Interrupted].
	ErrShutdown = errors.New("the console was shut down")
)

type replaced struct{}

func (replaced) Error() string        { return "replaced by a newer run" }
func (replaced) Is(target error) bool { return target == ErrCancelled }
