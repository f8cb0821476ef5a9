-- +goose Up

-- Times are UTC milliseconds since 1970; NULL is "not (yet)".
-- 0x63726F6E is "cron": it tells our files from other SQLite databases.
PRAGMA application_id = 0x63726F6E;

CREATE TABLE jobs (
    key         INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id      TEXT    NOT NULL CHECK (length(job_id) BETWEEN 1 AND 128),
    code        TEXT    NOT NULL CHECK (code <> ''),
    type        TEXT    NOT NULL CHECK (type IN ('cron', 'interval', 'date')),
    state       TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'finished', 'deleted')),
    reason      TEXT    NOT NULL DEFAULT '',
    definition  TEXT    NOT NULL CHECK (json_valid(definition)),
    search      TEXT    NOT NULL,               -- lower case: what the filter of the list looks in
    tags        TEXT    NOT NULL DEFAULT '',    -- each between newlines
    anchor      INTEGER NOT NULL,
    cursor      INTEGER NOT NULL,
    next_run    INTEGER,
    late_after  INTEGER NOT NULL DEFAULT 0 CHECK (late_after >= 0), -- jitter and grace, in milliseconds
    last_run    INTEGER,                        -- when its latest run that was not skipped was recorded
    fail_streak INTEGER NOT NULL DEFAULT 0 CHECK (fail_streak >= 0),
    version     INTEGER NOT NULL CHECK (version >= 1),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    -- Jobs without a next run sort after all others.
    sort_next   INTEGER NOT NULL GENERATED ALWAYS AS (ifnull(next_run, 9007199254740991)) VIRTUAL,
    sort_last   INTEGER NOT NULL GENERATED ALWAYS AS (ifnull(last_run, 0)) VIRTUAL,
    CHECK ((state = 'deleted') = (deleted_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX jobs_living  ON jobs (job_id) WHERE state <> 'deleted';
CREATE        INDEX jobs_id      ON jobs (job_id);
CREATE        INDEX jobs_name    ON jobs (job_id COLLATE NOCASE) WHERE state <> 'deleted';
CREATE        INDEX jobs_next    ON jobs (sort_next) WHERE state <> 'deleted';
CREATE        INDEX jobs_failing ON jobs (key) WHERE state <> 'deleted' AND fail_streak > 0;
CREATE        INDEX jobs_paused  ON jobs (key) WHERE state = 'paused';
CREATE        INDEX jobs_deleted ON jobs (key) WHERE state = 'deleted';

-- What a job was at each of its versions.
CREATE TABLE revisions (
    job_key      INTEGER NOT NULL REFERENCES jobs (key),
    version      INTEGER NOT NULL CHECK (version >= 1),
    definition   TEXT    NOT NULL CHECK (json_valid(definition)),
    effective_at INTEGER NOT NULL,
    tz_version   TEXT    NOT NULL,
    PRIMARY KEY (job_key, version)
) STRICT, WITHOUT ROWID;

-- The ledger. A row is a due instant, a range of skipped ones, or a manual run;
-- attempt and what follows describe the latest attempt.
CREATE TABLE runs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    job_key      INTEGER NOT NULL REFERENCES jobs (key),
    code         TEXT    NOT NULL,
    due          INTEGER,
    due_until    INTEGER,
    count        INTEGER NOT NULL CHECK (count >= 0),
    cause        TEXT    NOT NULL CHECK (cause IN ('schedule', 'manual', 'rerun')),
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'interrupted', 'skipped')),
    reason       TEXT    NOT NULL DEFAULT '' CHECK (reason IN ('', 'misfire', 'overlap', 'paused', 'blackout', 'frozen', 'expired', 'queue_full', 'code_missing')),
    args         TEXT    NOT NULL DEFAULT '[]',
    attempt      INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    queued_at    INTEGER NOT NULL,
    started_at   INTEGER,
    finished_at  INTEGER,
    exit_code    INTEGER,
    signal       TEXT    NOT NULL DEFAULT '',
    error        TEXT    NOT NULL DEFAULT '',
    output_bytes INTEGER NOT NULL DEFAULT 0 CHECK (output_bytes >= 0),
    output_from  INTEGER NOT NULL DEFAULT 0 CHECK (output_from >= 0),
    purged_at    INTEGER,
    CHECK ((finished_at IS NULL) = (state IN ('queued', 'running'))),
    CHECK (state <> 'running' OR started_at IS NOT NULL),
    CHECK ((reason <> '') = (state = 'skipped')),
    CHECK (cause <> 'schedule' OR due IS NOT NULL),
    CHECK (due_until IS NULL OR (due_until >= due AND state = 'skipped'))
) STRICT;

CREATE UNIQUE INDEX runs_due     ON runs (job_key, due) WHERE due IS NOT NULL;
CREATE        INDEX runs_job     ON runs (job_key); -- and id, which every index ends with
CREATE        INDEX runs_active  ON runs (job_key) WHERE state IN ('queued', 'running');
CREATE        INDEX runs_bad     ON runs (id) WHERE state IN ('failed', 'timed_out', 'interrupted');
CREATE        INDEX runs_bad_job ON runs (job_key) WHERE state IN ('failed', 'timed_out', 'interrupted');
CREATE        INDEX runs_skipped ON runs (reason) WHERE state = 'skipped';
CREATE        INDEX runs_asked   ON runs (id) WHERE cause <> 'schedule';

-- Attempts before the latest one, so that an ordinary run is one row.
CREATE TABLE attempts (
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    attempt     INTEGER NOT NULL CHECK (attempt >= 1),
    state       TEXT    NOT NULL CHECK (state IN ('succeeded', 'failed', 'timed_out', 'cancelled', 'interrupted')),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    exit_code   INTEGER,
    signal      TEXT    NOT NULL DEFAULT '',
    error       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, attempt)
) STRICT, WITHOUT ROWID;

-- The child of each running attempt; gone when the attempt ends.
CREATE TABLE processes (
    run_id     INTEGER PRIMARY KEY REFERENCES runs (id),
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    pid        INTEGER NOT NULL CHECK (pid > 0),
    start_time INTEGER NOT NULL,
    boot_id    TEXT    NOT NULL
) STRICT;

CREATE TABLE output (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    offset INTEGER NOT NULL CHECK (offset >= 0),
    at     INTEGER NOT NULL,
    stream INTEGER NOT NULL CHECK (stream IN (1, 2)),
    data   BLOB    NOT NULL CHECK (length(data) > 0),
    PRIMARY KEY (run_id, offset)
) STRICT, WITHOUT ROWID;
