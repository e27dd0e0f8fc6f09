-- Users that a user may want to follow, computed at most once a day (src/domain/graph/suggestions.rs): on several
-- machines, the computation reads the follows of up to a hundred users, wherever they are.
CREATE TABLE IF NOT EXISTS users.suggestions (
    user_id     uuid        PRIMARY KEY REFERENCES users.users (id) ON DELETE CASCADE,
    computed_at timestamptz NOT NULL,
    -- When the newest follow of the user began, among those that were considered.
    newest      timestamptz NOT NULL,
    -- The suggested users, the best first, and how many of the user's followees follow each.
    ids         uuid[]      NOT NULL,
    mutual      bigint[]    NOT NULL
);
-- Serves the sweep.
CREATE INDEX IF NOT EXISTS suggestions_computed_at_idx ON users.suggestions (computed_at, user_id);

DO $migration$
BEGIN
    IF users.is_sharded() THEN
        RETURN;
    END IF;

    -- The users that the largest numbers of the user's followees follow, without those that the user already follows.
    -- Ties are broken by id. Drawn from the newest `sample` followees of the newest `sample` followees, both read from
    -- follows_followees_idx. Both OFFSET 0 keep the planner from merging the subqueries: candidates are sorted first,
    -- so existing follows are looked up (follows_pkey) only until there are enough. Differs on several machines.
    CREATE OR REPLACE FUNCTION users.suggest(
        viewer uuid, sample bigint, wanted bigint, OUT ids uuid[], OUT mutual bigint[]
    ) LANGUAGE sql STABLE AS $$
        SELECT coalesce(array_agg(best.id), '{}'), coalesce(array_agg(best.mutual), '{}')
        FROM (SELECT candidates.id, candidates.mutual
              FROM (SELECT theirs.followee_id AS id, count(*) AS mutual
                    FROM (SELECT f.followee_id FROM users.follows f
                          WHERE f.follower_id = viewer
                              AND f.followee_id <> ALL(ARRAY(
                                  SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                          ORDER BY f.created_at DESC, f.followee_id DESC LIMIT sample) mine
                    CROSS JOIN LATERAL (
                          SELECT f.followee_id FROM users.follows f
                          WHERE f.follower_id = mine.followee_id
                              AND f.followee_id <> ALL(ARRAY(
                                  SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring))
                          ORDER BY f.created_at DESC, f.followee_id DESC LIMIT sample) theirs
                    WHERE theirs.followee_id <> viewer
                    GROUP BY theirs.followee_id
                    ORDER BY mutual DESC, id OFFSET 0) candidates
              WHERE NOT EXISTS (SELECT FROM users.follows f
                                WHERE f.follower_id = viewer AND f.followee_id = candidates.id OFFSET 0)
              ORDER BY candidates.mutual DESC, candidates.id LIMIT wanted) best
    $$;
END $migration$;
