package main

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/testkit"
)

// shownJob is what a job's row says, in the words of the page.
type shownJob struct {
	State string
	Next  time.Time // zero: none
}

// TestTrustPagesAgreeWithTheLedger does random things to jobs. After each of them the
// page, its part, the JSON and the ledger say the same of every job.
func TestTrustPagesAgreeWithTheLedger(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	dir := t.TempDir()
	w := &agreeWorld{t: t, random: random, data: filepath.Join(dir, "data")}
	folder := filepath.Join(dir, "jobs")
	deploy(t, folder, "works", "exit 0\n", "")
	deploy(t, folder, "fails", "exit 1\n", "")
	w.p = startConsole(t, w.data, folder)
	seen := map[string]bool{}
	for i := range 300 * testkit.Scale(t) {
		did := w.act()
		w.settle()
		ledger := w.ledger()
		for face, got := range map[string]map[string]shownJob{"page": w.rows("/jobs?limit=100"), "part": w.rows("/jobs?limit=100&part=rows"), "JSON": w.json()} {
			if diff := cmp.Diff(ledger, got); diff != "" {
				t.Fatalf("after step %d, %s: the %s differs from the ledger (-ledger +%s):\n%s", i, did, face, face, diff)
			}
		}
		for _, j := range ledger {
			seen[j.State] = true
		}
	}
	if diff := cmp.Diff([]string{"Failing", "No runs yet", "OK", "Paused"}, slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("states that were met (-want +got):\n%s", diff)
	}
	w.nextIsTheOneThatFires()
	w.p.stop()
}

type agreeWorld struct {
	t      *testing.T
	random *rand.Rand
	data   string
	p      *process
}

// act does one thing that an operator does.
func (w *agreeWorld) act() string {
	w.t.Helper()
	id := fmt.Sprint("job-", w.random.IntN(8))
	path := "/api/v1/jobs/" + id
	trigger := map[string]any{"from_file": false, "type": "interval", "args": map[string]any{"hours": 1 + w.random.IntN(100)}}
	if w.random.IntN(2) == 0 {
		trigger = map[string]any{
			"from_file": false, "type": "cron", "timezone": []string{"Europe/Berlin", "Asia/Kathmandu", "UTC"}[w.random.IntN(3)],
			"args": map[string]any{"month": fmt.Sprint(1 + w.random.IntN(12)), "day": "13", "hour": fmt.Sprint(w.random.IntN(24)), "minute": "30", "second": "0"},
		}
	}
	method, body := http.MethodPost, map[string]any(nil)
	switch op := w.random.IntN(10); {
	case op < 3:
		path, body = "/api/v1/jobs", maps.Clone(trigger)
		body["job_id"], body["code"] = id, []string{"works", "fails"}[w.random.IntN(2)]
	case op < 6:
		path += "/run"
	case op == 6:
		method, body = http.MethodPut, trigger
	case op == 7:
		path += "/pause"
	case op == 8:
		path += "/resume"
	default:
		method = http.MethodDelete
	}
	var payload any
	if body != nil {
		payload = body
	}
	status := w.p.call(method, path, payload, nil)
	if !slices.Contains([]int{200, 202, 404, 409}, status) {
		w.t.Errorf("%s %s answered %d", method, path, status)
	}
	return fmt.Sprint(method, " ", path, " ", status)
}

// settle waits until no run is going on.
func (w *agreeWorld) settle() {
	w.t.Helper()
	eventually(w.t, 10*time.Second, "all runs are over", func() bool {
		var health struct{ Queued, Running int }
		w.p.call("GET", "/readyz", nil, &health)
		return health.Queued+health.Running == 0
	})
}

var (
	rowPattern  = regexp.MustCompile(`(?s)<tr[^>]*data-job="([^"]+)".*?</tr>`)
	wordPattern = regexp.MustCompile(`<span class="sr">([^<]+)</span>`)
	duePattern  = regexp.MustCompile(`datetime="([^"]+)" data-rel="due"`)
)

// rows reads the table of jobs as a browser gets it.
func (w *agreeWorld) rows(path string) map[string]shownJob {
	w.t.Helper()
	status, body := w.p.page(path)
	if status != http.StatusOK {
		w.t.Fatalf("%s answered %d", path, status)
	}
	out := map[string]shownJob{}
	for _, row := range rowPattern.FindAllStringSubmatch(body, -1) {
		j := shownJob{State: wordPattern.FindStringSubmatch(row[0])[1]}
		if due := duePattern.FindStringSubmatch(row[0]); due != nil {
			at, err := time.Parse(time.RFC3339Nano, due[1])
			if err != nil {
				w.t.Fatal(err)
			}
			j.Next = at.UTC()
		}
		out[row[1]] = j
	}
	return out
}

func (w *agreeWorld) json() map[string]shownJob {
	w.t.Helper()
	var list struct {
		Jobs []struct {
			JobID      string     `json:"job_id"`
			State      string     `json:"state"`
			NextRun    *time.Time `json:"next_run"`
			FailStreak int        `json:"fail_streak"`
			LastRun    *runJSON   `json:"last_run"`
		}
	}
	w.p.call("GET", "/api/v1/jobs", nil, &list)
	out := map[string]shownJob{}
	for _, j := range list.Jobs {
		last := ""
		if j.LastRun != nil {
			last = j.LastRun.State
		}
		if (last == "failed") != (j.FailStreak > 0) {
			w.t.Errorf("%s has failed %d times, and its last run is %q", j.JobID, j.FailStreak, last)
		}
		s := shownJob{State: stateWord(j.State, last)}
		if j.NextRun != nil {
			s.Next = j.NextRun.UTC()
		}
		out[j.JobID] = s
	}
	return out
}

// stateWord is what the page calls a job that is not running.
func stateWord(state, last string) string {
	switch {
	case state == "paused":
		return "Paused"
	case last == "failed":
		return "Failing"
	case last == "":
		return "No runs yet"
	}
	return "OK"
}

// ledger reads the same past the code under test.
func (w *agreeWorld) ledger() map[string]shownJob {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.data, "cronsole.db")+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // opened for reading
	rows, err := db.QueryContext(w.t.Context(), `SELECT job_id, state, iif(state = 'active', next_run, NULL),
		ifnull((SELECT r.state FROM runs r WHERE r.job_key = key AND r.state <> 'skipped' ORDER BY id DESC LIMIT 1), '')
		FROM jobs WHERE state <> 'deleted'`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err
	out := map[string]shownJob{}
	for rows.Next() {
		var id, state, last string
		var next sql.NullInt64
		if err := rows.Scan(&id, &state, &next, &last); err != nil {
			w.t.Fatal(err)
		}
		j := shownJob{State: stateWord(state, last)}
		if next.Valid {
			j.Next = time.UnixMilli(next.Int64).UTC()
		}
		out[id] = j
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// nextIsTheOneThatFires reads the next run of a job off the page and waits for it.
func (w *agreeWorld) nextIsTheOneThatFires() {
	w.t.Helper()
	w.p.everySecond("soon", "works", nil)
	shown := w.rows("/jobs?limit=100")["soon"].Next
	if shown.IsZero() {
		w.t.Fatal("no next run is shown")
	}
	eventually(w.t, 5*time.Second, "the run that was shown", func() bool {
		return slices.ContainsFunc(w.p.runs("soon"), func(r runJSON) bool { return r.Due != nil && r.Due.Equal(shown) })
	})
}
