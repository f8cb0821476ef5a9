package main

import (
	"fmt"
	"strconv"
	"strings"

	"cronsole/internal/cronsole"
)

// readLimits reads the values of --limit, such as code:backup=2 and tag:db=1,
// into what the scheduler takes.
func readLimits(list []string) (map[string]int, error) {
	limits := map[string]int{}
	for _, text := range list {
		i := strings.LastIndexByte(text, '=') // a tag may hold one too
		if i < 0 {
			return nil, fmt.Errorf("--limit %s has no number; write code:NAME=N or tag:NAME=N", text)
		}
		what, number := strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
		kind, name, _ := strings.Cut(what, ":")
		n, err := strconv.Atoi(number)
		switch {
		case kind != "code" && kind != "tag" || name == "":
			return nil, fmt.Errorf("--limit %s is not understood; write code:NAME=N or tag:NAME=N", text)
		case kind == "code" && !cronsole.ValidCode(name):
			return nil, fmt.Errorf("--limit %s: %s cannot be the name of a job folder; write the name of a folder in --jobs", text, name)
		case err != nil:
			return nil, fmt.Errorf("--limit %s: %q is not a whole number; write code:NAME=N or tag:NAME=N", text, number)
		case n < 1:
			return nil, fmt.Errorf("--limit %s would run nothing; write 1 or more", text)
		}
		if _, twice := limits[what]; twice {
			return nil, fmt.Errorf("--limit names %s twice; write it once", what)
		}
		limits[what] = n
	}
	return limits, nil
}
