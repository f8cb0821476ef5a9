package sqlite

import (
	"strings"
	"testing"

	"cronsole/internal/cronsole"
)

// The rules of the ledger hold, and none is written as a list of more than two
// values, for which SQLite builds a table each time a row is checked.
func TestRulesOfTheLedgerAreCheapAndHold(t *testing.T) {
	s := openStore(t, Options{})
	var schema string
	must(t, s.readDB.QueryRow(`SELECT group_concat(sql, char(10)) FROM sqlite_schema WHERE tbl_name = 'runs'`).Scan(&schema))
	for line := range strings.Lines(schema) {
		if _, list, ok := strings.Cut(line, " IN ("); ok && strings.Count(strings.SplitN(list, ")", 2)[0], ",") > 1 {
			t.Errorf("a list: %s", line)
		}
	}
	j := addJob(t, s, "j")
	for name, set := range map[string]func(*cronsole.Run){
		"state":  func(r *cronsole.Run) { r.State = "odd" },
		"reason": func(r *cronsole.Run) { r.State, r.Reason, r.FinishedAt = cronsole.Skipped, "odd", r.QueuedAt },
		"cause":  func(r *cronsole.Run) { r.Cause = "odd" },
	} {
		a := tickOf(j)
		set(a.Runs[0])
		if err := s.AddRun(t.Context(), a.Runs[0]); err == nil || !strings.Contains(err.Error(), "CHECK") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
