-- Blocks, mutes, follow requests, and what users decide about their own visibility.
ALTER TABLE users.users
    -- Follows need the consent of the user, and only followers see the lists.
    ADD COLUMN IF NOT EXISTS private boolean NOT NULL DEFAULT false,
    -- Only the user sees the lists.
    ADD COLUMN IF NOT EXISTS hide_follows boolean NOT NULL DEFAULT false,
    -- Search finds the user by parts of the names.
    ADD COLUMN IF NOT EXISTS discoverable boolean NOT NULL DEFAULT true;

-- Each relation is two rows, one with each user: all that a statement asks for belongs to one user, and is in one shard
-- on several machines.
CREATE TABLE IF NOT EXISTS users.relations (
    user_id    uuid        NOT NULL,
    other_id   uuid        NOT NULL,
    -- A declined request stays with the user who declined it, so that the other can not ask again at once.
    kind       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Of mutes and declined requests. Null is never.
    expires_at timestamptz,
    CONSTRAINT relations_pkey PRIMARY KEY (user_id, other_id, kind),
    CONSTRAINT relations_kind_known CHECK (
        kind IN ('blocks', 'blocked_by', 'mutes', 'muted_by', 'requests', 'requested_by', 'declined')),
    CONSTRAINT relations_not_oneself CHECK (user_id <> other_id)
);
-- The lists, newest first.
CREATE INDEX IF NOT EXISTS relations_newest_idx
    ON users.relations (user_id, kind, created_at DESC, other_id DESC);
-- Serves the sweep.
CREATE INDEX IF NOT EXISTS relations_expires_at_idx ON users.relations (expires_at) WHERE expires_at IS NOT NULL;

-- Users who have become public, and whose pending requests are being accepted.
CREATE TABLE IF NOT EXISTS users.openings (user_id uuid CONSTRAINT openings_pkey PRIMARY KEY);

-- The rule of who is hidden from others: `viewer_id` does not find `user_id` in any list or search, and the other way round.
-- A viewer who is blocked does not find the user's page either.
CREATE OR REPLACE VIEW users.unseen AS
    SELECT r.user_id AS viewer_id, r.other_id AS user_id, r.kind = 'blocked_by' AS is_missing
    FROM users.relations r WHERE r.kind IN ('blocks', 'blocked_by');

-- Without mutes and declined requests that have expired, as the clock has it.
CREATE OR REPLACE VIEW users.valid_relations AS
    SELECT r.user_id, r.other_id, r.kind, r.created_at, r.expires_at
    FROM users.relations r WHERE r.expires_at IS NULL OR r.expires_at > now();

