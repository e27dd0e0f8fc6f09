-- Work that one instance does at a time: which one, and until when it may be taken for gone. A row, since
-- advisory locks belong to a session, which poolers share.
CREATE TABLE IF NOT EXISTS users.leases (
    name        text        PRIMARY KEY,
    holder      uuid        NOT NULL,
    expires_at  timestamptz NOT NULL
);
