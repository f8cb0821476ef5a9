package views

// JobRun asks for the arguments of a run that is to start now.
type JobRun struct {
	Shell `json:"-"`
	JobRow

	Args   string      `json:"-"` // as JSON; the job's own at first
	Key    string      `json:"-"` // idempotency key of the form
	Errors FieldErrors `json:"-"`
}
