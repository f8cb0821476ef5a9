package views

import "time"

// ErrorDetail is an error as people and scripts see it. In JSON it is an
// application/problem+json body.
type ErrorDetail struct {
	Shell `json:"-"`

	Type      string      `json:"type"` // always "about:blank": the status says it
	Heading   string      `json:"title"`
	Status    int         `json:"status"`
	Detail    string      `json:"detail"`
	Errors    FieldErrors `json:"errors,omitempty"`
	RequestID string      `json:"request_id,omitempty"` // for the log; unexpected errors only
	Nearest   []string    `json:"nearest,omitempty"`    // not found: ids that look like the one asked for
	DeletedAt *time.Time  `json:"deleted_at,omitempty"` // not found: the job was there until then
	Undo      string      `json:"undo,omitempty"`       // a POST to it brings the job back
	JobID     string      `json:"-"`                    // that was deleted
	Current   any         `json:"current,omitempty"`    // an edit that came too late: the definition that there is now
	Yours     any         `json:"yours,omitempty"`      // and what was sent
	Valid     *bool       `json:"valid,omitempty"`      // previews only: always false
}
