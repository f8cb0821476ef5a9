package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"cronsole/internal/cronsole"
)

// The definition of a job is that of its latest revision.
const jobColumns = `jobs.key, jobs.job_id, jobs.state, jobs.reason, ` + jobDefinition + `, jobs.anchor, jobs.cursor, jobs.next_run,
	jobs.fail_streak, jobs.ran, jobs.version, jobs.created_at, jobs.updated_at,
	jobs.paused_until, jobs.skip_due, jobs.skip_asked`

const jobDefinition = `(SELECT definition FROM revisions WHERE revisions.job_key = jobs.key AND revisions.version = jobs.version)`

type scanner interface{ Scan(dest ...any) error }

// scanJob reads jobColumns, then more.
func scanJob(row scanner, more ...any) (*cronsole.Job, error) {
	j, err := scanStored(row, more...)
	if err != nil {
		return nil, err
	}
	return j.decode()
}

// storedJob is a job whose definition is still the text that is stored.
type storedJob struct {
	job  cronsole.Job
	text string
}

func (s *storedJob) decode() (_ *cronsole.Job, err error) {
	if s.job.Definition, err = readDefinition(s.text); err != nil {
		return nil, fmt.Errorf("definition of job %s: %w", s.job.ID, err)
	}
	s.text = "" // the job keeps s in memory
	return &s.job, nil
}

func scanStored(row scanner, more ...any) (*storedJob, error) {
	var (
		s                                        storedJob
		anchor, cursor, next, created, updatedAt sql.NullInt64
		until, skipDue, skipAsked                sql.NullInt64
	)
	j := &s.job
	dest := []any{
		&j.Key, &j.ID, &j.State, &j.Reason, &s.text, &anchor, &cursor, &next,
		&j.FailStreak, &j.Ran, &j.Version, &created, &updatedAt,
		&until, &skipDue, &skipAsked,
	}
	if err := row.Scan(append(dest, more...)...); err != nil {
		return nil, err
	}
	j.Anchor, j.Cursor, j.Next = fromMS(anchor), fromMS(cursor), fromMS(next)
	j.CreatedAt, j.UpdatedAt = fromMS(created), fromMS(updatedAt)
	j.PausedUntil, j.SkipDue, j.SkipAsked = fromMS(until), fromMS(skipDue), fromMS(skipAsked)
	return &s, nil
}

// readDefinition reads a stored definition. What an older console did not know
// has its default.
func readDefinition(text string) (cronsole.Definition, error) {
	d := cronsole.Definition{Rules: cronsole.DefaultRules()}
	err := json.Unmarshal([]byte(text), &d)
	return d, err
}

// jobText are the columns that are made from a definition.
type jobText struct {
	definition, search, tags string
	lateAfter                int64 // milliseconds
}

func newJobText(j *cronsole.Job) (jobText, error) {
	d := j.Definition
	if d.Args == nil {
		d.Args = []any{}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return jobText{}, fmt.Errorf("definition of job %s: %w", j.ID, err)
	}
	words := append([]string{j.ID, d.Code, d.Schedule.Expression(), d.Schedule.Words()}, d.Rules.Tags...)
	t := jobText{
		definition: string(b),
		search:     strings.ToLower(strings.Join(words, "\n")),
		lateAfter:  max(0, time.Duration(d.Rules.Jitter+d.Rules.MisfireGrace).Milliseconds()),
	}
	if len(d.Rules.Tags) > 0 {
		t.tags = "\n" + strings.Join(d.Rules.Tags, "\n") + "\n"
	}
	return t, nil
}

// cutTimes makes the times of a job what the store keeps of them.
func cutTimes(j *cronsole.Job) {
	for _, t := range []*time.Time{&j.Anchor, &j.Cursor, &j.Next, &j.CreatedAt, &j.UpdatedAt, &j.PausedUntil, &j.SkipDue, &j.SkipAsked} {
		*t = cut(*t)
	}
}

