-- no-transaction
-- Finds the staff: accounts with a role beyond `user`, of which there are few.
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_staff_idx ON users.users (id) WHERE roles <> '{user}'::text[];
