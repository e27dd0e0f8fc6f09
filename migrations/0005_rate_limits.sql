-- Rate limits that hold across instances. Unlogged: losing them in a crash of the server lets somebody
-- try a few times more, and no crash can be caused from outside; every request is cheaper for it.
CREATE UNLOGGED TABLE IF NOT EXISTS users.rate_limits (
    -- SHA-256 of the limit's name and its subject.
    subject_hash bytea       PRIMARY KEY CHECK (octet_length(subject_hash) = 32),
    -- When the bucket is full again; from then on the row says nothing.
    full_at      timestamptz NOT NULL
) WITH (fillfactor = 70);

-- Accounts whose address was never verified expire; this is how they are found.
CREATE INDEX IF NOT EXISTS users_unverified_idx ON users.users (created_at) WHERE NOT email_verified;
