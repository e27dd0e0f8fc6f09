-- Triggers of the logs, which are tables of the coordinator: Citus passes them on to where the rows are only if they
-- are created after the table is known to it, and not if they are also for TRUNCATE.
CREATE OR REPLACE FUNCTION users.set_transaction_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.transaction_id := pg_current_xact_id();
    RETURN NEW;
END $$;
DO $$
BEGIN
    DROP TRIGGER IF EXISTS audit_log_append_only ON users.audit_log;
    DROP TRIGGER IF EXISTS audit_log_append_only_truncate ON users.audit_log;
    CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON users.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION users.keep_audit_log();
    ALTER TABLE users.audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
    CREATE TRIGGER audit_log_append_only_truncate BEFORE TRUNCATE ON users.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION users.keep_audit_log();
    ALTER TABLE users.audit_log ENABLE ALWAYS TRIGGER audit_log_append_only_truncate;
    -- The transaction that orders events is that of the coordinator, whichever node a caller is connected to.
    DROP TRIGGER IF EXISTS events_transaction_id ON users.events;
    CREATE TRIGGER events_transaction_id BEFORE INSERT ON users.events
        FOR EACH ROW EXECUTE FUNCTION users.set_transaction_id();
END $$;
