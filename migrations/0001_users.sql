-- USER-INFRA-001.2: accounts, and the proof that an address belongs to its account.
-- Every migration may run again on a database that already has it.
CREATE SCHEMA IF NOT EXISTS users;

CREATE TABLE IF NOT EXISTS users.users (
    id             uuid        PRIMARY KEY,
    email          text        NOT NULL,
    username       text        NOT NULL,
    password_hash  text        NOT NULL,
    email_verified boolean     NOT NULL DEFAULT false,
    roles          text[]      NOT NULL DEFAULT '{user}',
    created_at     timestamptz NOT NULL DEFAULT now()
);

-- Unique whatever the letter case; the names are what the domain maps to error codes.
CREATE UNIQUE INDEX IF NOT EXISTS users_email_key    ON users.users (lower(email));
CREATE UNIQUE INDEX IF NOT EXISTS users_username_key ON users.users (lower(username));

CREATE TABLE IF NOT EXISTS users.email_verifications (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    -- SHA-256 of the token; null until the mail that carries the token is on its way.
    token_hash bytea       UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS email_verifications_user_id_idx ON users.email_verifications (user_id);
