-- What the functions of 0022_claims.sql do where users are distributed: claims are tables, and no trigger on
-- users.users checks holds or queues pictures. The tables email_claims and username_claims have a primary key named
-- users_email_folded_key and users_username_folded_key.
CREATE OR REPLACE FUNCTION users.claim_email(claimant uuid, folded text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users.email_claims (folded, user_id) VALUES (claim_email.folded, claimant);
END $$;

-- The hold is checked after the claim, which has then waited for the transaction that frees the name.
CREATE OR REPLACE FUNCTION users.claim_username(claimant uuid, folded text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users.username_claims (folded, user_id) VALUES (claim_username.folded, claimant);
    IF EXISTS (SELECT FROM users.username_holds h
               WHERE h.folded = claim_username.folded AND (h.held_until > now()) IS NOT FALSE
                 AND h.user_id IS DISTINCT FROM claimant) THEN
        RAISE unique_violation USING MESSAGE = 'the username is held', CONSTRAINT = 'username_holds_key';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION users.release_email(claimant uuid, folded text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users.email_claims c WHERE c.folded = release_email.folded AND c.user_id = claimant;
END $$;

CREATE OR REPLACE FUNCTION users.release_username(claimant uuid, folded text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users.username_claims c WHERE c.folded = release_username.folded AND c.user_id = claimant;
END $$;

-- A user's own pictures only.
CREATE OR REPLACE FUNCTION users.queue_picture_removal(shown_by uuid, url text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF starts_with(url, '/avatars/' || shown_by || '/') THEN
        INSERT INTO users.avatar_removals (name, due_at) VALUES (substr(url, length('/avatars/') + 1), now())
        ON CONFLICT (name) DO NOTHING;
    END IF;
END $$;
