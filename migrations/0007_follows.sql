-- USER-INFRA-004.2: who follows whom.
CREATE TABLE IF NOT EXISTS users.follows (
    follower_id uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    followee_id uuid        NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (follower_id, followee_id),
    CONSTRAINT follows_not_oneself CHECK (follower_id <> followee_id)
);
-- The lists, newest first; the last column makes ties stable.
CREATE INDEX IF NOT EXISTS follows_followers_idx ON users.follows (followee_id, created_at DESC, follower_id DESC);
CREATE INDEX IF NOT EXISTS follows_followees_idx ON users.follows (follower_id, created_at DESC, followee_id DESC);

-- How many followers and followees somebody has: the sum of their rows here. There are as many rows
-- as transactions have ever counted for them at one time, since each takes a row that no other holds:
-- nobody waits for a popular account's counter. Most have one row.
-- A foreign key would make whoever counts wait for a deletion under way, which may wait for them.
CREATE TABLE IF NOT EXISTS users.follow_counts (
    user_id   uuid   NOT NULL,
    slot      uuid   NOT NULL DEFAULT gen_random_uuid(),
    followers bigint NOT NULL DEFAULT 0,
    followees bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, slot)
) WITH (fillfactor = 80);

-- For each statement, so that deleting an account with all its follows counts once for everybody.
CREATE OR REPLACE FUNCTION users.count_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step   integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    change record;
BEGIN
    FOR change IN
        SELECT user_id, sum(followers) AS followers, sum(followees) AS followees
        FROM (SELECT followee_id AS user_id, step AS followers, 0 AS followees FROM changed
              UNION ALL
              SELECT follower_id, 0, step FROM changed) both_sides
        GROUP BY user_id
    LOOP
        UPDATE users.follow_counts
        SET followers = followers + change.followers, followees = followees + change.followees
        WHERE user_id = change.user_id
          AND slot = (SELECT slot FROM users.follow_counts WHERE user_id = change.user_id
                      LIMIT 1 FOR UPDATE SKIP LOCKED);
        IF NOT FOUND THEN
            -- Somebody whom this statement deletes needs no count.
            INSERT INTO users.follow_counts (user_id, followers, followees)
            SELECT id, change.followers, change.followees FROM users.users WHERE id = change.user_id;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follows_count_insert AFTER INSERT ON users.follows
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users.count_follows();
CREATE OR REPLACE TRIGGER follows_count_delete AFTER DELETE ON users.follows
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION users.count_follows();

CREATE OR REPLACE FUNCTION users.forget_follow_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users.follow_counts c USING deleted WHERE c.user_id = deleted.id;
    RETURN NULL;
END $$;

-- After the follows, which are deleted by cascade and counted once more.
CREATE OR REPLACE TRIGGER users_follow_counts_delete AFTER DELETE ON users.users
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION users.forget_follow_counts();
