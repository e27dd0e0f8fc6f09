-- What search finds users by. `kith` folds the names, since not every server can, and keeps the rows up to date
-- (src/domain/search/terms.rs). Users who do not want to be found have none.
CREATE TABLE IF NOT EXISTS users.search_terms (
    user_id    uuid NOT NULL,
    -- The folded username, or the folded display name from one of its words on.
    term       text COLLATE "C" NOT NULL,
    -- Grows with the number of followers, in steps of a fifth, so that it seldom changes.
    popularity smallint NOT NULL,
    CONSTRAINT search_terms_pkey PRIMARY KEY (user_id, term)
);
-- Finds all terms with a prefix.
CREATE INDEX IF NOT EXISTS search_terms_term_idx ON users.search_terms (term, user_id, popularity);
-- Finds the most popular users for prefixes that very many terms have.
CREATE INDEX IF NOT EXISTS search_terms_popular_idx
    ON users.search_terms (left(term, 2), popularity DESC, user_id, term);

-- Locks those of the users that no one else has locked, one by one: on several machines, a statement locks the rows of
-- one shard only.
CREATE OR REPLACE FUNCTION users.lock_idle(ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    FOREACH one IN ARRAY ids LOOP
        PERFORM FROM users.users u WHERE u.id = one FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            RETURN NEXT one;
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION users.popularity(followers bigint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(4 * log(2.0, 1 + greatest(followers, 0)))::smallint
$$;

-- At most `wanted` users with a term that begins with `start`, which has two or more characters. First those that the
-- viewer follows, then those that follow the viewer, then by popularity. Up to a thousand terms are ranked exactly. If
-- there are more, of the users that the viewer follows, and of those that follow the viewer, the newest 500 come first.
-- No statement reads more than a part of the matches: of so many, the popular ones are soon found.
CREATE OR REPLACE FUNCTION users.search(viewer uuid, start text, wanted integer) RETURNS uuid[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- No term sorts after it that begins with `start`.
    past         text := start || chr(1114111);
    known        uuid[];
    known_ranks  smallint[];
    ids          uuid[];
    popularities smallint[];
    followees    uuid[];
    followers    uuid[];
    unseen       uuid[];
BEGIN
    SELECT array_agg(found.user_id), array_agg(found.popularity) INTO ids, popularities
    FROM (SELECT t.user_id, t.popularity FROM users.search_terms t
          WHERE t.term >= start AND t.term < past LIMIT 1001) found;
    IF cardinality(ids) > 1000 THEN
        -- Not the range of the term, so that the planner reads in the order of popularity.
        SELECT array_agg(found.user_id), array_agg(found.popularity) INTO ids, popularities
        FROM (SELECT t.user_id, t.popularity FROM users.search_terms t
              WHERE left(t.term, 2) = left(start, 2) AND left(t.term, length(start)) = start
              ORDER BY t.popularity DESC, t.user_id LIMIT 2 * wanted) found;
        known := ARRAY(SELECT f.followee_id FROM users.follows f WHERE f.follower_id = viewer
                       ORDER BY f.created_at DESC, f.followee_id DESC LIMIT 500)
              || ARRAY(SELECT f.follower_id FROM users.followers f WHERE f.followee_id = viewer
                       ORDER BY f.created_at DESC, f.follower_id DESC LIMIT 500);
        SELECT array_agg(t.user_id), array_agg(t.popularity) INTO known, known_ranks FROM users.search_terms t
        WHERE t.user_id = ANY(known) AND t.term >= start AND t.term < past;
        ids := ids || known;
        popularities := popularities || known_ranks;
    END IF;
    -- With OFFSET 0, each is looked up by its key.
    SELECT array_agg(p.id) FILTER (WHERE EXISTS (
               SELECT FROM users.follows f WHERE f.follower_id = viewer AND f.followee_id = p.id OFFSET 0)),
           array_agg(p.id) FILTER (WHERE EXISTS (
               SELECT FROM users.followers f WHERE f.followee_id = viewer AND f.follower_id = p.id OFFSET 0))
    INTO followees, followers FROM unnest(ids) p (id);
    unseen := ARRAY(SELECT s.user_id FROM users.unseen s WHERE s.viewer_id = viewer AND s.user_id = ANY(ids));
    RETURN ARRAY(
        SELECT found.id FROM unnest(ids, popularities) found (id, popularity)
        LEFT JOIN unnest(followees) followee (id) ON followee.id = found.id
        LEFT JOIN unnest(followers) follower (id) ON follower.id = found.id
        WHERE found.id <> ALL(unseen)
        GROUP BY found.id, followee.id, follower.id
        ORDER BY followee.id IS NULL, follower.id IS NULL, max(found.popularity) DESC, found.id LIMIT wanted);
END $$;

DO $migration$
BEGIN
    -- migrations/citus/keys.sql has it, too.
    IF NOT users.is_sharded() AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'search_terms_user_id_fkey') THEN
        ALTER TABLE users.search_terms ADD CONSTRAINT search_terms_user_id_fkey
            FOREIGN KEY (user_id) REFERENCES users.users (id) ON DELETE CASCADE;
    END IF;
    -- The plans do not depend on the texts, and planning would be most of the work. Citus needs the values.
    IF NOT users.is_sharded() THEN
        ALTER FUNCTION users.search SET plan_cache_mode = force_generic_plan;
    END IF;
END $migration$;
