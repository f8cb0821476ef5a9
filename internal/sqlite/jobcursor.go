package sqlite

import (
	"encoding/base64"
	"encoding/json"
	"errors"
)

// jobCursor is the place of a job in a sorted list: the next page begins after
// it, whatever was added or removed before it meanwhile.
type jobCursor struct {
	Sort string `json:"s,omitempty"`
	Rank int    `json:"r,omitempty"`
	At   any    `json:"a"` // int64 or string, as the column that is sorted by
	Key  int64  `json:"k"`
}

var errBadCursor = errors.New("no cursor of this list")

// String is the form that goes out to clients, who do not look inside.
func (c jobCursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // integers and strings only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseJobCursor(text, sort string) (*jobCursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errBadCursor
	}
	var c struct {
		jobCursor
		At json.RawMessage `json:"a"`
	}
	if json.Unmarshal(b, &c) != nil || c.Sort != sort || c.Rank < 0 || c.Rank > 1 {
		return nil, errBadCursor
	}
	out := c.jobCursor
	if sort == "name" || sort == "-name" {
		var name string
		err = json.Unmarshal(c.At, &name)
		out.At = name
	} else {
		var at int64
		err = json.Unmarshal(c.At, &at)
		out.At = at
	}
	if err != nil {
		return nil, errBadCursor
	}
	return &out, nil
}
