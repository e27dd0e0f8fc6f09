-- no-transaction
-- Whether a sign-in goes on is asked by every page: one entry for each family, however many tokens it has
-- spent.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_live_idx
    ON users.refresh_tokens (family_id, expires_at) WHERE NOT revoked;
-- What has expired, the oldest first: this is how housekeeping finds it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_expires_at_idx
    ON users.refresh_tokens (expires_at);
