-- Mail of every kind through one outbox, and one table for the tokens that its links carry.

CREATE TABLE IF NOT EXISTS users.one_time_tokens (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    -- The only thing that the token is good for. Later migrations replace this constraint by a longer list.
    purpose    text        NOT NULL
        CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN ('verify_email', 'sign_in')),
    -- The row of email_verifications or email_outbox that asked for the mail. Each time the mail is sent it
    -- carries a token of its own; the first that is used ends the others.
    request_id uuid        NOT NULL,
    -- SHA-256 of the token.
    token_hash bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS one_time_tokens_user_id_idx    ON users.one_time_tokens (user_id);
CREATE INDEX IF NOT EXISTS one_time_tokens_request_id_idx ON users.one_time_tokens (request_id);
CREATE INDEX IF NOT EXISTS one_time_tokens_expires_at_idx ON users.one_time_tokens (expires_at);

-- How often the mail was asked for again; the wait before the next one grows with it.
ALTER TABLE users.email_verifications ADD COLUMN IF NOT EXISTS resends integer NOT NULL DEFAULT 0;

-- A mail belongs to a verification or, if it is of another kind, to a user.
ALTER TABLE users.email_outbox
    ALTER COLUMN verification_id DROP NOT NULL,
    ADD COLUMN IF NOT EXISTS kind         text NOT NULL DEFAULT 'verification',
    ADD COLUMN IF NOT EXISTS recipient_id uuid REFERENCES users.users (id) ON DELETE CASCADE,
    -- Versions before this migration take every row that is due and expect a verification. So due_at of the
    -- other kinds is infinity, and this is when they are due.
    ADD COLUMN IF NOT EXISTS send_at timestamptz
        CONSTRAINT email_outbox_kind_check CHECK (CASE kind
            WHEN 'verification' THEN verification_id IS NOT NULL AND send_at IS NULL
            ELSE verification_id IS NULL AND recipient_id IS NOT NULL AND send_at IS NOT NULL AND due_at = 'infinity'
        END),
    ADD COLUMN IF NOT EXISTS failed_at timestamptz,
    -- The attempt that failed while no mail got through. As long as it is the last one, no sender has the row, and
    -- it waits for the provider: the first mail that gets through after failed_at makes it due.
    ADD COLUMN IF NOT EXISTS outage_attempt integer;
