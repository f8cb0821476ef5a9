-- +goose Up

-- How many due instants have run, counted while the job has a max_runs.
ALTER TABLE jobs ADD COLUMN ran INTEGER NOT NULL DEFAULT 0;

-- 1: the run was made because the console started. Its cause is 'manual', which
-- is what rows without a due instant may have; readers see the cause 'start'.
ALTER TABLE runs ADD COLUMN at_start INTEGER NOT NULL DEFAULT 0;
