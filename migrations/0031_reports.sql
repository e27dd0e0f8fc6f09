-- Reports of users by others, until someone who moderates has resolved them.
CREATE TABLE IF NOT EXISTS users.reports (
    id          uuid        NOT NULL,
    -- The reported user.
    user_id     uuid        NOT NULL,
    -- NULL once the account is erased.
    reporter_id uuid,
    category    text        NOT NULL,
    comment     text,
    -- What it is about in another service, which is opaque here: `service`, `type` and `id`.
    subject     jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    -- The operator, and what they decided.
    resolved_by text,
    resolution  text,
    CONSTRAINT reports_pkey PRIMARY KEY (user_id, id),
    CONSTRAINT reports_category_known CHECK (category IN ('spam', 'abuse', 'impersonation', 'other'))
);
-- One open report for each pair.
CREATE UNIQUE INDEX IF NOT EXISTS reports_open_key ON users.reports (user_id, reporter_id) WHERE resolved_at IS NULL;
-- The open reports, the oldest first.
CREATE INDEX IF NOT EXISTS reports_open_idx ON users.reports (created_at, id) WHERE resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS reports_reporter_id_idx ON users.reports (reporter_id, created_at, id);
-- Serves the sweep.
CREATE INDEX IF NOT EXISTS reports_resolved_at_idx ON users.reports (resolved_at, id) WHERE resolved_at IS NOT NULL;

DO $migration$
BEGIN
    -- migrations/citus/keys.sql has the first, too.
    IF NOT users.is_sharded() AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'reports_user_id_fkey') THEN
        ALTER TABLE users.reports
            ADD CONSTRAINT reports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users.users (id) ON DELETE CASCADE,
            ADD CONSTRAINT reports_reporter_id_fkey
                FOREIGN KEY (reporter_id) REFERENCES users.users (id) ON DELETE SET NULL;
    END IF;
END $migration$;