// CreateJob adds a job as version 1 and sets its Key and Version; its times are
// cut to milliseconds. A finished job of the same id makes way and keeps its
// history as a deleted one. It returns Conflict when an active or paused job has
// the id.
func (s *Store) CreateJob(ctx context.Context, job *cronsole.Job) error {
	defer s.living.changed()
	cutTimes(job)
	version := max(job.Version, 1)
	text, err := newJobText(job)
	if err != nil {
		return err
	}
	var key int64
	err = s.write(ctx, func(t tx) error {
		_, err := t.exec(`UPDATE jobs SET state = 'deleted', deleted_at = ?, next_run = NULL
			WHERE job_id = ? AND state <> 'deleted' AND state = 'finished'`, ms(job.CreatedAt), job.ID)
		if err != nil {
			return err
		}
		res, err := t.exec(`INSERT INTO jobs (job_id, code, type, state, reason, search, tags,
				anchor, cursor, next_run, late_after, fail_streak, version, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			job.ID, job.Definition.Code, job.Definition.Schedule.Type, job.State, job.Reason, text.search, text.tags,
			ms(job.Anchor), ms(job.Cursor), ms(job.Next), text.lateAfter, job.FailStreak, version, ms(job.CreatedAt), ms(job.UpdatedAt))
		if isUnique(err) {
			return &cronsole.Error{Kind: cronsole.Conflict, Message: "Job already exists: " + job.ID, Err: err}
		}
		if err != nil {
			return err
		}
		if key, err = res.LastInsertId(); err != nil {
			return err
		}
		return addRevision(t, key, version, text.definition, job.UpdatedAt)
	})
	if err != nil {
		return failed(err, "create job %s", job.ID)
	}
	job.Key, job.Version = key, version
	return nil
}

func addRevision(t tx, key, version int64, definition string, at time.Time) error {
	_, err := t.exec(`INSERT INTO revisions (job_key, version, definition, effective_at, tz_version) VALUES (?, ?, ?, ?, ?)`,
		key, version, definition, ms(at), cronsole.TZVersion())
	return err
}

// UpdateJob writes all of a job but its key, creation and fail streak, and adds
// a revision. job.Version is the new version; when the ledger does not hold the
// one before it, somebody else was faster and the error is Stale. Conflict when
// its id was changed to one that is taken, NotFound when it was deleted.
func (s *Store) UpdateJob(ctx context.Context, job *cronsole.Job) error {
	cutTimes(job)
	text, err := newJobText(job)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE jobs SET job_id = ?, code = ?, type = ?, state = ?, reason = ?, search = ?, tags = ?,
				anchor = ?, cursor = ?, next_run = ?, late_after = ?, ran = ?, version = ?, updated_at = ?
			WHERE key = ? AND version = ? AND state <> 'deleted'`,
			job.ID, job.Definition.Code, job.Definition.Schedule.Type, job.State, job.Reason, text.search, text.tags,
			ms(job.Anchor), ms(job.Cursor), ms(job.Next), text.lateAfter, job.Ran, job.Version, ms(job.UpdatedAt),
			job.Key, job.Version-1)
		if isUnique(err) {
			return &cronsole.Error{Kind: cronsole.Conflict, Message: "Job already exists: " + job.ID, Err: err}
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return whyNotUpdated(t, job)
		}
		if err := saveRequests(t, job); err != nil {
			return err
		}
		return addRevision(t, job.Key, job.Version, text.definition, job.UpdatedAt)
	})
	return failed(err, "update job %s", job.ID)
}

func whyNotUpdated(t tx, job *cronsole.Job) error {
	var version int64
	err := t.queryRow(`SELECT version FROM jobs WHERE key = ? AND state <> 'deleted'`, job.Key).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return jobNotFound(job.ID)
	}
	if err != nil {
		return err
	}
	return &cronsole.Error{
		Kind:    cronsole.Stale,
		Message: fmt.Sprintf("Job %s was changed meanwhile: it is at version %d.", job.ID, version),
	}
}

