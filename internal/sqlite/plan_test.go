package sqlite

import (
	"strings"
	"testing"

	"cronsole/internal/cronsole"
)

func planOf(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	rows, err := s.readDB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	must(t, err)
	steps := get(collect(rows, func(row scanner) (step string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &step)
		return step, err
	}))(t)
	return strings.Join(steps, "\n")
}

func TestPrint(t *testing.T) {
	s := openStore(t, Options{})
	for _, sort := range []string{"", "-", "next", "-next", "name", "last"} {
		l, err := newJobList(cronsole.JobQuery{Sort: sort, Limit: 50, Now: noon})
		must(t, err)
		at := any(int64(5))
		if sort == "name" {
			at = "x"
		}
		l.from = &jobCursor{At: at, Key: 3, Rank: 1}
		for _, w := range l.parts() {
			q, a := l.partQuery(1, w, 0, 51)
			t.Logf("sort %q\n%s", sort, planOf(t, s, q, a...))
		}
	}
	for _, st := range []string{"running", "failing", "late", "paused"} {
		l, err := newJobList(cronsole.JobQuery{State: st, Sort: "next", Limit: 50, Now: noon})
		must(t, err)
		q, a := l.partQuery(1, l.where, 0, 51)
		t.Logf("state %q\n%s", st, planOf(t, s, q, a...))
	}
	for _, q := range []cronsole.RunQuery{
		{},
		{JobID: "x"},
		{JobKey: 1, Before: 4},
		{States: []cronsole.State{cronsole.Failed}},
		{JobKey: 1, States: []cronsole.State{cronsole.Failed}},
		{JobID: "x", States: []cronsole.State{cronsole.Failed}, Before: 7},
		{States: []cronsole.State{cronsole.Queued}},
		{Reason: cronsole.ReasonMisfire},
		{Cause: cronsole.CauseManual},
		{JobKey: 1, Cause: cronsole.CauseManual},
	} {
		q.Limit = 50
		query, args := runQuery(q)
		t.Logf("%+v\n%s", q, planOf(t, s, query, args...))
	}
}
