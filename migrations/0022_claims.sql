-- Looking up an account by its address or username takes two steps: the claim names the user, and everything else is
-- found by the user's id. On one machine, claims are views of users.users, which its unique indexes answer. On Citus
-- (migrations/citus), where the rows of a user lie on the shard of that user, they are tables of their own. So the
-- functions below do nothing here. A file that runs again must not replace what stands there.
DO $$
BEGIN
    IF to_regclass('users.email_claims') IS NULL THEN
        -- Index: users_email_folded_key.
        CREATE VIEW users.email_claims AS
            SELECT lower(email COLLATE "C") AS folded, id AS user_id FROM users.users;
    END IF;
    IF to_regclass('users.username_claims') IS NULL THEN
        -- Index: users_username_folded_key.
        CREATE VIEW users.username_claims AS
            SELECT lower(username COLLATE "C") AS folded, id AS user_id FROM users.users;
    END IF;

    -- Before an address or a username is written. A claim of another user violates users_email_folded_key or
    -- users_username_folded_key. A username that is held for another user violates username_holds_key.
    IF to_regprocedure('users.claim_email(uuid, text)') IS NULL THEN
        CREATE FUNCTION users.claim_email(claimant uuid, folded text) RETURNS void LANGUAGE sql AS '';
    END IF;
    IF to_regprocedure('users.claim_username(uuid, text)') IS NULL THEN
        CREATE FUNCTION users.claim_username(claimant uuid, folded text) RETURNS void LANGUAGE sql AS '';
    END IF;

    -- Once an address or a username is no longer used.
    IF to_regprocedure('users.release_email(uuid, text)') IS NULL THEN
        CREATE FUNCTION users.release_email(claimant uuid, folded text) RETURNS void LANGUAGE sql AS '';
    END IF;
    IF to_regprocedure('users.release_username(uuid, text)') IS NULL THEN
        CREATE FUNCTION users.release_username(claimant uuid, folded text) RETURNS void LANGUAGE sql AS '';
    END IF;

    -- After a user's picture was replaced. On one machine, users_picture_replaced and users_picture_deleted queue it.
    IF to_regprocedure('users.queue_picture_removal(uuid, text)') IS NULL THEN
        CREATE FUNCTION users.queue_picture_removal(shown_by uuid, url text) RETURNS void LANGUAGE sql AS '';
    END IF;
END $$;
