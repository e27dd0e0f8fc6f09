-- The outcome of a plain form, until the page that it leads to is shown; 10 minutes at most. The cookie holds the id,
-- the table its hash.
CREATE TABLE IF NOT EXISTS users.flashes (
    id_hash    bytea       PRIMARY KEY,
    data       jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
-- Serves the sweep of those that no page has taken.
CREATE INDEX IF NOT EXISTS flashes_expires_at_idx ON users.flashes (expires_at, id_hash);
-- Serves an erasure, which drops what was typed with the address.
CREATE INDEX IF NOT EXISTS flashes_email_idx ON users.flashes (lower((data #>> '{values,email}') COLLATE "C"));
