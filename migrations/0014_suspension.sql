-- Operators suspend, reset and delete accounts; each act is a row that stays.
ALTER TABLE users.users
    -- Since when the account is suspended: no one signs in to it, and nothing is changed in its name.
    ADD COLUMN IF NOT EXISTS suspended_at timestamptz,
    -- Counts how often all sign-ins of the account were ended at once. A sign-in whose password was checked before
    -- is not started after it.
    ADD COLUMN IF NOT EXISTS sign_in_epoch integer NOT NULL DEFAULT 0;

-- The target is no foreign key: rows outlive the account. They hold no address and no secret.
CREATE TABLE IF NOT EXISTS users.audit_log (
    id          uuid        PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    -- `operator` or `address_owner`, and the operator's name on the operating system.
    actor       text        NOT NULL,
    actor_name  text,
    action      text        NOT NULL,
    target      uuid        NOT NULL,
    request_id  text,
    network     cidr,
    details     jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS audit_log_target_idx ON users.audit_log (target, occurred_at);

CREATE OR REPLACE FUNCTION users.keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'users.audit_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

-- For each statement, so that even one that touches no row is refused; a trigger binds the owner as well.
CREATE OR REPLACE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON users.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION users.keep_audit_log();
ALTER TABLE users.audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
