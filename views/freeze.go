package views

import "time"

// FreezePage is whether all is frozen.
type FreezePage struct {
	Shell `json:"-"`

	IsFrozen bool       `json:"frozen"`
	Since    *time.Time `json:"since"`
	Reason   string     `json:"reason"`
}

// NewFreezePage shows what the shell knows of it.
func NewFreezePage(s Shell) *FreezePage {
	m := &FreezePage{Shell: s}
	if f := s.Frozen; f != nil {
		m.IsFrozen, m.Since, m.Reason = true, optional(f.Since), f.Reason
	}
	return m
}