DO $migration$
BEGIN
    IF users.is_sharded() THEN
        RETURN;
    END IF;

    -- migrations/citus/keys.sql has these, too.
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'openings_user_id_fkey') THEN
        ALTER TABLE users.relations ADD CONSTRAINT relations_user_id_fkey
            FOREIGN KEY (user_id) REFERENCES users.users (id) ON DELETE CASCADE;
        ALTER TABLE users.openings ADD CONSTRAINT openings_user_id_fkey
            FOREIGN KEY (user_id) REFERENCES users.users (id) ON DELETE CASCADE;
    END IF;

    -- The rows of the others, also if an account is deleted by hand.
    CREATE OR REPLACE FUNCTION users.forget_relations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM users.relations r USING users.relations own
        WHERE own.user_id = OLD.id AND r.user_id = own.other_id AND r.other_id = OLD.id;
        RETURN OLD;
    END $$;
    CREATE OR REPLACE TRIGGER users_relations_delete BEFORE DELETE ON users.users
        FOR EACH ROW EXECUTE FUNCTION users.forget_relations();

    -- Lets one transaction at a time change what is between two users. It comes first, in a statement of its own, so
    -- that the next ones see what the previous transaction did. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.lock_pair(one uuid, other uuid) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(least(one, other)::text || greatest(one, other), 0));
    END $$;

    -- The users with these ids, as a viewer sees them; the viewer may be null. Those that the viewer blocks are left out
    -- unless they are wanted. Each OFFSET 0 makes the planner look up each pair by its key instead of hashing all
    -- follows of a popular viewer. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.list_people(viewer uuid, ids uuid[], with_blocked boolean)
    RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                   viewed boolean, following boolean, followed_by boolean, relations text[])
    LANGUAGE sql STABLE AS $$
        SELECT u.id, u.username, u.display_name, u.avatar_url, u.private, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0),
               ARRAY(SELECT r.kind FROM users.valid_relations r WHERE r.user_id = viewer AND r.other_id = u.id)
        FROM users.users u WHERE u.id = ANY(ids) AND u.deletes_at IS NULL
            AND NOT EXISTS (SELECT FROM users.unseen s
                            WHERE s.viewer_id = viewer AND s.user_id = u.id AND (s.is_missing OR NOT with_blocked)
                            OFFSET 0)
    $$;

    -- A page of the followers of a user, newest first, after a position. The page is read from follows_followers_idx
    -- alone before the users are joined. Empty if the viewer may not see the list; users that the viewer does not see
    -- are left out. The plan does not depend on the owner or the page, so that planning it each time would be most of
    -- the work. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.list_followers(
        viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
    ) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                     viewed boolean, following boolean, followed_by boolean, relations text[], since timestamptz)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN QUERY
        SELECT u.id, u.username, u.display_name, u.avatar_url, u.private, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0),
               ARRAY(SELECT r.kind FROM users.valid_relations r WHERE r.user_id = viewer AND r.other_id = u.id),
               page.created_at
        FROM (SELECT f.follower_id, f.created_at FROM users.follows f
              WHERE f.followee_id = owner AND (f.created_at, f.follower_id) < (after_time, after_id)
                  AND f.follower_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                  AND NOT EXISTS (SELECT FROM users.unseen s
                                  WHERE s.viewer_id = viewer AND s.user_id = f.follower_id OFFSET 0)
                  AND (SELECT users.access_to_lists(viewer, owner)) = 'open'
              ORDER BY f.created_at DESC, f.follower_id DESC OFFSET page_offset LIMIT page_size) page
        JOIN users.users u ON u.id = page.follower_id
        ORDER BY page.created_at DESC, u.id DESC;
    END $$;

    -- The same for the users that a user follows, from follows_followees_idx. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.list_followees(
        viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
    ) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                     viewed boolean, following boolean, followed_by boolean, relations text[], since timestamptz)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
    BEGIN
        RETURN QUERY
        SELECT u.id, u.username, u.display_name, u.avatar_url, u.private, viewer IS NOT NULL,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = u.id OFFSET 0),
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = viewer OFFSET 0),
               ARRAY(SELECT r.kind FROM users.valid_relations r WHERE r.user_id = viewer AND r.other_id = u.id),
               page.created_at
        FROM (SELECT f.followee_id, f.created_at FROM users.follows f
              WHERE f.follower_id = owner AND (f.created_at, f.followee_id) < (after_time, after_id)
                  AND f.followee_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                  AND NOT EXISTS (SELECT FROM users.unseen s
                                  WHERE s.viewer_id = viewer AND s.user_id = f.followee_id OFFSET 0)
                  AND (SELECT users.access_to_lists(viewer, owner)) = 'open'
              ORDER BY f.created_at DESC, f.followee_id DESC OFFSET page_offset LIMIT page_size) page
        JOIN users.users u ON u.id = page.followee_id
        ORDER BY page.created_at DESC, u.id DESC;
    END $$;
END $migration$;

