-- +goose Up

-- A fire rewrites its job's row. The definition, most of that row, is in
-- revisions already; without it dozens of jobs share a page, not four.
ALTER TABLE jobs DROP COLUMN definition;

-- SQLite builds a table in memory for IN with more than two values, each time a
-- row is checked, which took half of the time of a fire. The same rules as
-- comparisons, the usual value first. A CHECK can only be changed in the text of
-- the schema, which SQLite documents for rules that no row on disk breaks
-- (https://sqlite.org/lang_altertable.html#otheralter).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    'CHECK (cause IN (''schedule'', ''manual'', ''rerun''))',
    'CHECK (cause = ''schedule'' OR cause = ''manual'' OR cause = ''rerun'')'),
    'CHECK (state IN (''queued'', ''running'', ''succeeded'', ''failed'', ''timed_out'', ''cancelled'', ''interrupted'', ''skipped''))',
    'CHECK (state = ''running'' OR state = ''succeeded'' OR state = ''queued'' OR state = ''skipped'' OR state = ''failed'' OR state = ''timed_out'' OR state = ''cancelled'' OR state = ''interrupted'')'),
    'CHECK (reason IN ('''', ''misfire'', ''overlap'', ''paused'', ''blackout'', ''frozen'', ''expired'', ''queue_full'', ''code_missing''))',
    'CHECK (reason = '''' OR reason = ''misfire'' OR reason = ''overlap'' OR reason = ''paused'' OR reason = ''blackout'' OR reason = ''frozen'' OR reason = ''expired'' OR reason = ''queue_full'' OR reason = ''code_missing'')')
    WHERE type = 'table' AND name = 'runs';
PRAGMA writable_schema = RESET;

-- The runs of a job are few (retention), so that its failed ones are found
-- among them.
DROP INDEX runs_bad_job;
DROP INDEX runs_bad;
CREATE INDEX runs_bad ON runs (id) WHERE state = 'failed' OR state = 'timed_out' OR state = 'interrupted';
