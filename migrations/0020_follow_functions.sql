-- Following and unfollowing in functions that count. On several machines (migrations/citus) only the bodies of those
-- that are marked differ, and the views are tables, so that the service has one text for both. The file may run again
-- there and must leave them as they are.
DO $migration$
BEGIN
    IF to_regprocedure('users.is_sharded()') IS NOT NULL THEN
        IF users.is_sharded() THEN
            RETURN;
        END IF;
    END IF;

    -- Differs on several machines.
    CREATE OR REPLACE FUNCTION users.is_sharded() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';

    -- The same rows, found by the other end. Views here; tables that the functions keep up on several machines.
    CREATE OR REPLACE VIEW users.followers AS
        SELECT follower_id, followee_id, created_at FROM users.follows;
    CREATE OR REPLACE VIEW users.hidden_followers AS
        SELECT follower_id, followee_id, created_at FROM users.hidden_follows;

    -- Still counts what older instances and statements by hand do. The functions below count themselves, and say so for
    -- the duration of their statement.
    CREATE OR REPLACE FUNCTION users.count_follows() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        step   integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
        change record;
    BEGIN
        IF current_setting('kith.counts_follows', true) = 'on' THEN
            RETURN NULL;
        END IF;
        FOR change IN
            SELECT user_id, sum(followers)::bigint AS followers, sum(followees)::bigint AS followees
            FROM (SELECT followee_id AS user_id, step AS followers, 0 AS followees FROM changed
                  UNION ALL
                  SELECT follower_id, 0, step FROM changed) both_sides
            GROUP BY user_id
        LOOP
            PERFORM users.count_follow(change.user_id, change.followers, change.followees);
        END LOOP;
        RETURN NULL;
    END $$;

    -- Changes the counts of a user in a row that no other transaction holds (0007), so that no one waits for the
    -- counter of a popular user.
    CREATE OR REPLACE FUNCTION users.count_follow(counted uuid, more_followers bigint, more_followees bigint)
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE users.follow_counts
        SET followers = followers + more_followers, followees = followees + more_followees
        WHERE user_id = counted
          AND slot = (SELECT slot FROM users.follow_counts WHERE user_id = counted LIMIT 1 FOR UPDATE SKIP LOCKED);
        -- A user who is being deleted needs no count.
        IF NOT FOUND AND EXISTS (SELECT FROM users.users WHERE id = counted) THEN
            INSERT INTO users.follow_counts (user_id, slot, followers, followees)
            VALUES (counted, gen_random_uuid(), more_followers, more_followees);
        END IF;
    END $$;

    -- Inserts a follow without counting it. Returns whether it is new. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.insert_follow(follower uuid, followee uuid, since timestamptz)
    RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
        is_new boolean;
    BEGIN
        PERFORM set_config('kith.counts_follows', 'on', true);
        INSERT INTO users.follows (follower_id, followee_id, created_at) VALUES (follower, followee, since)
        ON CONFLICT DO NOTHING;
        is_new := FOUND;
        PERFORM set_config('kith.counts_follows', 'off', true);
        RETURN is_new;
    END $$;

    -- Deletes a follow without counting it. Returns since when there was one. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.delete_follow(follower uuid, followee uuid)
    RETURNS timestamptz LANGUAGE plpgsql AS $$
    DECLARE
        since timestamptz;
    BEGIN
        PERFORM set_config('kith.counts_follows', 'on', true);
        DELETE FROM users.follows WHERE follower_id = follower AND followee_id = followee
        RETURNING created_at INTO since;
        PERFORM set_config('kith.counts_follows', 'off', true);
        RETURN since;
    END $$;

    -- The same for hidden follows, which do not count. Differ on several machines.
    CREATE OR REPLACE FUNCTION users.insert_hidden_follow(follower uuid, followee uuid, since timestamptz)
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO users.hidden_follows (follower_id, followee_id, created_at) VALUES (follower, followee, since)
        ON CONFLICT (follower_id, followee_id) DO UPDATE SET created_at = excluded.created_at;
    END $$;
    CREATE OR REPLACE FUNCTION users.delete_hidden_follow(follower uuid, followee uuid)
    RETURNS timestamptz LANGUAGE plpgsql AS $$
    DECLARE
        since timestamptz;
    BEGIN
        DELETE FROM users.hidden_follows WHERE follower_id = follower AND followee_id = followee
        RETURNING created_at INTO since;
        RETURN since;
    END $$;

    -- Whether the account of a caller is active and the sign-in, unless it is null, has not ended.
    -- src/domain/sign_in/calling_user.rs has the same condition.
    CREATE OR REPLACE FUNCTION users.is_live(caller uuid, caller_sign_in uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RETURN EXISTS (
            SELECT FROM users.users u WHERE u.id = caller AND u.suspended_at IS NULL AND u.deletes_at IS NULL
                AND (caller_sign_in IS NULL OR EXISTS (
                    SELECT FROM users.sign_ins s
                    WHERE s.user_id = caller AND s.id = caller_sign_in AND s.revoked_at IS NULL)));
    END $$;

    -- Both ends are locked, so that neither is hidden in the meantime.
    CREATE OR REPLACE FUNCTION users.follow(
        caller uuid, caller_sign_in uuid, followee uuid, OUT is_live boolean, OUT is_visible boolean, OUT is_new boolean
    ) LANGUAGE plpgsql AS $$
    BEGIN
        -- A separate statement: one that waits for the lock would not see a sign-out in the meantime.
        PERFORM FROM users.users u WHERE u.id = caller FOR KEY SHARE;
        is_live := users.is_live(caller, caller_sign_in);
        IF NOT is_live THEN
            RETURN;
        END IF;
        PERFORM FROM users.users u WHERE u.id = followee AND u.deletes_at IS NULL FOR KEY SHARE;
        is_visible := FOUND;
        IF NOT is_visible THEN
            RETURN;
        END IF;
        is_new := users.insert_follow(caller, followee, now());
        IF is_new THEN
            PERFORM users.count_follow(followee, 1, 0);
            PERFORM users.count_follow(caller, 0, 1);
        END IF;
    END $$;

    -- Deletes a follow, hidden or not. Returns whether there was one.
    CREATE OR REPLACE FUNCTION users.remove_follow(follower uuid, followee uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF users.delete_follow(follower, followee) IS NOT NULL THEN
            PERFORM users.count_follow(followee, -1, 0);
            PERFORM users.count_follow(follower, 0, -1);
            RETURN true;
        END IF;
        RETURN users.delete_hidden_follow(follower, followee) IS NOT NULL;
    END $$;

    -- Deletes a follow for a caller, who is one of its ends. Returns whether the caller is live.
    CREATE OR REPLACE FUNCTION users.unfollow(caller uuid, caller_sign_in uuid, follower uuid, followee uuid)
    RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT users.is_live(caller, caller_sign_in) THEN
            RETURN false;
        END IF;
        IF NOT users.remove_follow(follower, followee) THEN
            -- It may be moving between follows and hidden_follows, and be seen in neither. The locks wait for the batch
            -- that moves it, and stop the next one.
            PERFORM FROM users.hidings h WHERE h.user_id IN (follower, followee) ORDER BY h.user_id FOR UPDATE;
            PERFORM users.remove_follow(follower, followee);
        END IF;
        RETURN true;
    END $$;

    -- The next follows of a user in a table of follows, newest first. Read from the index of that order.
    CREATE OR REPLACE FUNCTION users.page_of_follows(
        owner uuid, hidden boolean, of_followers boolean, before_time timestamptz, before_id uuid, page_size bigint,
        OUT ids uuid[], OUT last_time timestamptz
    ) LANGUAGE plpgsql AS $$
    DECLARE
        times timestamptz[];
    BEGIN
        IF of_followers AND hidden THEN
            SELECT array_agg(id), array_agg(at) INTO ids, times FROM (
                SELECT f.follower_id AS id, f.created_at AS at FROM users.hidden_followers f
                WHERE f.followee_id = owner AND (f.created_at, f.follower_id) < (before_time, before_id)
                ORDER BY f.created_at DESC, f.follower_id DESC LIMIT page_size) page;
        ELSIF of_followers THEN
            SELECT array_agg(id), array_agg(at) INTO ids, times FROM (
                SELECT f.follower_id AS id, f.created_at AS at FROM users.followers f
                WHERE f.followee_id = owner AND (f.created_at, f.follower_id) < (before_time, before_id)
                ORDER BY f.created_at DESC, f.follower_id DESC LIMIT page_size) page;
        ELSIF hidden THEN
            SELECT array_agg(id), array_agg(at) INTO ids, times FROM (
                SELECT f.followee_id AS id, f.created_at AS at FROM users.hidden_follows f
                WHERE f.follower_id = owner AND (f.created_at, f.followee_id) < (before_time, before_id)
                ORDER BY f.created_at DESC, f.followee_id DESC LIMIT page_size) page;
        ELSE
            SELECT array_agg(id), array_agg(at) INTO ids, times FROM (
                SELECT f.followee_id AS id, f.created_at AS at FROM users.follows f
                WHERE f.follower_id = owner AND (f.created_at, f.followee_id) < (before_time, before_id)
                ORDER BY f.created_at DESC, f.followee_id DESC LIMIT page_size) page;
        END IF;
        last_time := times[cardinality(times)];
    END $$;

    -- Moves a batch of follows of a user in hidings to hidden_follows. Returns its last position.
    CREATE OR REPLACE FUNCTION users.hide_follows(
        owner uuid, of_followers boolean, INOUT last_time timestamptz, INOUT last_id uuid, batch bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        ids   uuid[];
        other uuid;
        since timestamptz;
        moved bigint := 0;
    BEGIN
        PERFORM FROM users.hidings h WHERE h.user_id = owner AND NOT h.restoring FOR SHARE;
        IF NOT FOUND THEN
            last_id := NULL;
            RETURN;
        END IF;
        SELECT p.ids, p.last_time INTO ids, last_time
        FROM users.page_of_follows(owner, false, of_followers, last_time, last_id, batch) p;
        last_id := ids[cardinality(ids)];
        FOREACH other IN ARRAY coalesce(ids, '{}') LOOP
            IF of_followers THEN
                since := users.delete_follow(other, owner);
                CONTINUE WHEN since IS NULL;
                PERFORM users.insert_hidden_follow(other, owner, since);
                PERFORM users.count_follow(other, 0, -1);
            ELSE
                since := users.delete_follow(owner, other);
                CONTINUE WHEN since IS NULL;
                PERFORM users.insert_hidden_follow(owner, other, since);
                PERFORM users.count_follow(other, -1, 0);
            END IF;
            moved := moved + 1;
        END LOOP;
        IF moved > 0 AND of_followers THEN
            PERFORM users.count_follow(owner, -moved, 0);
        ELSIF moved > 0 THEN
            PERFORM users.count_follow(owner, 0, -moved);
        END IF;
    END $$;

    -- Moves back a batch of hidden follows whose other ends are visible. Returns its last position.
    CREATE OR REPLACE FUNCTION users.restore_follows(
        owner uuid, of_followers boolean, INOUT last_time timestamptz, INOUT last_id uuid, batch bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        ids   uuid[];
        other uuid;
        since timestamptz;
        moved bigint := 0;
    BEGIN
        PERFORM FROM users.hidings h WHERE h.user_id = owner AND h.restoring FOR SHARE;
        IF FOUND THEN
            PERFORM FROM users.users u WHERE u.id = owner AND u.deletes_at IS NULL FOR KEY SHARE;
        END IF;
        IF NOT FOUND THEN
            last_id := NULL;
            RETURN;
        END IF;
        SELECT p.ids, p.last_time INTO ids, last_time
        FROM users.page_of_follows(owner, true, of_followers, last_time, last_id, batch) p;
        last_id := ids[cardinality(ids)];
        -- In one order, as all locks of users.
        FOR other IN SELECT id FROM unnest(ids) id ORDER BY id LOOP
            PERFORM FROM users.users u WHERE u.id = other AND u.deletes_at IS NULL FOR KEY SHARE;
            CONTINUE WHEN NOT FOUND;
            IF of_followers THEN
                since := users.delete_hidden_follow(other, owner);
                CONTINUE WHEN since IS NULL OR NOT users.insert_follow(other, owner, since);
                PERFORM users.count_follow(other, 0, 1);
            ELSE
                since := users.delete_hidden_follow(owner, other);
                CONTINUE WHEN since IS NULL OR NOT users.insert_follow(owner, other, since);
                PERFORM users.count_follow(other, 1, 0);
            END IF;
            moved := moved + 1;
        END LOOP;
        IF moved > 0 AND of_followers THEN
            PERFORM users.count_follow(owner, moved, 0);
        ELSIF moved > 0 THEN
            PERFORM users.count_follow(owner, 0, moved);
        END IF;
    END $$;

    -- Deletes a batch of follows of a user, hidden or not. Returns its last position.
    CREATE OR REPLACE FUNCTION users.delete_follows(
        owner uuid, hidden boolean, of_followers boolean, INOUT last_time timestamptz, INOUT last_id uuid, batch bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        ids     uuid[];
        other   uuid;
        deleted bigint := 0;
    BEGIN
        SELECT p.ids, p.last_time INTO ids, last_time
        FROM users.page_of_follows(owner, hidden, of_followers, last_time, last_id, batch) p;
        last_id := ids[cardinality(ids)];
        FOREACH other IN ARRAY coalesce(ids, '{}') LOOP
            IF hidden AND of_followers THEN
                PERFORM users.delete_hidden_follow(other, owner);
            ELSIF hidden THEN
                PERFORM users.delete_hidden_follow(owner, other);
            ELSIF of_followers THEN
                CONTINUE WHEN users.delete_follow(other, owner) IS NULL;
                PERFORM users.count_follow(other, 0, -1);
                deleted := deleted + 1;
            ELSE
                CONTINUE WHEN users.delete_follow(owner, other) IS NULL;
                PERFORM users.count_follow(other, -1, 0);
                deleted := deleted + 1;
            END IF;
        END LOOP;
        IF deleted > 0 AND of_followers THEN
            PERFORM users.count_follow(owner, -deleted, 0);
        ELSIF deleted > 0 THEN
            PERFORM users.count_follow(owner, 0, -deleted);
        END IF;
    END $$;

    -- Locks a user who is about to be deleted, and deletes the follows, the counts and the hiding that are left.
    CREATE OR REPLACE FUNCTION users.forget_follows(gone uuid) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        hidden       boolean;
        of_followers boolean;
        page         record;
    BEGIN
        PERFORM FROM users.users u WHERE u.id = gone FOR UPDATE;
        FOREACH hidden IN ARRAY ARRAY[false, true] LOOP
            FOREACH of_followers IN ARRAY ARRAY[false, true] LOOP
                SELECT 'infinity'::timestamptz AS last_time, gone AS last_id INTO page;
                WHILE page.last_id IS NOT NULL LOOP
                    SELECT * INTO page
                    FROM users.delete_follows(gone, hidden, of_followers, page.last_time, page.last_id, 1000);
                END LOOP;
            END LOOP;
        END LOOP;
        DELETE FROM users.follow_counts WHERE user_id = gone;
        DELETE FROM users.hidings WHERE user_id = gone;
    END $$;

    -- The users with these ids, as a viewer sees them; the viewer may be null. OFFSET 0 makes the planner look up each
    -- pair (follows_pkey) instead of hashing all follows of a popular viewer. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.people(viewer uuid, ids uuid[])
    RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
                   viewed boolean, following boolean, followed_by boolean)
    LANGUAGE sql STABLE AS $$
        SELECT u.id, u.username, u.display_name, u.avatar_url, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0)
        FROM users.users u WHERE u.id = ANY(ids) AND u.deletes_at IS NULL
    $$;

    -- A page of the followers of a user, newest first, after a position. The page is read from follows_followers_idx
    -- alone before the users are joined. Empty if the owner is hidden; hidden users are left out. The plan does not
    -- depend on the owner or the page, so that planning it each time would be most of the work. Differs on several
    -- machines.
    CREATE OR REPLACE FUNCTION users.followers_page(
        viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
    ) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
                     viewed boolean, following boolean, followed_by boolean, since timestamptz)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN QUERY
        SELECT u.id, u.username, u.display_name, u.avatar_url, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0),
               page.created_at
        FROM (SELECT f.follower_id, f.created_at FROM users.follows f
              WHERE f.followee_id = owner AND (f.created_at, f.follower_id) < (after_time, after_id)
                  AND f.follower_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                  AND EXISTS (SELECT FROM users.users o WHERE o.id = owner AND o.deletes_at IS NULL)
              ORDER BY f.created_at DESC, f.follower_id DESC OFFSET page_offset LIMIT page_size) page
        JOIN users.users u ON u.id = page.follower_id
        ORDER BY page.created_at DESC, u.id DESC;
    END $$;

    -- The same for the users that a user follows, from follows_followees_idx. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.followees_page(
        viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
    ) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
                     viewed boolean, following boolean, followed_by boolean, since timestamptz)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN QUERY
        SELECT u.id, u.username, u.display_name, u.avatar_url, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0),
               page.created_at
        FROM (SELECT f.followee_id, f.created_at FROM users.follows f
              WHERE f.follower_id = owner AND (f.created_at, f.followee_id) < (after_time, after_id)
                  AND f.followee_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                  AND EXISTS (SELECT FROM users.users o WHERE o.id = owner AND o.deletes_at IS NULL)
              ORDER BY f.created_at DESC, f.followee_id DESC OFFSET page_offset LIMIT page_size) page
        JOIN users.users u ON u.id = page.followee_id
        ORDER BY page.created_at DESC, u.id DESC;
    END $$;
END $migration$;