// DeleteJob takes a living job out of every list and schedule; its runs stay.
// Undo is what brings it back. NotFound when there is no such job or it is
// deleted already.
func (s *Store) DeleteJob(ctx context.Context, key int64, at time.Time, undo string) error {
	defer s.living.changed()
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE jobs SET undo_state = state, undo = ?, state = 'deleted', deleted_at = ?, updated_at = ?, next_run = NULL
			WHERE key = ? AND state <> 'deleted'`, undo, ms(at), ms(at), key)
		if err == nil && n == 0 {
			return &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found."}
		}
		return err
	})
	return failed(err, "delete job %d", key)
}

// SetJobState writes state, reason, anchor, cursor, next instant, what was asked
// for a time and the time of change of a job, and adds the rows that account for what was passed over, whose IDs it
// sets. A row whose job and due instant are in the ledger already is left out
// and keeps ID 0. NotFound when the job was deleted.
func (s *Store) SetJobState(ctx context.Context, job *cronsole.Job, rows []*cronsole.Run) error {
	cutTimes(job)
	ids := make([]int64, len(rows))
	err := s.write(ctx, func(t tx) error {
		n, err := t.changed(`UPDATE jobs SET state = ?, reason = ?, anchor = ?, cursor = ?, next_run = ?, updated_at = ?
			WHERE key = ? AND state <> 'deleted'`,
			job.State, job.Reason, ms(job.Anchor), ms(job.Cursor), ms(job.Next), ms(job.UpdatedAt), job.Key)
		if err != nil {
			return err
		}
		if n == 0 {
			return jobNotFound(job.ID)
		}
		if err := saveRequests(t, job); err != nil {
			return err
		}
		for i, r := range rows {
			if ids[i], err = insertRun(t, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return failed(err, "set state of job %s", job.ID)
	}
	for i, r := range rows {
		r.ID = ids[i]
	}
	return nil
}

// saveRequests writes what was asked of a job for a time: to be paused until
// then, and to skip an instant.
func saveRequests(t tx, job *cronsole.Job) error {
	_, err := t.exec(`UPDATE jobs SET paused_until = ?, skip_due = ?, skip_asked = ? WHERE key = ?`,
		ms(job.PausedUntil), ms(job.SkipDue), ms(job.SkipAsked), job.Key)
	return err
}

// LiveJobs returns the active and paused jobs, oldest first. Their definitions
// are decoded on all cores: a start waits for this.
func (s *Store) LiveJobs(ctx context.Context) ([]*cronsole.Job, error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE state IN ('active', 'paused') ORDER BY key`)
	if err != nil {
		return nil, failed(err, "live jobs")
	}
	read := make(chan *storedJob, 1024)
	bad := make([]error, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for i := range bad {
		workers.Go(func() {
			for j := range read {
				if _, err := j.decode(); err != nil {
					bad[i] = errors.Join(bad[i], err)
				}
			}
		})
	}
	jobs, err := collect(rows, func(row scanner) (*cronsole.Job, error) {
		j, err := scanStored(row)
		if err != nil {
			return nil, err
		}
		read <- j
		return &j.job, nil
	})
	close(read)
	workers.Wait()
	if err = errors.Join(append(bad, err)...); err != nil {
		return nil, failed(err, "live jobs")
	}
	return jobs, nil
}

// Job returns the living job of that id: active, paused or finished. NotFound
// when there is none.
func (s *Store) Job(ctx context.Context, id string) (*cronsole.Job, error) {
	j, err := scanJob(s.readDB.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE job_id = ? AND state <> 'deleted'`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, jobNotFound(id)
	}
	return j, failed(err, "job %s", id)
}

// LastJob returns the latest job that had the id, deleted ones included.
// NotFound when there never was one, or retention removed it.
func (s *Store) LastJob(ctx context.Context, id string) (*cronsole.Job, error) {
	j, err := scanJob(s.readDB.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE job_id = ? ORDER BY key DESC LIMIT 1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, jobNotFound(id)
	}
	return j, failed(err, "job %s", id)
}

// JobByKey returns a job whatever its state. NotFound when there is none.
func (s *Store) JobByKey(ctx context.Context, key int64) (*cronsole.Job, error) {
	j, err := scanJob(s.readDB.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE key = ?`, key))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &cronsole.Error{Kind: cronsole.NotFound, Message: "Job not found."}
	}
	return j, failed(err, "job %d", key)
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) (_ []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
