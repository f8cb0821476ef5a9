package sqlite

import (
	"fmt"
	"testing"
	"time"

	"cronsole/internal/cronsole"
)

// manyJobs fills a store with jobs of one second, each with past runs.
func manyJobs(b *testing.B, jobs, runs int) *Store {
	b.Helper()
	s := openStore(b, Options{})
	all := make([]*cronsole.Job, jobs)
	for i := range all {
		all[i] = addJob(b, s, fmt.Sprintf("job-%05d", i))
	}
	for n := range runs {
		batch := make([]*cronsole.Advance, jobs)
		for i, j := range all {
			batch[i] = tickOf(j)
			if n%7 == 0 {
				batch[i].Runs[0].State, batch[i].Runs[0].Reason = cronsole.Skipped, cronsole.ReasonOverlap
				batch[i].Runs[0].FinishedAt = batch[i].To
			}
		}
		must(b, s.Advance(b.Context(), batch))
		for _, a := range batch {
			if a.Runs[0].State == cronsole.Running {
				must(b, s.FinishRun(b.Context(), ended(a.Runs[0])))
			}
		}
	}
	return s
}

// tickOf moves a job of one second on by one instant, which runs at once.
func tickOf(j *cronsole.Job) *cronsole.Advance {
	due := j.Cursor.Add(time.Second)
	a := &cronsole.Advance{JobKey: j.Key, From: j.Cursor, To: due, Next: due.Add(time.Second), Runs: []*cronsole.Run{{
		JobKey: j.Key, JobID: j.ID, Code: j.Definition.Code, Due: due, Count: 1, Cause: cronsole.CauseSchedule,
		State: cronsole.Running, Attempt: 1, QueuedAt: due, StartedAt: due,
	}}}
	j.Cursor = due
	return a
}

func ended(r *cronsole.Run) cronsole.Outcome {
	return cronsole.Outcome{RunID: r.ID, Attempt: 1, State: cronsole.Succeeded, StartedAt: r.StartedAt, FinishedAt: r.StartedAt.Add(time.Millisecond)}
}

// A page of the table: 50 jobs with their last 24 runs, and the counts of the
// tabs, out of 1,000 and 10,000 jobs.
func BenchmarkJobsPage(b *testing.B) {
	for _, jobs := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(jobs), func(b *testing.B) {
			s := manyJobs(b, jobs, 5)
			b.ReportAllocs()
			for b.Loop() {
				page, err := s.Jobs(b.Context(), cronsole.JobQuery{Limit: 50, Page: 1, Recent: 24, Now: noon.Add(3 * time.Second)})
				if err != nil || len(page.Rows) != 50 {
					b.Fatal(len(page.Rows), err)
				}
			}
		})
	}
}

// The list as scripts read it: 1,000 jobs at once.
func BenchmarkJobsList1000(b *testing.B) {
	s := manyJobs(b, 1000, 3)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Jobs(b.Context(), cronsole.JobQuery{Sort: "name", Limit: 1000, Page: 1, Now: noon}); err != nil {
			b.Fatal(err)
		}
	}
}

// One fire, durable: the batch of a second moves 1,000 cursors and adds as many
// rows in one transaction. ns/op is for the batch.
func BenchmarkAdvance1000(b *testing.B) {
	s := openStore(b, Options{})
	jobs := make([]*cronsole.Job, 1000)
	for i := range jobs {
		jobs[i] = addJob(b, s, fmt.Sprintf("job-%05d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		batch := make([]*cronsole.Advance, len(jobs))
		for i, j := range jobs {
			batch[i] = tickOf(j)
		}
		if err := s.Advance(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// Outcomes of runs that end side by side share commits. ns/op is for one.
func BenchmarkFinishRun(b *testing.B) {
	s := openStore(b, Options{})
	j := addJob(b, s, "job")
	rows := make(chan *cronsole.Run, b.N)
	for range b.N {
		a := tickOf(j)
		must(b, s.Advance(b.Context(), []*cronsole.Advance{a}))
		rows <- a.Runs[0]
	}
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.FinishRun(b.Context(), ended(<-rows)); err != nil {
				b.Error(err)
			}
		}
	})
}
