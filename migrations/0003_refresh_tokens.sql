-- USER-INFRA-002.2: refresh tokens, and the browser sessions that hang on them.

-- One sign-in on one device: every refresh token descends from one. Revoking it here ends the tokens,
-- successors that are being issued at that moment included, and the page session.
CREATE TABLE IF NOT EXISTS users.token_families (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX IF NOT EXISTS token_families_user_id_idx ON users.token_families (user_id);

CREATE TABLE IF NOT EXISTS users.refresh_tokens (
    -- SHA-256 of the token.
    token_hash bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    user_id    uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    revoked    boolean     NOT NULL DEFAULT false,
    family_id  uuid        NOT NULL REFERENCES users.token_families (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Set when the token was exchanged. Its successor is HMAC-SHA256(token, successor_nonce), so a
    -- request repeated in the grace period gets the same successor, and the table alone gives none.
    rotated_at      timestamptz,
    successor_nonce bytea
);
CREATE UNIQUE INDEX IF NOT EXISTS refresh_tokens_token_hash_key ON users.refresh_tokens (token_hash);
CREATE INDEX IF NOT EXISTS refresh_tokens_family_id_idx ON users.refresh_tokens (family_id);
CREATE INDEX IF NOT EXISTS refresh_tokens_user_id_idx   ON users.refresh_tokens (user_id);

CREATE TABLE IF NOT EXISTS users.sessions (
    -- SHA-256 of the session id in the cookie.
    id_hash    bytea       PRIMARY KEY CHECK (octet_length(id_hash) = 32),
    data       jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_expires_at_idx ON users.sessions (expires_at);
