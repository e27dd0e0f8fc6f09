-- Pictures in the store that are to be removed: those that a profile has ceased to show, and, from before
-- they are stored until a profile shows them, new ones. So a crash leaves no picture behind.
CREATE TABLE IF NOT EXISTS users.avatar_removals (
    name   text        PRIMARY KEY,
    due_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS avatar_removals_due_idx ON users.avatar_removals (due_at);
