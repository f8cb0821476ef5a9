package sqlite

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cronsole/internal/cronsole"
)

func TestOutputIsReadFromAnyOffset(t *testing.T) {
	s := openStore(t, Options{})
	run := addRun(t, s, newRun(addJob(t, s, "x"), noon))
	chunk := func(offset int64, stream cronsole.Stream, data string) cronsole.Chunk {
		return cronsole.Chunk{Offset: offset, Time: noon, Stream: stream, Data: []byte(data)}
	}
	must(t, s.AppendOutput(t.Context(), run.ID, []cronsole.Chunk{chunk(0, cronsole.Stdout, "hello "), chunk(6, cronsole.Stderr, "wor\xff\x00d\n")}, 0))
	must(t, s.AppendOutput(t.Context(), run.ID, []cronsole.Chunk{chunk(13, cronsole.Stdout, "more")}, 0))

	tests := map[string]struct {
		from int64
		want []cronsole.Chunk
	}{
		"from the beginning": {0, []cronsole.Chunk{chunk(0, 1, "hello "), chunk(6, 2, "wor\xff\x00d\n"), chunk(13, 1, "more")}},
		"inside a chunk":     {8, []cronsole.Chunk{chunk(8, 2, "r\xff\x00d\n"), chunk(13, 1, "more")}},
		"between two":        {6, []cronsole.Chunk{chunk(6, 2, "wor\xff\x00d\n"), chunk(13, 1, "more")}},
		"at the end":         {17, nil},
		"beyond the end":     {99, nil},
		"before 0":           {-5, []cronsole.Chunk{chunk(0, 1, "hello "), chunk(6, 2, "wor\xff\x00d\n"), chunk(13, 1, "more")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, get(s.Output(t.Context(), run.ID, tt.from))(t), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := get(s.Run(t.Context(), run.ID))(t); got.OutputBytes != 17 || got.OutputFrom != 0 {
		t.Errorf("%d bytes from %d", got.OutputBytes, got.OutputFrom)
	}

	must(t, s.AppendOutput(t.Context(), run.ID, []cronsole.Chunk{chunk(17, 1, "!")}, 8))
	want := []cronsole.Chunk{chunk(8, 2, "r\xff\x00d\n"), chunk(13, 1, "more"), chunk(17, 1, "!")}
	if diff := cmp.Diff(want, get(s.Output(t.Context(), run.ID, 0))(t)); diff != "" {
		t.Errorf("after the beginning was cut:\n%s", diff)
	}
	if got := get(s.Run(t.Context(), run.ID))(t); got.OutputBytes != 18 || got.OutputFrom != 8 {
		t.Errorf("%d bytes from %d", got.OutputBytes, got.OutputFrom)
	}
	if got := get(s.Output(t.Context(), 999, 0))(t); len(got) != 0 {
		t.Errorf("unknown run: %v", got)
	}
	if err := s.AppendOutput(t.Context(), 999, nil, 0); kindOf(err) != cronsole.NotFound {
		t.Errorf("append to an unknown run: %v", err)
	}
}
