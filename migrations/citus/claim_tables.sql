-- Who has an address or a username, found by it. Their keys are what keeps both unique; they have the names of the
-- indexes that do so on one machine.
DO $$
BEGIN
    IF to_regclass('users.email_claims') IS NULL THEN
        CREATE TABLE users.email_claims (
            folded  text CONSTRAINT users_email_folded_key PRIMARY KEY,
            user_id uuid NOT NULL
        );
        CREATE TABLE users.username_claims (
            folded  text CONSTRAINT users_username_folded_key PRIMARY KEY,
            user_id uuid NOT NULL
        );
        PERFORM create_distributed_table('users.email_claims', 'folded', colocate_with => 'none');
        PERFORM create_distributed_table('users.username_claims', 'folded', colocate_with => 'users.email_claims');
        INSERT INTO users.email_claims (folded, user_id) SELECT lower(email COLLATE "C"), id FROM users.users;
        INSERT INTO users.username_claims (folded, user_id) SELECT lower(username COLLATE "C"), id FROM users.users;
    END IF;
END $$;
