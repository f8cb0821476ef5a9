-- +goose Up

-- How many due instants have run, counted while the job has a max_runs.
ALTER TABLE jobs ADD COLUMN ran INTEGER NOT NULL DEFAULT 0;
