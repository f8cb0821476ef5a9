package cronsole

import "errors"

// The causes with which whoever cancels the context of an [Execution] says
// why. The outcome's error is the text of the cause, so a cause may be wrapped
// to say more.
var (
	// ErrCancelled ends a run as [Cancelled].
	ErrCancelled = errors.New("cancelled")
	// ErrShutdown ends a run as [Interrupted].
	ErrShutdown = errors.New("the console was shut down")
)
