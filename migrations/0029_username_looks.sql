-- What usernames look like: those of accounts, and those that are held. No one can take a name that looks like
-- another's. Pairs from before stay: the older account has the look.
CREATE TABLE IF NOT EXISTS users.username_looks (
    look       text COLLATE "C" CONSTRAINT username_looks_pkey PRIMARY KEY,
    -- NULL once the account is erased.
    user_id    uuid,
    -- When others can take names with this look. NULL while the account has such a name.
    held_until timestamptz
);
CREATE INDEX IF NOT EXISTS username_looks_user_id_idx ON users.username_looks (user_id);
-- Serves the sweep.
CREATE INDEX IF NOT EXISTS username_looks_held_until_idx
    ON users.username_looks (held_until, look) WHERE held_until IS NOT NULL;

-- A username without the differences that are hard to see (UTS #39, for ASCII, and vv). Dots and underscores are left
-- out. src/domain/accounts/looks.rs does the same for reserved names.
CREATE OR REPLACE FUNCTION users.look(username text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(translate(replace(replace(translate(username, '01I', 'oll'), 'rn', 'm'), 'vv', 'w'), '_.', '')
                 COLLATE "C")
$$;

-- As typed, since only there a capital I looks like an l, and in lower case, in order. Each is unique.
CREATE OR REPLACE FUNCTION users.looks(username text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT look ORDER BY look)
    FROM (VALUES (users.look(username)), (users.look(lower(username COLLATE "C")))) looks (look)
$$;

-- Gives an account the looks of its new username, after the row has been written. Those of the previous name, if any,
-- are not checked: it may be one of an older pair. Looks are taken in order, so that two accounts do not wait for each
-- other. Violates username_looks_pkey if one belongs to another account.
CREATE OR REPLACE FUNCTION users.claim_looks(claimant uuid, username text, previous text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now();
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY users.looks(username) LOOP
        CONTINUE WHEN wanted = ANY(users.looks(previous));
        INSERT INTO users.username_looks AS l (look, user_id) VALUES (wanted, claimant)
        ON CONFLICT (look) DO UPDATE SET user_id = excluded.user_id, held_until = NULL
        WHERE l.user_id = excluded.user_id OR l.held_until < moment;
        IF NOT FOUND THEN
            RAISE unique_violation USING MESSAGE = 'the username looks like another: constraint "username_looks_pkey"',
                CONSTRAINT = 'username_looks_pkey';
        END IF;
    END LOOP;
END $$;

-- Holds the looks of a username that was given up by an account or, if `owner` is NULL, by one that is erased. Those
-- of the account's current name stay in use. Without a number of days, they are held for ever.
CREATE OR REPLACE FUNCTION users.hold_looks(owner uuid, username text, current text, days integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    until    timestamptz := coalesce(now() + make_interval(days => days), 'infinity');
    given_up text;
BEGIN
    FOREACH given_up IN ARRAY users.looks(username) LOOP
        CONTINUE WHEN given_up = ANY(users.looks(current));
        UPDATE users.username_looks l SET held_until = until
        WHERE l.look = given_up AND l.user_id IS NOT DISTINCT FROM owner;
    END LOOP;
END $$;

DO $migration$
BEGIN
    -- On several machines, `kith` adds those that are missing, as it does for accounts that an older version adds.
    IF NOT users.is_sharded() THEN
        -- Also for an account that is deleted by hand.
        CREATE OR REPLACE FUNCTION users.forget_looks() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE users.username_looks SET user_id = NULL, held_until = coalesce(held_until, now())
            WHERE user_id = OLD.id;
            RETURN NULL;
        END $$;
        CREATE OR REPLACE TRIGGER users_looks_delete AFTER DELETE ON users.users
            FOR EACH ROW EXECUTE FUNCTION users.forget_looks();

        -- Also after a bulk load.
        CREATE OR REPLACE FUNCTION users.fill_looks() RETURNS void LANGUAGE sql AS $$
            INSERT INTO users.username_looks (look, user_id)
            SELECT look, u.id FROM users.users u CROSS JOIN LATERAL unnest(users.looks(u.username)) look
            ORDER BY u.created_at, u.id
            ON CONFLICT (look) DO NOTHING
        $$;
        PERFORM users.fill_looks();
    END IF;
    INSERT INTO users.username_looks (look, user_id, held_until)
    SELECT look, h.user_id, coalesce(h.held_until, 'infinity')
    FROM users.username_holds h CROSS JOIN LATERAL unnest(users.looks(h.folded)) look
    WHERE (h.held_until > now()) IS NOT FALSE
    ON CONFLICT (look) DO NOTHING;
END $migration$;
