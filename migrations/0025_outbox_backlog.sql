-- no-transaction
-- The mails that wait, the oldest first: each scrape of the metrics counts them up to a limit (src/email/backlog.rs).
CREATE INDEX CONCURRENTLY IF NOT EXISTS email_outbox_pending_idx
    ON users.email_outbox (created_at) WHERE dead_at IS NULL;
