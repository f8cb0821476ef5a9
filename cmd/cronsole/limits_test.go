package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadLimits(t *testing.T) {
	tests := map[string]struct {
		in   []string
		want map[string]int
		err  string
	}{
		"none":           {nil, map[string]int{}, ""},
		"some":           {[]string{"code:backup=2", " tag:db = 1"}, map[string]int{"code:backup": 2, "tag:db": 1}, ""},
		"an odd tag":     {[]string{"tag:a:b=c=3"}, map[string]int{"tag:a:b=c": 3}, ""},
		"no number":      {[]string{"code:backup"}, nil, "--limit code:backup has no number; write code:NAME=N or tag:NAME=N"},
		"no kind":        {[]string{"backup=2"}, nil, "--limit backup=2 is not understood; write code:NAME=N or tag:NAME=N"},
		"another kind":   {[]string{"job:backup=2"}, nil, "--limit job:backup=2 is not understood; write code:NAME=N or tag:NAME=N"},
		"no name":        {[]string{"tag:=2"}, nil, "--limit tag:=2 is not understood; write code:NAME=N or tag:NAME=N"},
		"no folder":      {[]string{"code:Back up=2"}, nil, "--limit code:Back up=2: Back up cannot be the name of a job folder; write the name of a folder in --jobs"},
		"a word":         {[]string{"tag:db=one"}, nil, `--limit tag:db=one: "one" is not a whole number; write code:NAME=N or tag:NAME=N`},
		"nought":         {[]string{"tag:db=0"}, nil, "--limit tag:db=0 would run nothing; write 1 or more"},
		"the same twice": {[]string{"tag:db=1", "tag:db=2"}, nil, "--limit names tag:db twice; write it once"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readLimits(tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if text := ""; err != nil {
				if text = err.Error(); text != tt.err {
					t.Errorf("error %q, want %q", text, tt.err)
				}
			} else if tt.err != "" {
				t.Errorf("no error, want %q", tt.err)
			}
		})
	}
}
