-- Account self-service: resets, changes of email and username, sessions, deletion with a grace period.

ALTER TABLE users.users
    -- When the account will be erased. Until then, the user is hidden and can restore the account.
    ADD COLUMN IF NOT EXISTS deletes_at timestamptz,
    -- Set when erasure begins. From then on, the account cannot be restored.
    ADD COLUMN IF NOT EXISTS erasing_at timestamptz,
    -- The requested new address. It reserves nothing: the current one stays in force until the new one is confirmed.
    ADD COLUMN IF NOT EXISTS pending_email text,
    ADD COLUMN IF NOT EXISTS pending_email_expires_at timestamptz,
    ADD COLUMN IF NOT EXISTS username_changed_at timestamptz,
    -- When the password last changed. Device cookies from before are not recognized.
    ADD COLUMN IF NOT EXISTS password_changed_at timestamptz;

ALTER TABLE users.sign_ins
    -- When the user last proved their identity in it, and how (RFC 8176). NULL for sign-ins from before this migration.
    ADD COLUMN IF NOT EXISTS authenticated_at timestamptz,
    ADD COLUMN IF NOT EXISTS amr text[] NOT NULL DEFAULT '{pwd}',
    -- The address of its last use. Sign-ins end after 30 days without use, and their rows are deleted.
    ADD COLUMN IF NOT EXISTS ip inet;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'one_time_tokens_purpose_check'
                       AND pg_get_constraintdef(oid) LIKE '%restore_account%') THEN
        ALTER TABLE users.one_time_tokens DROP CONSTRAINT IF EXISTS one_time_tokens_purpose_check;
        -- Existing rows satisfy it. Not validating keeps the lock short.
        ALTER TABLE users.one_time_tokens ADD CONSTRAINT one_time_tokens_purpose_check CHECK (purpose IN
            ('verify_email', 'sign_in', 'reset_password', 'change_email', 'undo_email_change', 'restore_account'))
            NOT VALID;
    END IF;
END $$;
-- The address that the token puts in force, for purposes that change it.
ALTER TABLE users.one_time_tokens ADD COLUMN IF NOT EXISTS email text;

-- What a mail contains apart from its recipient, such as the address that it goes to if it is not the account's.
ALTER TABLE users.email_outbox ADD COLUMN IF NOT EXISTS data jsonb;

-- What other systems must learn, written in the transaction of the change. The order of commits is that of
-- (transaction_id, sequence), once no older transaction is running. Rows are kept for 14 days.
CREATE TABLE IF NOT EXISTS users.events (
    -- UUIDv7 (RFC 9562): milliseconds since 1970, version and variant, random bits.
    id             uuid        PRIMARY KEY DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                       PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                       FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    sequence       bigint      GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8        NOT NULL DEFAULT pg_current_xact_id(),
    type           text        NOT NULL,
    occurred_at    timestamptz NOT NULL DEFAULT now(),
    -- The user that the event is about. No foreign key: the last event of a user outlives the account.
    subject        uuid        NOT NULL,
    -- Of the format of `data`.
    version        integer     NOT NULL DEFAULT 1,
    data           jsonb       NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS events_order_idx ON users.events (transaction_id, sequence);
CREATE INDEX IF NOT EXISTS events_occurred_at_idx ON users.events (occurred_at, id);

-- Usernames that their owners gave up. Others cannot take them yet, and they lead to the account for a while.
CREATE TABLE IF NOT EXISTS users.username_holds (
    -- lower(username COLLATE "C")
    folded          text        PRIMARY KEY,
    -- NULL once the account is erased.
    user_id         uuid        REFERENCES users.users (id) ON DELETE SET NULL,
    -- NULL means for ever.
    held_until      timestamptz,
    redirects_until timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS username_holds_user_id_idx ON users.username_holds (user_id);
-- Serves the sweep.
CREATE INDEX IF NOT EXISTS username_holds_held_until_idx ON users.username_holds (held_until);

CREATE OR REPLACE FUNCTION users.check_username_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM users.username_holds h
               WHERE h.folded = lower(NEW.username COLLATE "C") AND (h.held_until > now()) IS NOT FALSE
                 AND h.user_id IS DISTINCT FROM NEW.id) THEN
        RAISE unique_violation USING MESSAGE = 'the username is held', CONSTRAINT = 'username_holds_key';
    END IF;
    RETURN NULL;
END $$;
-- After the row: the unique index has then waited for the transaction that frees the name, whose hold is visible.
CREATE OR REPLACE TRIGGER users_username_hold AFTER INSERT OR UPDATE OF username ON users.users
    FOR EACH ROW EXECUTE FUNCTION users.check_username_hold();

-- Follows with a hidden end, a user whose account is about to be deleted. They count for no one.
CREATE TABLE IF NOT EXISTS users.hidden_follows (
    follower_id uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    followee_id uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);
CREATE INDEX IF NOT EXISTS hidden_follows_followers_idx
    ON users.hidden_follows (followee_id, created_at DESC, follower_id DESC);
CREATE INDEX IF NOT EXISTS hidden_follows_followees_idx
    ON users.hidden_follows (follower_id, created_at DESC, followee_id DESC);

-- Users whose follows are being moved to hidden_follows or, while restoring, back. A follow in users.follows has two
-- visible ends, unless an end is here and not restoring.
CREATE TABLE IF NOT EXISTS users.hidings (
    user_id   uuid    PRIMARY KEY REFERENCES users.users (id) ON DELETE CASCADE,
    restoring boolean NOT NULL DEFAULT false
);
