package views

import (
	"strconv"
	"time"

	"cronsole/internal/cronsole"
)

// RevisionList is what a job was at its versions, newest first.
type RevisionList struct {
	Shell `json:"-"`

	JobID     string     `json:"job_id"`
	Revisions []Revision `json:"revisions"`
	Next      *string    `json:"next"` // for after=; null on the last page
}

// Revision is a job at one of its versions.
type Revision struct {
	Version     int64          `json:"version"`
	EffectiveAt time.Time      `json:"effective_at"`
	TZVersion   string         `json:"tz_version"`
	Changed     []Change       `json:"changed"` // against the version before; empty for the first
	Definition  map[string]any `json:"definition"`

	Words string `json:"-"`
}

// Change is a key whose value a version changed. An empty text means that the
// key was not set.
type Change struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

// NewRevisionList shows at most limit revisions, newest first. What follows is
// there to be compared with.
func NewRevisionList(s Shell, jobID string, all []cronsole.JobRevision, limit int) (*RevisionList, error) {
	m := &RevisionList{Shell: s, JobID: jobID, Revisions: make([]Revision, 0, min(len(all), limit))}
	for i, r := range all[:min(len(all), limit)] {
		definition, err := DefinitionJSON(r.Version, r.Definition)
		if err != nil {
			return nil, err
		}
		v := Revision{
			Version: r.Version, EffectiveAt: r.Since.UTC(), TZVersion: r.TZVersion, Changed: []Change{},
			Definition: definition, Words: r.Definition.Schedule.Words(),
		}
		delete(definition, "version") // to send it again is to make a new one
		if i+1 < len(all) {
			v.Changed = changes(all[i+1].Definition, r.Definition)
		}
		m.Revisions = append(m.Revisions, v)
	}
	if len(all) > limit {
		after := strconv.FormatInt(all[limit-1].Version, 10)
		m.Next = &after
	}
	return m, nil
}

// changes lists the keys in which two definitions differ.
func changes(from, to cronsole.Definition) []Change {
	list := []Change{}
	for _, pair := range []Change{{"code", from.Code, to.Code}, {"source", string(from.Source), string(to.Source)}} {
		if pair.From != pair.To {
			list = append(list, pair)
		}
	}
	for _, d := range diff(to, from) {
		list = append(list, Change{Key: d.Key, From: d.File, To: d.Job})
	}
	return list
}

// OlderURL is the address of the revisions after those shown; empty when there
// are none.
func (m *RevisionList) OlderURL() string {
	if m.Next == nil {
		return ""
	}
	return JobURL(m.JobID, "revisions") + "?after=" + *m.Next
}
