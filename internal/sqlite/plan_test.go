package sqlite

import (
	"database/sql"
	"regexp"
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

// wholeTable is a step that reads a table from end to end. SQLite plans without
// statistics here, as it does in a console's file.
var wholeTable = regexp.MustCompile(`(?m)^SCAN (jobs|runs)$`)

// sorts is the last step of a plan whose result is sorted.
const sorts = "USE TEMP B-TREE FOR ORDER BY"

// The first page of the jobs, and each page after it, is read along an index:
// what it costs does not grow with the number of jobs.
func TestJobListsAreReadAlongAnIndex(t *testing.T) {
	s := openStore(t, Options{})
	for _, sort := range []string{"", "-", "next", "-next", "name", "-name"} {
		l, err := newJobList(cronsole.JobQuery{Sort: sort, Limit: 50, Now: noon})
		must(t, err)
		at := any(int64(5))
		if strings.HasSuffix(sort, "name") {
			at = "x"
		}
		for _, from := range []*jobCursor{nil, {At: at, Key: 3, Rank: 1}} {
			l.from = from
			for rank, where := range l.parts() {
				query, args := l.partQuery(rank, where, 0, 51)
				plan := planOf(t, s, query, args...)
				few := strings.Contains(where, "AND key IN (") // failing and late ones, which are sorted
				if wholeTable.MatchString(plan) || strings.HasSuffix(plan, sorts) && !few {
					t.Errorf("sort %q, from %v, part %d:\n%s", sort, from, rank, plan)
				}
			}
		}
	}
}

func TestTabsAreReadAlongAnIndex(t *testing.T) {
	s := openStore(t, Options{})
	for _, state := range []string{"running", "failing", "late", "paused"} {
		l, err := newJobList(cronsole.JobQuery{State: state, Sort: "next", Limit: 50, Now: noon})
		must(t, err)
		query, args := l.partQuery(0, l.where, 0, 51)
		if plan := planOf(t, s, query, args...); wholeTable.MatchString(plan) {
			t.Errorf("state %q:\n%s", state, plan)
		}
	}
	plan := planOf(t, s, `SELECT count(*) FROM (`+lateKeys+`)`, sql.Named("now", ms(noon)))
	if wholeTable.MatchString(plan) {
		t.Errorf("count of late jobs:\n%s", plan)
	}
}

func TestRunListsAreReadAlongAnIndex(t *testing.T) {
	s := openStore(t, Options{})
	for _, q := range []cronsole.RunQuery{
		{JobID: "x"},
		{JobKey: 1, Before: 4},
		{States: []cronsole.State{cronsole.Failed}},
		{JobKey: 1, States: []cronsole.State{cronsole.Failed}},
		{JobID: "x", States: []cronsole.State{cronsole.Failed}, Before: 7},
		{States: []cronsole.State{cronsole.Queued}},
		{States: []cronsole.State{cronsole.Queued, cronsole.Running}, Before: 7},
		{Reason: cronsole.ReasonMisfire},
		{Cause: cronsole.CauseManual},
		{JobKey: 1, Cause: cronsole.CauseManual},
	} {
		q.Limit = 50
		query, args := runQuery(q)
		plan := planOf(t, s, query, args...)
		few := q.JobID != "" || onlyActive(q.States)
		if wholeTable.MatchString(plan) || strings.HasSuffix(plan, sorts) && !few {
			t.Errorf("%+v:\n%s", q, plan)
		}
	}
}
