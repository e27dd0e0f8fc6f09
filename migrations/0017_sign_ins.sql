-- One notion of a sign-in: refresh tokens, the page session and the list of a user's sign-ins refer to this row. Its
-- table was called token_families.
DO $$
BEGIN
    IF to_regclass('users.sign_ins') IS NULL THEN
        ALTER TABLE users.token_families RENAME TO sign_ins;
        ALTER INDEX users.token_families_pkey RENAME TO sign_ins_pkey;
        ALTER INDEX users.token_families_user_id_idx RENAME TO sign_ins_user_id_idx;

        -- Instances of versions before this one use the table by its old name. It has no rows of its own: it shows
        -- those of its child, and the rule writes into it. A view would do the same, but earlier files, which may run
        -- again, index the table.
        CREATE TABLE IF NOT EXISTS users.token_families (
            id         uuid        NOT NULL,
            user_id    uuid        NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            revoked_at timestamptz
        );
        CREATE INDEX IF NOT EXISTS token_families_user_id_idx ON users.token_families (user_id);
        ALTER TABLE users.sign_ins INHERIT users.token_families;
        CREATE RULE into_sign_ins AS ON INSERT TO users.token_families DO INSTEAD
            INSERT INTO users.sign_ins (id, user_id, created_at, revoked_at)
            VALUES (NEW.id, NEW.user_id, NEW.created_at, NEW.revoked_at)
            RETURNING id, user_id, created_at, revoked_at;
    END IF;
END $$;

ALTER TABLE users.sign_ins
    -- What the user recognizes a sign-in by: the browser as it names itself, cut off, and the network that it came
    -- from. NULL for sign-ins from before this migration, and for clients that say nothing.
    ADD COLUMN IF NOT EXISTS user_agent   text,
    ADD COLUMN IF NOT EXISTS network      cidr,
    -- When it was last refreshed; NULL before the first time.
    ADD COLUMN IF NOT EXISTS last_used_at timestamptz;
