-- The same follows, found by the followee. `functions.sql` keeps them up.
DO $$
BEGIN
    IF to_regclass('users.followers') IS NULL THEN
        CREATE TABLE users.followers (
            follower_id uuid        NOT NULL,
            followee_id uuid        NOT NULL,
            created_at  timestamptz NOT NULL,
            PRIMARY KEY (followee_id, follower_id)
        );
        CREATE TABLE users.hidden_followers (
            follower_id uuid        NOT NULL,
            followee_id uuid        NOT NULL,
            created_at  timestamptz NOT NULL,
            PRIMARY KEY (followee_id, follower_id)
        );
        -- The lists, newest first.
        CREATE INDEX followers_newest_idx ON users.followers (followee_id, created_at DESC, follower_id DESC);
        CREATE INDEX hidden_followers_newest_idx
            ON users.hidden_followers (followee_id, created_at DESC, follower_id DESC);
        PERFORM create_distributed_table('users.followers', 'followee_id', colocate_with => 'users.users');
        PERFORM create_distributed_table('users.hidden_followers', 'followee_id', colocate_with => 'users.users');
        INSERT INTO users.followers (follower_id, followee_id, created_at)
        SELECT follower_id, followee_id, created_at FROM users.follows;
        INSERT INTO users.hidden_followers (follower_id, followee_id, created_at)
        SELECT follower_id, followee_id, created_at FROM users.hidden_follows;
    END IF;
END $$;
