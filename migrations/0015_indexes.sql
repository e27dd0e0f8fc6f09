-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_recipient_id_idx
    ON users.email_outbox (recipient_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_verification_id_idx
    ON users.email_outbox (verification_id);
-- A claim reads the first rows of each: mails that were never tried, then the others.
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_new_idx
    ON users.email_outbox ((coalesce(send_at, due_at))) WHERE dead_at IS NULL AND attempts = 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_again_idx
    ON users.email_outbox ((coalesce(send_at, due_at))) WHERE dead_at IS NULL AND attempts > 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_outage_idx
    ON users.email_outbox (failed_at) WHERE dead_at IS NULL AND outage_attempt = attempts;
-- What housekeeping deletes after a month.
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_dead_idx
    ON users.email_outbox (dead_at) WHERE dead_at IS NOT NULL;

-- Serves the count of removals that keep failing; hardly ever has a row.
CREATE INDEX CONCURRENTLY IF NOT EXISTS avatar_removals_failing_idx
    ON users.avatar_removals (attempts) WHERE attempts >= 5;

-- The forms that wait to be shown with what was typed, by the address in them: an erasure drops them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_flash_email_idx
    ON users.sessions (lower((data #>> '{flash,values,email}') COLLATE "C")) WHERE data ? 'flash';