-- Whether a user sees the lists of another. Services, whose viewer is null, see all. All rows are the owner's. Returns
-- `open`; `private` if followers see them; `hidden` if no one does; or `missing` if there is no such user, or the user
-- blocks the viewer.
CREATE OR REPLACE FUNCTION users.access_to_lists(viewer uuid, owner uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    access text;
BEGIN
    SELECT CASE
               WHEN viewer IS NULL OR viewer = owner THEN 'open'
               WHEN EXISTS (SELECT FROM users.relations r
                            WHERE r.user_id = owner AND r.other_id = viewer AND r.kind = 'blocks') THEN 'missing'
               WHEN o.hide_follows THEN 'hidden'
               WHEN o.private AND NOT EXISTS (SELECT FROM users.followers f
                                              WHERE f.followee_id = owner AND f.follower_id = viewer) THEN 'private'
               ELSE 'open'
           END
    INTO access FROM users.users o WHERE o.id = owner AND o.deletes_at IS NULL;
    RETURN coalesce(access, 'missing');
END $$;

-- The kinds of relations that a user has to another.
CREATE OR REPLACE FUNCTION users.relations_to(owner uuid, other uuid) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(SELECT r.kind FROM users.valid_relations r WHERE r.user_id = owner AND r.other_id = other);
END $$;

-- What older instances call.
CREATE OR REPLACE FUNCTION users.people(viewer uuid, ids uuid[])
RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
               viewed boolean, following boolean, followed_by boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT p.id, p.username, p.display_name, p.avatar_url, p.viewed, p.following, p.followed_by
                 FROM users.list_people(viewer, ids, false) p;
END $$;
CREATE OR REPLACE FUNCTION users.followers_page(
    viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
                 viewed boolean, following boolean, followed_by boolean, since timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT p.id, p.username, p.display_name, p.avatar_url, p.viewed, p.following, p.followed_by, p.since
                 FROM users.list_followers(viewer, owner, after_time, after_id, page_offset, page_size) p;
END $$;
CREATE OR REPLACE FUNCTION users.followees_page(
    viewer uuid, owner uuid, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text,
                 viewed boolean, following boolean, followed_by boolean, since timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT p.id, p.username, p.display_name, p.avatar_url, p.viewed, p.following, p.followed_by, p.since
                 FROM users.list_followees(viewer, owner, after_time, after_id, page_offset, page_size) p;
END $$;

-- A page of the users that a user has a relation to, newest first, after a position. Users who are hidden are left out,
-- and so are those who block the user.
CREATE OR REPLACE FUNCTION users.list_relations(
    owner uuid, wanted text, after_time timestamptz, after_id uuid, page_offset bigint, page_size bigint
) RETURNS TABLE (id uuid, username text, display_name varchar, avatar_url text, private boolean,
                 viewed boolean, following boolean, followed_by boolean, relations text[], since timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    ids    uuid[];
    times  timestamptz[];
    listed bigint;
    remaining bigint := page_size;
BEGIN
    LOOP
        SELECT array_agg(page.other_id), array_agg(page.created_at) INTO ids, times FROM (
            SELECT r.other_id, r.created_at FROM users.valid_relations r
            WHERE r.user_id = owner AND r.kind = wanted AND (r.created_at, r.other_id) < (after_time, after_id)
            ORDER BY r.created_at DESC, r.other_id DESC OFFSET page_offset LIMIT remaining) page;
        RETURN QUERY
            SELECT p.*, page.at FROM unnest(ids, times) WITH ORDINALITY page (id, at, rank)
            JOIN users.list_people(owner, ids, wanted = 'blocks') p USING (id) ORDER BY page.rank;
        GET DIAGNOSTICS listed = ROW_COUNT;
        EXIT WHEN ids IS NULL OR cardinality(ids) < remaining OR listed = remaining;
        remaining := remaining - listed;
        page_offset := 0;
        after_time := times[cardinality(times)];
        after_id := ids[cardinality(ids)];
    END LOOP;
END $$;

-- How a user and each of others relate, in the order of the ids. A mute that has expired is none.
CREATE OR REPLACE FUNCTION users.relationships(owner uuid, ids uuid[])
RETURNS TABLE (id uuid, is_user boolean, following boolean, followed_by boolean, relations text[],
               muted_until timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    followees uuid[];
    followers uuid[];
    related   jsonb;
    visible   uuid[];
BEGIN
    SELECT ARRAY(SELECT f.followee_id FROM users.follows f WHERE f.follower_id = owner AND f.followee_id = ANY(ids)),
           ARRAY(SELECT f.follower_id FROM users.followers f WHERE f.followee_id = owner AND f.follower_id = ANY(ids)),
           (SELECT jsonb_object_agg(r.other_id, r.found) FROM (
                SELECT r.other_id, jsonb_build_object(
                           'kinds', array_agg(r.kind),
                           'until', max(r.expires_at) FILTER (WHERE r.kind = 'mutes')) AS found
                FROM users.valid_relations r WHERE r.user_id = owner AND r.other_id = ANY(ids)
                GROUP BY r.other_id) r)
    INTO followees, followers, related;
    visible := ARRAY(SELECT u.id FROM users.users u WHERE u.id = ANY(ids) AND u.deletes_at IS NULL);
    RETURN QUERY
        SELECT asked.id, asked.id = ANY(visible), asked.id = ANY(followees), asked.id = ANY(followers),
               ARRAY(SELECT jsonb_array_elements_text(related -> asked.id::text -> 'kinds')),
               (related -> asked.id::text ->> 'until')::timestamptz
        FROM unnest(ids) WITH ORDINALITY asked (id, rank) ORDER BY asked.rank;
END $$;

-- The followers of a user that the viewer follows, too, the newest followees of the viewer first, and how many there are.
-- Drawn from the newest `sample` followees.
CREATE OR REPLACE FUNCTION users.familiar_followers(
    viewer uuid, owner uuid, sample bigint, wanted bigint, OUT ids uuid[], OUT total bigint
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    mine  uuid[];
    found uuid[];
BEGIN
    IF users.access_to_lists(viewer, owner) <> 'open' THEN
        RETURN;
    END IF;
    mine := ARRAY(SELECT f.followee_id FROM users.follows f
                  WHERE f.follower_id = viewer
                      AND f.followee_id <> ALL(ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                  ORDER BY f.created_at DESC, f.followee_id DESC LIMIT sample);
    found := ARRAY(SELECT f.follower_id FROM users.followers f
                   WHERE f.followee_id = owner AND f.follower_id = ANY(mine));
    total := cardinality(found);
    ids := ARRAY(SELECT m.id FROM unnest(mine) WITH ORDINALITY m (id, rank)
                 WHERE m.id = ANY(found) ORDER BY m.rank LIMIT wanted);
END $$;

-- Adds both rows of a relation. Returns whether it is new.
CREATE OR REPLACE FUNCTION users.relate(one uuid, relation text, other uuid, inverse text, until timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    is_new boolean;
BEGIN
    INSERT INTO users.relations (user_id, other_id, kind, created_at, expires_at)
    VALUES (one, other, relation, now(), until) ON CONFLICT (user_id, other_id, kind) DO NOTHING;
    is_new := FOUND;
    INSERT INTO users.relations (user_id, other_id, kind, created_at) VALUES (other, one, inverse, now())
    ON CONFLICT (user_id, other_id, kind) DO NOTHING;
    RETURN is_new;
END $$;

-- Removes both rows of a relation. Returns whether there was one.
CREATE OR REPLACE FUNCTION users.unrelate(one uuid, relation text, other uuid, inverse text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    was_there boolean;
BEGIN
    DELETE FROM users.relations WHERE user_id = one AND other_id = other AND kind = relation;
    was_there := FOUND;
    DELETE FROM users.relations WHERE user_id = other AND other_id = one AND kind = inverse;
    RETURN was_there;
END $$;

-- Follows a user, or asks a private one. The pair is locked, and both ends, so that neither is hidden in the meantime.
-- `limited_to` is how many users someone with few followers may follow. Returns what is so afterward:
--   new, following: the caller follows the user, since now or before
--   requested, pending: the caller has asked, now or before
--   blocking, limit: the caller blocks the user, or follows too many
--   missing: there is no such user, or the user blocks the caller
--   ended: the account of the caller is not active, or the sign-in has ended
CREATE OR REPLACE FUNCTION users.follow_or_request(
    caller uuid, caller_sign_in uuid, followee uuid, limited_to bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    is_private boolean;
    relations  text[];
    followees  bigint;
    most       bigint;
    is_new     boolean;
BEGIN
    PERFORM users.lock_pair(caller, followee);
    PERFORM FROM users.users u WHERE u.id = caller FOR KEY SHARE;
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN 'ended';
    END IF;
    SELECT u.private INTO is_private FROM users.users u WHERE u.id = followee AND u.deletes_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN 'missing';
    END IF;
    SELECT ARRAY(SELECT r.kind FROM users.relations r WHERE r.user_id = caller AND r.other_id = followee),
           coalesce(sum(c.followees), 0), greatest(limited_to, sum(c.followers))
    INTO relations, followees, most FROM users.follow_counts c WHERE c.user_id = caller;
    IF 'blocked_by' = ANY(relations) THEN
        RETURN 'missing';
    ELSIF 'blocks' = ANY(relations) THEN
        RETURN 'blocking';
    END IF;
    IF is_private THEN
        -- Becoming public waits for this lock, and accepts the request afterward.
        SELECT u.private INTO is_private FROM users.users u WHERE u.id = followee FOR SHARE;
    END IF;
    IF (is_private OR followees >= most) AND EXISTS (
        SELECT FROM users.follows f WHERE f.follower_id = caller AND f.followee_id = followee) THEN
        RETURN 'following';
    END IF;
    IF followees >= most AND NOT 'requests' = ANY(relations) THEN
        RETURN 'limit';
    ELSIF is_private THEN
        PERFORM users.request_follow(caller, followee);
        RETURN CASE WHEN 'requests' = ANY(relations) THEN 'pending' ELSE 'requested' END;
    END IF;
    is_new := users.insert_follow(caller, followee, now());
    IF is_new THEN
        PERFORM users.count_follow(followee, 1, 0);
        PERFORM users.count_follow(caller, 0, 1);
    END IF;
    IF 'requests' = ANY(relations) THEN
        PERFORM users.unrelate(caller, 'requests', followee, 'requested_by');
    END IF;
    RETURN CASE WHEN is_new THEN 'new' ELSE 'following' END;
END $$;

-- Asks a private user. One who has declined less than a week ago is not asked again, which the other cannot see.
CREATE OR REPLACE FUNCTION users.request_follow(requester uuid, target uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users.relations
    WHERE user_id = target AND other_id = requester AND kind = 'declined' AND expires_at <= now();
    IF 'declined' = ANY(users.relations_to(target, requester)) THEN
        INSERT INTO users.relations (user_id, other_id, kind, created_at) VALUES (requester, target, 'requests', now())
        ON CONFLICT (user_id, other_id, kind) DO NOTHING;
    ELSIF users.relate(target, 'requested_by', requester, 'requests', NULL) THEN
        INSERT INTO users.events (type, subject, data)
        VALUES ('follow.requested', requester, jsonb_build_object('follower_id', requester, 'followee_id', target));
    END IF;
END $$;

-- What older instances call.
CREATE OR REPLACE FUNCTION users.follow(
    caller uuid, caller_sign_in uuid, followee uuid, OUT is_live boolean, OUT is_visible boolean, OUT is_new boolean
) LANGUAGE plpgsql AS $$
DECLARE
    outcome text := users.follow_or_request(caller, caller_sign_in, followee, 9223372036854775807);
BEGIN
    is_live := outcome <> 'ended';
    is_visible := outcome NOT IN ('missing', 'blocking');
    is_new := outcome = 'new';
END $$;

-- Ends a follow, hidden or not.
CREATE OR REPLACE FUNCTION users.end_follow(follower uuid, followee uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT users.remove_follow(follower, followee) THEN
        -- It may be moving between follows and hidden_follows, and be seen in neither. The locks wait for the batch
        -- that moves it, and stop the next one.
        PERFORM FROM users.hidings h WHERE h.user_id IN (follower, followee) ORDER BY h.user_id FOR UPDATE;
        PERFORM users.remove_follow(follower, followee);
    END IF;
END $$;

-- Ends a follow, and cancels a request, for a caller who is one of the ends. Returns whether the caller is live.
CREATE OR REPLACE FUNCTION users.unfollow(caller uuid, caller_sign_in uuid, follower uuid, followee uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM users.lock_pair(follower, followee);
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN false;
    END IF;
    -- There is no request beside a follow.
    IF NOT users.remove_follow(follower, followee)
        AND NOT (caller = follower AND users.unrelate(follower, 'requests', followee, 'requested_by')) THEN
        PERFORM users.end_follow(follower, followee);
    END IF;
    RETURN true;
END $$;

-- Makes a request a follow. Returns `new`, `following` if it was accepted before, or `missing`.
CREATE OR REPLACE FUNCTION users.fulfill_request(requester uuid, target uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF NOT users.unrelate(target, 'requested_by', requester, 'requests') THEN
        RETURN CASE WHEN EXISTS (SELECT FROM users.followers f
                                 WHERE f.followee_id = target AND f.follower_id = requester)
                    THEN 'following' ELSE 'missing' END;
    END IF;
    -- Of several in one transaction, each has its own time.
    IF users.insert_follow(requester, target, clock_timestamp()) THEN
        PERFORM users.count_follow(target, 1, 0);
        PERFORM users.count_follow(requester, 0, 1);
    END IF;
    RETURN 'new';
END $$;

-- Accepts the request of another user. Returns the same, or `ended`.
CREATE OR REPLACE FUNCTION users.accept_request(caller uuid, caller_sign_in uuid, requester uuid)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM users.lock_pair(caller, requester);
    PERFORM FROM users.users u WHERE u.id = caller FOR KEY SHARE;
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN 'ended';
    END IF;
    PERFORM FROM users.users u WHERE u.id = requester AND u.deletes_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN 'missing';
    END IF;
    RETURN users.fulfill_request(requester, caller);
END $$;

-- Declines a request for `days`, without telling the other user. Returns whether the caller is live.
CREATE OR REPLACE FUNCTION users.decline_request(caller uuid, caller_sign_in uuid, requester uuid, days integer)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM users.lock_pair(caller, requester);
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN false;
    END IF;
    DELETE FROM users.relations WHERE user_id = caller AND other_id = requester AND kind = 'requested_by';
    IF FOUND THEN
        INSERT INTO users.relations (user_id, other_id, kind, created_at, expires_at)
        VALUES (caller, requester, 'declined', now(), now() + make_interval(days => days))
        ON CONFLICT (user_id, other_id, kind) DO UPDATE SET expires_at = excluded.expires_at;
    END IF;
    RETURN true;
END $$;

-- Accepts a batch of the requests to a user who has become public, the oldest first, after a position. Returns its last
-- position, and null once nothing is left or the user is private again.
CREATE OR REPLACE FUNCTION users.accept_requests(
    owner uuid, INOUT last_time timestamptz, INOUT last_id uuid, batch bigint
) LANGUAGE plpgsql AS $$
DECLARE
    ids   uuid[];
    times timestamptz[];
    other uuid;
BEGIN
    SELECT array_agg(page.other_id ORDER BY page.created_at, page.other_id),
           array_agg(page.created_at ORDER BY page.created_at, page.other_id)
    INTO ids, times FROM (
        SELECT r.other_id, r.created_at FROM users.relations r
        WHERE r.user_id = owner AND r.kind = 'requested_by' AND (r.created_at, r.other_id) > (last_time, last_id)
        ORDER BY r.created_at, r.other_id LIMIT batch) page;
    last_time := times[cardinality(times)];
    last_id := ids[cardinality(ids)];
    FOR other IN SELECT id FROM unnest(ids) id ORDER BY id LOOP
        PERFORM users.lock_pair(owner, other);
    END LOOP;
    PERFORM FROM users.users u WHERE u.id = owner AND NOT u.private AND u.deletes_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        last_id := NULL;
        RETURN;
    END IF;
    FOREACH other IN ARRAY coalesce(ids, '{}') LOOP
        PERFORM FROM users.users u WHERE u.id = other AND u.deletes_at IS NULL FOR KEY SHARE;
        IF FOUND THEN
            PERFORM users.fulfill_request(other, owner);
        END IF;
    END LOOP;
END $$;

-- Blocks a user: ends the follows and requests in both directions. Returns `new`, `blocking` if it was so before,
-- `missing` or `ended`, as `follow_or_request`.
CREATE OR REPLACE FUNCTION users.block(caller uuid, caller_sign_in uuid, blocked uuid)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    relations text[];
BEGIN
    PERFORM users.lock_pair(caller, blocked);
    PERFORM FROM users.users u WHERE u.id = caller FOR KEY SHARE;
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN 'ended';
    END IF;
    PERFORM FROM users.users u WHERE u.id = blocked AND u.deletes_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN 'missing';
    END IF;
    relations := users.relations_to(caller, blocked);
    IF 'blocks' = ANY(relations) THEN
        RETURN 'blocking';
    ELSIF 'blocked_by' = ANY(relations) THEN
        RETURN 'missing';
    END IF;
    PERFORM users.end_follow(caller, blocked);
    PERFORM users.end_follow(blocked, caller);
    DELETE FROM users.relations
    WHERE user_id = caller AND other_id = blocked AND kind IN ('requests', 'requested_by', 'declined');
    DELETE FROM users.relations
    WHERE user_id = blocked AND other_id = caller AND kind IN ('requests', 'requested_by', 'declined');
    PERFORM users.relate(caller, 'blocks', blocked, 'blocked_by', NULL);
    INSERT INTO users.events (type, subject, data)
    VALUES ('block.created', caller, jsonb_build_object('blocker_id', caller, 'blocked_id', blocked));
    RETURN 'new';
END $$;

-- Ends a block, which brings nothing back. Returns whether the caller is live.
CREATE OR REPLACE FUNCTION users.unblock(caller uuid, caller_sign_in uuid, blocked uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM users.lock_pair(caller, blocked);
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN false;
    END IF;
    IF users.unrelate(caller, 'blocks', blocked, 'blocked_by') THEN
        INSERT INTO users.events (type, subject, data)
        VALUES ('block.deleted', caller, jsonb_build_object('blocker_id', caller, 'blocked_id', blocked));
    END IF;
    RETURN true;
END $$;

-- Mutes a user, until a time or for good. Returns `new`, `muting`, `missing` or `ended`.
CREATE OR REPLACE FUNCTION users.mute(caller uuid, caller_sign_in uuid, muted uuid, seconds double precision,
                                      OUT outcome text, OUT until timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    relations text[];
BEGIN
    PERFORM users.lock_pair(caller, muted);
    IF NOT users.is_live(caller, caller_sign_in) THEN
        outcome := 'ended';
        RETURN;
    END IF;
    PERFORM FROM users.users u WHERE u.id = muted AND u.deletes_at IS NULL FOR KEY SHARE;
    IF NOT FOUND OR 'blocked_by' = ANY(users.relations_to(caller, muted)) THEN
        outcome := 'missing';
        RETURN;
    END IF;
    DELETE FROM users.relations
    WHERE user_id = caller AND other_id = muted AND kind = 'mutes' AND expires_at <= now();
    until := now() + make_interval(secs => seconds);
    IF users.relate(caller, 'mutes', muted, 'muted_by', until) THEN
        outcome := 'new';
    ELSE
        UPDATE users.relations SET expires_at = until WHERE user_id = caller AND other_id = muted AND kind = 'mutes';
        outcome := 'muting';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION users.unmute(caller uuid, caller_sign_in uuid, muted uuid)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM users.lock_pair(caller, muted);
    IF NOT users.is_live(caller, caller_sign_in) THEN
        RETURN false;
    END IF;
    PERFORM users.unrelate(caller, 'mutes', muted, 'muted_by');
    RETURN true;
END $$;

-- Deletes a batch of the relations of a user who is hidden or locked, with the rows of the others. Returns whether some
-- may be left.
CREATE OR REPLACE FUNCTION users.delete_relations(gone uuid, batch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    others uuid[] := ARRAY(SELECT r.other_id FROM users.relations r WHERE r.user_id = gone
                           ORDER BY r.other_id LIMIT batch);
    other  uuid;
BEGIN
    FOREACH other IN ARRAY others LOOP
        DELETE FROM users.relations WHERE user_id = other AND other_id = gone;
        DELETE FROM users.relations WHERE user_id = gone AND other_id = other;
    END LOOP;
    RETURN cardinality(others) = batch;
END $$;

-- Deletes what has expired between two users. Returns how much it was.
CREATE OR REPLACE FUNCTION users.forget_expired(owner uuid, other uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM users.lock_pair(owner, other);
    DELETE FROM users.relations
    WHERE user_id = owner AND other_id = other AND kind = 'declined' AND expires_at <= now();
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM users.relations
    WHERE user_id = owner AND other_id = other AND kind = 'mutes' AND expires_at <= now();
    IF FOUND THEN
        DELETE FROM users.relations WHERE user_id = other AND other_id = owner AND kind = 'muted_by';
        forgotten := forgotten + 1;
    END IF;
    RETURN forgotten;
END $$;
