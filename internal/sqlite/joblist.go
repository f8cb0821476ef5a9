package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cronsole/internal/cronsole"
)

// maxLimit bounds a page of jobs or runs.
const maxLimit = 1000

// Jobs returns a page of living jobs with what a list shows of their runs. A
// state, sort, limit or After that is none is an Invalid error that names it.
// All parts of the answer are of the same instant.
func (s *Store) Jobs(ctx context.Context, q cronsole.JobQuery) (cronsole.JobPage, error) {
	l, err := newJobList(q)
	if err != nil {
		return cronsole.JobPage{}, err
	}
	var page cronsole.JobPage
	living := s.living.before()
	err = s.read(ctx, func(tx *sql.Tx) (err error) {
		page, err = l.page(ctx, tx, living)
		return err
	})
	return page, failed(err, "jobs")
}

// JobRow returns one living job as a list shows it, with up to recent past runs
// (at most 24). NotFound when there is none.
func (s *Store) JobRow(ctx context.Context, id string, recent int) (cronsole.JobRow, error) {
	var rows []cronsole.JobRow
	err := s.read(ctx, func(tx *sql.Tx) error {
		j, err := scanJob(tx.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE job_id = ? AND state <> 'deleted'`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return jobNotFound(id)
		}
		if err != nil {
			return err
		}
		rows = []cronsole.JobRow{{Job: j}}
		return addRuns(ctx, tx, rows, recent)
	})
	if err != nil {
		return cronsole.JobRow{}, failed(err, "job %s", id)
	}
	return rows[0], nil
}

// JobsByCode lists the ids of living jobs, sorted, by the code they use.
func (s *Store) JobsByCode(ctx context.Context) (_ map[string][]string, err error) {
	rows, err := s.readDB.QueryContext(ctx, `SELECT code, job_id FROM jobs WHERE state <> 'deleted' ORDER BY job_id COLLATE NOCASE`)
	if err != nil {
		return nil, failed(err, "jobs by code")
	}
	ids := map[string][]string{}
	_, err = collect(rows, func(row scanner) (struct{}, error) {
		var code, id string
		err := row.Scan(&code, &id)
		ids[code] = append(ids[code], id)
		return struct{}{}, err
	})
	return ids, failed(err, "jobs by code")
}

// read runs fn in a transaction, so that all its queries see the same instant.
func (s *Store) read(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.readDB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone: a context that ended has rolled the transaction back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func badValue(field, message string) error {
	return &cronsole.Error{
		Kind: cronsole.Invalid, Message: "This list cannot be shown.",
		Fields: []cronsole.FieldError{{Field: field, Message: message}},
	}
}

// A job is late when the scheduler has not accounted for its next instant, or a
// run of it waits for a slot, for longer than jitter and grace. Only what is
// overdue at all is looked at, which is little; without statistics SQLite would
// rather read all jobs.
const lateKeys = `SELECT key FROM jobs INDEXED BY jobs_next WHERE state <> 'deleted' AND state = 'active' AND sort_next < :now AND sort_next + late_after < :now
	UNION SELECT runs.job_key FROM runs CROSS JOIN jobs ON jobs.key = runs.job_key
	WHERE runs.state IN ('queued', 'running') AND runs.state = 'queued' AND runs.due + jobs.late_after < :now`

const failingKeys = `SELECT key FROM jobs WHERE state <> 'deleted' AND fail_streak > 0`

const runningKeys = `SELECT job_key FROM runs WHERE state IN ('queued', 'running') AND state = 'running'`

// jobStates are the conditions of the tabs.
var jobStates = map[string]string{
	"":         "",
	"running":  "key IN (" + runningKeys + ")",
	"failing":  "fail_streak > 0",
	"late":     "key IN (" + lateKeys + ")",
	"paused":   "state = 'paused'",
	"finished": "state = 'finished'",
}

// jobOrder is one sort: an index yields it forwards and backwards.
type jobOrder struct {
	column  string // compared and ordered by, then the key
	ordered string // the column as the cursor of a page holds it
	split   bool   // failing and late ones come first
}

var jobOrders = map[string]jobOrder{
	"":     {column: "sort_next", ordered: "sort_next", split: true},
	"next": {column: "sort_next", ordered: "sort_next"},
	"name": {column: "job_id COLLATE NOCASE", ordered: "job_id"},
	"last": {column: "sort_last", ordered: "sort_last"},
}

// jobList answers one JobQuery.
type jobList struct {
	q     cronsole.JobQuery
	order jobOrder
	desc  bool
	from  *jobCursor // nil: by page number
	where string
	args  []any
}

func newJobList(q cronsole.JobQuery) (*jobList, error) {
	l := &jobList{q: q}
	name, desc := strings.CutPrefix(q.Sort, "-")
	l.desc = desc
	var ok bool
	if l.order, ok = jobOrders[name]; !ok {
		return nil, badValue("sort", `must be "next", "name" or "last", with "-" before it to reverse`)
	}
	state, ok := jobStates[q.State]
	if !ok {
		return nil, badValue("state", `must be "running", "failing", "late", "paused" or "finished"`)
	}
	if q.Limit < 1 || q.Limit > maxLimit {
		return nil, badValue("limit", fmt.Sprintf("must be 1 to %d", maxLimit))
	}
	if q.After != "" {
		c, err := parseJobCursor(q.After, q.Sort)
		if err != nil {
			return nil, badValue("after", "must be the next of an answer to the same list")
		}
		l.from = c
	}
	l.filter(state)
	return l, nil
}

func (l *jobList) filter(state string) {
	where := []string{"state <> 'deleted'"}
	add := func(cond string, value any) {
		where = append(where, cond)
		l.args = append(l.args, value)
	}
	l.args = append(l.args, sql.Named("now", ms(l.q.Now)))
	if state != "" {
		where = append(where, state)
	}
	if text := strings.ToLower(l.q.Text); text != "" {
		// The parts of the column are lines; a text over two lines is in none.
		add("instr(search, :text) > 0 AND instr(:text, char(10)) = 0", sql.Named("text", text))
	}
	if l.q.Type != "" {
		add("type = :type", sql.Named("type", string(l.q.Type)))
	}
	if l.q.Tag != "" {
		add("instr(tags, char(10) || :tag || char(10)) > 0", sql.Named("tag", l.q.Tag))
	}
	l.where = strings.Join(where, " AND ")
}

func (l *jobList) page(ctx context.Context, tx *sql.Tx, living *livingCount) (page cronsole.JobPage, err error) {
	if page.Counts, err = counts(ctx, tx, ms(l.q.Now), living); err != nil {
		return page, err
	}
	if page.Total, err = l.total(ctx, tx, page.Counts); err != nil {
		return page, err
	}
	jobs, err := l.jobs(ctx, tx)
	if err != nil {
		return page, err
	}
	if len(jobs) > l.q.Limit {
		jobs = jobs[:l.q.Limit]
		page.Next = jobs[l.q.Limit-1].cursor(l.q.Sort)
	}
	page.Rows = make([]cronsole.JobRow, len(jobs))
	for i, j := range jobs {
		page.Rows[i].Job = j.job
	}
	return page, addRuns(ctx, tx, page.Rows, l.q.Recent)
}

// total counts the matches; without a filter the tabs have it already.
func (l *jobList) total(ctx context.Context, tx *sql.Tx, c cronsole.JobCounts) (int, error) {
	if l.where == "state <> 'deleted'" {
		return c.All, nil
	}
	return l.count(ctx, tx, l.where)
}

func (l *jobList) count(ctx context.Context, tx *sql.Tx, where string) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM jobs WHERE `+where, l.args...).Scan(&n)
	return n, err
}

// listedJob is a job with its place in the order.
type listedJob struct {
	job  *cronsole.Job
	rank int // 0: before all of rank 1
	at   any // value of the column that is sorted by
}

func (j listedJob) cursor(sort string) string {
	return jobCursor{Sort: sort, Rank: j.rank, At: j.at, Key: j.job.Key}.String()
}

// jobs reads one job more than the page holds, to know whether there is another
// page. The default order is read in two parts: the few failing and late ones,
// then the others along the index.
func (l *jobList) jobs(ctx context.Context, tx *sql.Tx) ([]listedJob, error) {
	parts := l.parts()
	skip := 0
	if l.from == nil {
		skip = (max(l.q.Page, 1) - 1) * l.q.Limit
	}
	var all []listedJob
	for rank, where := range parts {
		if l.from != nil && rank < l.from.Rank {
			continue
		}
		got, err := l.part(ctx, tx, rank, where, skip, l.q.Limit+1-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
		if len(all) > l.q.Limit {
			break
		}
		if skip > 0 && len(got) == 0 && rank+1 < len(parts) {
			n, err := l.count(ctx, tx, where)
			if err != nil {
				return nil, err
			}
			skip -= n
		} else {
			skip = 0
		}
	}
	return all, nil
}

// parts are the conditions of the parts, in order.
func (l *jobList) parts() []string {
	if !l.order.split {
		return []string{l.where}
	}
	bad := "(" + failingKeys + " UNION " + lateKeys + ")"
	parts := []string{l.where + " AND key IN " + bad, l.where + " AND key NOT IN " + bad}
	if l.desc {
		slices.Reverse(parts)
	}
	return parts
}

func (l *jobList) part(ctx context.Context, tx *sql.Tx, rank int, where string, skip, limit int) ([]listedJob, error) {
	query, args := l.partQuery(rank, where, skip, limit)
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row scanner) (j listedJob, err error) {
		j.rank = rank
		j.job, err = scanJob(row, &j.at)
		return j, err
	})
}

func (l *jobList) partQuery(rank int, where string, skip, limit int) (string, []any) {
	direction, beyond := "ASC", ">"
	if l.desc {
		direction, beyond = "DESC", "<"
	}
	args := append([]any{sql.Named("limit", limit), sql.Named("skip", skip)}, l.args...)
	if l.from != nil && rank == l.from.Rank {
		where += fmt.Sprintf(" AND (%[1]s, key) %[2]s (:at, :key)", l.order.column, beyond)
		args = append(args, sql.Named("at", l.from.At), sql.Named("key", l.from.Key))
	}
	return fmt.Sprintf(`SELECT %s, %s FROM jobs WHERE %s ORDER BY %s %s, key %s LIMIT :limit OFFSET :skip`,
		jobColumns, l.order.ordered, where, l.order.column, direction, direction), args
}
