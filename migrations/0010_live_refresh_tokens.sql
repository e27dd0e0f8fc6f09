-- no-transaction
-- Whether a sign-in goes on is asked by every page and every sweep: one entry for each family, however
-- many tokens it has spent.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refresh_tokens_live_idx
    ON users.refresh_tokens (family_id, expires_at) WHERE NOT revoked;
