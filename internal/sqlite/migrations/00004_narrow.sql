-- +goose Up

-- A fire rewrites its job's row. The definition, most of that row, is in
-- revisions already; without it dozens of jobs share a page, not four.
ALTER TABLE jobs DROP COLUMN definition;

-- The runs of a job are few (retention), so that its failed ones are found
-- among them. Each index that a fire need not look at makes it cheaper.
DROP INDEX runs_bad_job;
