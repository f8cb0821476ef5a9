-- +goose Up

-- Whether nothing is to be started, since when and why; no row: things go on.
CREATE TABLE freeze (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    since  INTEGER NOT NULL,
    reason TEXT    NOT NULL
) STRICT;
