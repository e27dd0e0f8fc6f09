-- USER-INFRA-001.3: mail that is still to be sent, written in the transaction that causes it.
CREATE TABLE IF NOT EXISTS users.email_outbox (
    id              uuid        PRIMARY KEY,
    verification_id uuid        NOT NULL REFERENCES users.email_verifications (id) ON DELETE CASCADE,
    attempts        integer     NOT NULL DEFAULT 0,
    -- When the next attempt is due; an attempt under way pushes it ahead, so that a crash repeats it.
    due_at          timestamptz NOT NULL DEFAULT now(),
    last_error      text,
    -- Set when the worker has given up; the row stays for the operator.
    dead_at         timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS email_outbox_due_idx ON users.email_outbox (due_at) WHERE dead_at IS NULL;
