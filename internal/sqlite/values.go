package sqlite

import (
	"database/sql"
	"encoding/json"
	"time"
)

// ms is a time as it is stored; nil, which is NULL, for the zero time.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// fromMS reads what ms wrote.
func fromMS(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMilli(v.Int64).UTC()
}

// cut drops what the store does not keep, so that a value reads the same
// before and after a restart.
func cut(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// encodeArgs never returns null, so that readers of the file need not expect it.
func encodeArgs(args []any) (string, error) {
	if len(args) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(args)
	return string(b), err
}

func decodeArgs(s string) ([]any, error) {
	if s == "[]" {
		return []any{}, nil
	}
	var args []any
	err := json.Unmarshal([]byte(s), &args)
	return args, err
}

func intOrNull(v *int) any {
	if v == nil {
		return nil
	}
	return int64(*v)
}
