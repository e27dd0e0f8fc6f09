-- no-transaction
-- Addresses and usernames are the same whatever the case of their ASCII letters, in every locale
-- (src/domain/folding.rs). Older instances look up with users_email_key and users_username_key, which stay.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_email_folded_key
    ON users.users (lower(email COLLATE "C"));
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_username_folded_key
    ON users.users (lower(username COLLATE "C"));

-- The costliest password hash that is stored: what every sign-in is evened out to.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_hash_cost_idx ON users.users (substr(password_hash, 5, 2));
