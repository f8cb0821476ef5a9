-- +goose Up

-- When a run that waits for its next attempt may start.
ALTER TABLE runs ADD COLUMN not_before INTEGER;
