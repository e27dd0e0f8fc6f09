-- The functions that differ from those on one machine (0020, 0021, 0027). They run on the node that a caller is connected to,
-- and each of their statements asks one shard, unless the comment says otherwise.
CREATE OR REPLACE FUNCTION users.insert_follow(follower uuid, followee uuid, since timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users.follows (follower_id, followee_id, created_at) VALUES (follower, followee, since)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO users.followers (follower_id, followee_id, created_at) VALUES (follower, followee, since);
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION users.delete_follow(follower uuid, followee uuid)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz;
BEGIN
    DELETE FROM users.follows WHERE follower_id = follower AND followee_id = followee RETURNING created_at INTO since;
    IF since IS NOT NULL THEN
        DELETE FROM users.followers WHERE followee_id = followee AND follower_id = follower;
    END IF;
    RETURN since;
END $$;

CREATE OR REPLACE FUNCTION users.insert_hidden_follow(follower uuid, followee uuid, since timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users.hidden_follows (follower_id, followee_id, created_at) VALUES (follower, followee, since)
    ON CONFLICT (follower_id, followee_id) DO UPDATE SET created_at = excluded.created_at;
    INSERT INTO users.hidden_followers (follower_id, followee_id, created_at) VALUES (follower, followee, since)
    ON CONFLICT (followee_id, follower_id) DO UPDATE SET created_at = excluded.created_at;
END $$;

CREATE OR REPLACE FUNCTION users.delete_hidden_follow(follower uuid, followee uuid)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz;
BEGIN
    DELETE FROM users.hidden_follows WHERE follower_id = follower AND followee_id = followee
    RETURNING created_at INTO since;
    IF since IS NOT NULL THEN
        DELETE FROM users.hidden_followers WHERE followee_id = followee AND follower_id = follower;
    END IF;
    RETURN since;
END $$;

-- Locks the pair on the nodes of both users, in one order. Each node makes what a transaction has written there visible
-- when it ends there, which is when it releases the lock: a lock on another node could be free before.
CREATE OR REPLACE FUNCTION users.lock_pair(one uuid, other uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    pair bigint := hashtextextended(least(one, other)::text || greatest(one, other), 0);
BEGIN
    -- Without FOR KEY SHARE, the node would end its transaction with the statement.
    PERFORM pg_advisory_xact_lock(pair) FROM users.users u WHERE u.id = least(one, other) FOR KEY SHARE;
    PERFORM pg_advisory_xact_lock(pair) FROM users.users u WHERE u.id = greatest(one, other) FOR KEY SHARE;
END $$;

-- Asks the viewer's shard for the relations, and the shards of the people for the rest.
CREATE OR REPLACE FUNCTION users.list_people(viewer uuid, ids uuid[], with_blocked boolean)
RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
               viewed boolean, following boolean, followed_by boolean, relations text[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
    followees uuid[] := '{}';
    followers uuid[] := '{}';
    unseen    uuid[] := '{}';
    related   jsonb;
BEGIN
    IF viewer IS NOT NULL THEN
        SELECT coalesce(array_agg(p.id) FILTER (WHERE EXISTS (
                   SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = p.id OFFSET 0)), '{}'),
               coalesce(array_agg(p.id) FILTER (WHERE EXISTS (
                   SELECT FROM users.followers f WHERE f.followee_id = viewer AND f.follower_id = p.id OFFSET 0)), '{}')
        INTO followees, followers FROM unnest(ids) p (id);
        unseen := ARRAY(SELECT s.user_id FROM users.unseen s
                        WHERE s.viewer_id = viewer AND s.user_id = ANY(ids) AND (s.is_missing OR NOT with_blocked));
        SELECT jsonb_object_agg(r.other_id, r.kinds) INTO related FROM (
            SELECT v.other_id, array_agg(v.kind) AS kinds FROM users.valid_relations v
            WHERE v.user_id = viewer AND v.other_id = ANY(ids) GROUP BY v.other_id) r;
    END IF;
    RETURN QUERY
        SELECT u.id, u.username, u.display_name, u.avatar_url, u.private, viewer IS NOT NULL,
               u.id = ANY(followees), u.id = ANY(followers),
               ARRAY(SELECT jsonb_array_elements_text(related -> u.id::text))
        FROM users.users u WHERE u.id = ANY(ids) AND u.id <> ALL(unseen) AND u.deletes_at IS NULL;
END $$;

-- Users that the viewer does not see are found in the viewer's shard, so that a page is read in parts until it is full.
CREATE OR REPLACE FUNCTION users.list_followers(
    viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                 viewed boolean, following boolean, followed_by boolean, relations text[], since timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    ids       uuid[];
    times     timestamptz[];
    listed    bigint;
    remaining bigint := page_size;
BEGIN
    IF users.access_to_lists(viewer, owner) <> 'open' THEN
        RETURN;
    END IF;
    LOOP
        SELECT array_agg(page.id), array_agg(page.at) INTO ids, times FROM (
            SELECT f.follower_id AS id, f.created_at AS at FROM users.followers f
            WHERE f.followee_id = owner AND (f.created_at, f.follower_id) < (after_time, after_id)
                AND f.follower_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
            ORDER BY f.created_at DESC, f.follower_id DESC OFFSET page_offset LIMIT remaining) page;
        RETURN QUERY
            SELECT p.*, page.at FROM unnest(ids, times) WITH ORDINALITY page (id, at, rank)
            JOIN users.list_people(viewer, ids, false) p USING (id) ORDER BY page.rank;
        GET DIAGNOSTICS listed = ROW_COUNT;
        EXIT WHEN ids IS NULL OR cardinality(ids) < remaining OR listed = remaining;
        remaining := remaining - listed;
        page_offset := 0;
        after_time := times[cardinality(times)];
        after_id := ids[cardinality(ids)];
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION users.list_followees(
    viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                 viewed boolean, following boolean, followed_by boolean, relations text[], since timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    ids       uuid[];
    times     timestamptz[];
    listed    bigint;
    remaining bigint := page_size;
BEGIN
    IF users.access_to_lists(viewer, owner) <> 'open' THEN
        RETURN;
    END IF;
    LOOP
        SELECT array_agg(page.id), array_agg(page.at) INTO ids, times FROM (
            SELECT f.followee_id AS id, f.created_at AS at FROM users.follows f
            WHERE f.follower_id = owner AND (f.created_at, f.followee_id) < (after_time, after_id)
                AND f.followee_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
            ORDER BY f.created_at DESC, f.followee_id DESC OFFSET page_offset LIMIT remaining) page;
        RETURN QUERY
            SELECT p.*, page.at FROM unnest(ids, times) WITH ORDINALITY page (id, at, rank)
            JOIN users.list_people(viewer, ids, false) p USING (id) ORDER BY page.rank;
        GET DIAGNOSTICS listed = ROW_COUNT;
        EXIT WHEN ids IS NULL OR cardinality(ids) < remaining OR listed = remaining;
        remaining := remaining - listed;
        page_offset := 0;
        after_time := times[cardinality(times)];
        after_id := ids[cardinality(ids)];
    END LOOP;
END $$;

-- Asks the shard of each followee in the sample, one after the other: up to a hundred, once a day.
CREATE OR REPLACE FUNCTION users.suggest(
    viewer uuid, sample bigint, wanted bigint, OUT ids uuid[], OUT mutual bigint[]
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    hidden   uuid[] := ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring);
    followee uuid;
    theirs   uuid[];
    drawn    uuid[] := '{}';
BEGIN
    FOREACH followee IN ARRAY ARRAY(
        SELECT f.followee_id FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id <> ALL(hidden)
        ORDER BY f.created_at DESC, f.followee_id DESC LIMIT sample)
    LOOP
        SELECT array_agg(page.id) INTO theirs FROM (
            SELECT f.followee_id AS id FROM users.follows f
            WHERE f.follower_id = followee AND f.followee_id <> ALL(hidden)
            ORDER BY f.created_at DESC, f.followee_id DESC LIMIT sample) page;
        drawn := drawn || theirs;
    END LOOP;
    SELECT coalesce(array_agg(c.id), '{}'), coalesce(array_agg(c.times), '{}') INTO ids, mutual FROM (
        SELECT d.id, count(*) AS times FROM unnest(drawn) d (id) WHERE d.id <> viewer
        GROUP BY d.id ORDER BY times DESC, d.id) c;
    SELECT coalesce(array_agg(best.id), '{}'), coalesce(array_agg(best.times), '{}') INTO ids, mutual FROM (
        SELECT c.id, c.times FROM unnest(ids, mutual) WITH ORDINALITY c (id, times, rank)
        WHERE NOT EXISTS (SELECT FROM users.follows f
                          WHERE f.follower_id = viewer AND f.followee_id = c.id OFFSET 0)
        ORDER BY c.rank LIMIT wanted) best;
END $$;

-- Citus plans a statement that asks all shards with the values of its parameters.
ALTER FUNCTION users.search RESET plan_cache_mode;

-- Marks the layout as complete.
CREATE OR REPLACE FUNCTION users.is_sharded() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
