package cronsole

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// vector is one case of testdata/triggers.json.
type vector struct {
	ID        string         `json:"id"`
	Type      Type           `json:"type"`
	Args      map[string]any `json:"args"`
	Timezone  string         `json:"timezone"`
	Defaults  string         `json:"defaults"`
	After     string         `json:"after"`
	Expect    []string       `json:"expect"`
	Sane      *[]string      `json:"sane"`
	Literal   *[]string      `json:"literal"`
	Quirk     string         `json:"quirk"`
	Error     bool           `json:"error"`
	Field     string         `json:"field"`
	Frequency *string        `json:"run_frequency"`
}

// readVectors returns the cases; numbers arrive as the given JSON decoder
// gives them.
func readVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/triggers.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVectors(t *testing.T) {
	vectors := readVectors(t)
	if len(vectors) != 554 {
		t.Fatalf("%d cases, want 554", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			if v.Error {
				checkRefused(t, v)
				return
			}
			checkFires(t, v)
		})
	}
}

func (v *vector) schedule() (Schedule, error) {
	args := v.Args
	if v.Defaults == "seed" {
		args = FillDefaults(v.Type, args)
	}
	return ParseSchedule(v.Type, args, v.Timezone)
}

func checkRefused(t *testing.T, v vector) {
	_, err := v.schedule()
	var e *Error
	if !errors.As(err, &e) || e.Kind != Invalid {
		t.Fatalf("error %v, want an *Error of kind Invalid", err)
	}
	if len(e.Fields) != 1 || e.Fields[0].Field != v.Field || e.Fields[0].Message == "" {
		t.Errorf("fields %v, want one message for %q", e.Fields, v.Field)
	}
}

func checkFires(t *testing.T, v vector) {
	s, err := v.schedule()
	if err != nil {
		t.Fatal(err)
	}
	after, err := time.Parse(time.RFC3339Nano, v.After)
	if err != nil {
		t.Fatal(err)
	}
	want := v.Expect
	if v.Sane != nil {
		want = *v.Sane
	}
	if diff := cmp.Diff(want, firstFires(t, s, after, len(want) == 0)); diff != "" {
		t.Errorf("fires (-want +got)\n%s", diff)
	}
	if v.Literal != nil {
		s.DST = DSTLiteral
		if diff := cmp.Diff(*v.Literal, firstFires(t, s, after, len(*v.Literal) == 0)); diff != "" {
			t.Errorf("fires with dst=literal (-want +got)\n%s", diff)
		}
		s.DST = DSTDefault
	}
	if v.Frequency != nil && v.Quirk != "seed-ten-seconds" {
		if diff := cmp.Diff(*v.Frequency, s.Frequency()); diff != "" {
			t.Errorf("run_frequency (-want +got)\n%s", diff)
		}
	}
	if s.Words() == "" || s.Expression() == "" {
		t.Errorf("words %q, expression %q", s.Words(), s.Expression())
	}
}

// firstFires are up to eight fires; a schedule that is never due may be refused.
func firstFires(t *testing.T, s Schedule, after time.Time, never bool) []string {
	t.Helper()
	trigger, err := NewTrigger(s, after)
	if err != nil && !never {
		t.Fatal(err)
	}
	got := []string{}
	if err == nil {
		for _, f := range NextN(trigger, after, 8) {
			got = append(got, f.Format("2006-01-02T15:04:05.999999-07:00"))
		}
		checkMirror(t, trigger, after)
	}
	return got
}

// checkMirror walks eight fires and asks Last and Count about each.
func checkMirror(t *testing.T, trigger Trigger, after time.Time) {
	t.Helper()
	fires := NextN(trigger, after, 8)
	for i, f := range fires {
		if last, ok := trigger.Last(f); !ok || !last.Equal(f) {
			t.Errorf("Last(%s) = %s, %t", f, last, ok)
		}
		if i > 0 {
			if last, ok := trigger.Last(f.Add(-time.Nanosecond)); !ok || !last.Equal(fires[i-1]) {
				t.Errorf("Last(before %s) = %s, %t, want %s", f, last, ok, fires[i-1])
			}
		}
		if n := trigger.Count(after, f); n != int64(i+1) {
			t.Errorf("Count(%s, %s) = %d, want %d", after, f, n, i+1)
		}
	}
}
