-- no-transaction
-- Accounts that are about to be erased.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_deletes_at_idx
    ON users.users (deletes_at) WHERE deletes_at IS NOT NULL;
-- The page sessions of a sign-in: an erasure deletes them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_sign_in_idx ON users.sessions ((data ->> 'family'));
-- Requested addresses: those that expire, and those of an address that is being erased.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_pending_email_expires_at_idx
    ON users.users (pending_email_expires_at, id) WHERE pending_email IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_pending_email_idx
    ON users.users (lower(pending_email COLLATE "C")) WHERE pending_email IS NOT NULL;
-- The active sign-ins of a user, of which there are few.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sign_ins_active_idx
    ON users.sign_ins (user_id) WHERE revoked_at IS NULL;
