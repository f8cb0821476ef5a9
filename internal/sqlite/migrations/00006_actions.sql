-- +goose Up

-- What brings a deleted job back, and the state it had.
ALTER TABLE jobs ADD COLUMN undo TEXT;
ALTER TABLE jobs ADD COLUMN undo_state TEXT;

-- When a paused job resumes by itself.
ALTER TABLE jobs ADD COLUMN paused_until INTEGER;

-- The due instant that is not to be run, and when somebody asked for that. Both
-- have had their effect once the cursor is there.
ALTER TABLE jobs ADD COLUMN skip_due INTEGER;
ALTER TABLE jobs ADD COLUMN skip_asked INTEGER;

CREATE UNIQUE INDEX jobs_undo ON jobs (undo) WHERE undo IS NOT NULL;

-- The keys under which runs were asked for: asking again gets the same run.
CREATE TABLE run_keys (
    job_key INTEGER NOT NULL REFERENCES jobs (key),
    key     TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
    asked   TEXT    NOT NULL,           -- the arguments of the request; empty: the job's own
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    PRIMARY KEY (job_key, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_keys_run ON run_keys (run_id);

-- The rule by which retention removed the output: keep_bytes=104857600.
ALTER TABLE runs ADD COLUMN purged_by TEXT NOT NULL DEFAULT '';
