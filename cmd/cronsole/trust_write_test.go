package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cronsole/internal/testkit"
)

// TestTrustAnsweredWritesAreOnDisk kills consoles while twelve clients write, at
// the moment at which one of them has read its answer. What was answered is
// there; what was not answered is there as a whole or not at all.
func TestTrustAnsweredWritesAreOnDisk(t *testing.T) {
	t.Parallel()
	const lanes, kills = 2, 30
	seed, scale := testkit.Seed(t), testkit.Scale(t)
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			w := newWriteWorld(t, rand.New(rand.NewPCG(seed, uint64(lane))))
			for range kills * scale {
				w.killWhileWriting()
			}
			t.Logf("%d writes were answered, %d were not", w.answered, w.unanswered)
			if w.answered < 100*scale || w.unanswered < 100*scale {
				t.Error("too little happened")
			}
		})
	}
}

// writtenJob is all that clients can have written of a job; zero: there is none.
type writtenJob struct {
	State, Description string
	Version, Revisions int64
	Runs               int64
}

type writeWorld struct {
	t            *testing.T
	random       *rand.Rand
	data, folder string
	jobs         []writtenJob // as they are on disk
	writes       int

	answered, unanswered int
}

func newWriteWorld(t *testing.T, random *rand.Rand) *writeWorld {
	dir := t.TempDir()
	w := &writeWorld{t: t, random: random, data: filepath.Join(dir, "data"), folder: filepath.Join(dir, "jobs"), jobs: make([]writtenJob, 12)}
	deploy(t, w.folder, "echo", "echo hello\n", "")
	return w
}

// intent is a write, and what it makes of the job.
type intent struct {
	method, path string
	body         any
	after        writtenJob
}

// plan chooses what client i writes next.
func (w *writeWorld) plan(i int) intent {
	w.writes++
	job, id, text := w.jobs[i], fmt.Sprint("job-", i), fmt.Sprint("text ", w.writes)
	if job.State == "" {
		return intent{http.MethodPost, "", map[string]any{
			"job_id": id, "code": "echo", "from_file": false, "type": "interval", "args": map[string]any{"hours": 1}, "description": text,
		}, writtenJob{State: "active", Description: text, Version: 1, Revisions: 1}}
	}
	after := job
	switch w.random.IntN(5) {
	case 0:
		return intent{http.MethodDelete, "/" + id, nil, writtenJob{}}
	case 1:
		after.Runs++
		return intent{http.MethodPost, "/" + id + "/run", nil, after}
	case 2:
		if job.State == "active" {
			after.State = "paused"
			return intent{http.MethodPost, "/" + id + "/pause", nil, after}
		}
		after.State = "active"
		return intent{http.MethodPost, "/" + id + "/resume", nil, after}
	default:
		after.Description, after.Version, after.Revisions = text, job.Version+1, job.Revisions+1
		return intent{http.MethodPut, "/" + id, map[string]any{"description": text}, after}
	}
}

// killWhileWriting lets every client write at once, kills the console when some of
// the answers have been read, and looks at what is on disk.
func (w *writeWorld) killWhileWriting() {
	w.t.Helper()
	p := startConsole(w.t, w.data, w.folder)
	intents, acked := make([]intent, len(w.jobs)), make([]bool, len(w.jobs))
	answers := make(chan int, len(w.jobs))
	var clients sync.WaitGroup
	for i := range intents {
		intents[i] = w.plan(i)
		clients.Go(func() {
			status, err := p.try(intents[i].method, "/api/v1/jobs"+intents[i].path, intents[i].body, nil)
			if acked[i] = err == nil; acked[i] && status/100 != 2 {
				w.t.Errorf("%s %s answered %d", intents[i].method, intents[i].path, status)
			}
			answers <- i
		})
	}
	for range 1 + w.random.IntN(len(w.jobs)/2) {
		<-answers
	}
	p.kill()
	clients.Wait()

	now := w.read()
	for i, in := range intents {
		if acked[i] {
			w.answered++
		} else {
			w.unanswered++
		}
		if !acked[i] && now[i] == w.jobs[i] {
			continue // not written at all
		}
		if diff := cmp.Diff(in.after, now[i]); diff != "" {
			w.t.Errorf("%s %s, answered: %v (-want +got):\n%s", in.method, in.path, acked[i], diff)
		}
	}
	w.jobs = now
}

// read reads the jobs past the code under test.
func (w *writeWorld) read() []writtenJob {
	w.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(w.data, "cronsole.db")+"?mode=rw")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	rows, err := db.QueryContext(w.t.Context(), `SELECT job_id, state, json_extract((SELECT definition FROM revisions WHERE job_key = key AND revisions.version = jobs.version), '$.rules.description'), version,
		(SELECT count(*) FROM revisions WHERE job_key = key), (SELECT count(*) FROM runs WHERE job_key = key AND due IS NULL)
		FROM jobs WHERE state <> 'deleted'`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err
	out := make([]writtenJob, len(w.jobs))
	for rows.Next() {
		var id string
		var j writtenJob
		var i int
		if err := rows.Scan(&id, &j.State, &j.Description, &j.Version, &j.Revisions, &j.Runs); err != nil {
			w.t.Fatal(err)
		}
		if _, err := fmt.Sscanf(id, "job-%d", &i); err != nil {
			w.t.Fatal(err)
		}
		out[i] = j
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}
