-- no-transaction
-- Accounts that are about to be erased.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_deletes_at_idx
    ON users.users (deletes_at) WHERE deletes_at IS NOT NULL;
-- The page sessions of a sign-in: an erasure deletes them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_sign_in_idx ON users.sessions ((data ->> 'family'));
