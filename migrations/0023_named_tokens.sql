-- Refresh tokens name their sign-in and its user. Rotated ones are deleted after the grace period: what remains is the
-- sign-in, by which a used token is still recognized.
ALTER TABLE users.sign_ins
    -- SHA-256 of the secret that all refresh tokens of the sign-in contain. It proves that a token whose row is gone
    -- was one of them. NULL until a sign-in from before this migration is refreshed.
    ADD COLUMN IF NOT EXISTS family_secret_hash bytea
        CONSTRAINT sign_ins_family_secret_hash_check CHECK (octet_length(family_secret_hash) = 32);
ALTER TABLE users.refresh_tokens
    -- False for tokens of earlier versions. Only their row shows that they were used, so it is kept until they expire.
    ADD COLUMN IF NOT EXISTS names_sign_in boolean NOT NULL DEFAULT false;

-- Exchanges a refresh token for its successor, both given by their hashes, and deletes tokens of the sign-in that were
-- exchanged before the grace period of 10 seconds, or before the last `most_kept` ones. Returns no row if the token
-- cannot be exchanged now. Locks the user, then the sign-in, then its tokens, as everywhere.
--
-- Tokens of earlier versions stay: without their rows, they would not be recognized. The shared secret of a sign-in,
-- once it has one, stays as it is: a thief of a token must not replace the one that the user's own tokens contain.
-- Indexes: refresh_tokens_token_hash_key, refresh_tokens_family_id_idx.
CREATE OR REPLACE FUNCTION users.exchange_token(
        owner_id uuid, sign_in_id uuid, presented bytea, nonce bytea, successor bytea, family_secret bytea,
        address text, idle_days integer, max_days integer, most_kept integer)
    RETURNS TABLE (authenticated_at timestamptz, amr text[], expires_in bigint, email text, roles text[])
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    exchanged  record;
    ends      timestamptz;
BEGIN
    WITH owner AS (SELECT u.email, u.roles FROM users.users u WHERE u.id = owner_id FOR KEY SHARE),
     family AS (
         SELECT f.created_at, f.authenticated_at, f.amr FROM users.sign_ins f, owner
         WHERE f.user_id = owner_id AND f.id = sign_in_id AND f.revoked_at IS NULL
           AND f.created_at > now() - make_interval(days => max_days)
         FOR NO KEY UPDATE OF f),
     consumed AS (
         UPDATE users.refresh_tokens t SET revoked = true, rotated_at = now(), successor_nonce = nonce
         FROM family
         WHERE t.user_id = owner_id AND t.family_id = sign_in_id AND t.token_hash = presented AND NOT t.revoked
           AND t.expires_at > now()
         RETURNING t.family_id),
     used AS (
         UPDATE users.sign_ins f SET last_used_at = now(), ip = address::inet,
             family_secret_hash = coalesce(f.family_secret_hash, family_secret)
         FROM consumed WHERE f.user_id = owner_id AND f.id = sign_in_id),
     purged AS (
         DELETE FROM users.refresh_tokens t USING consumed
         WHERE t.user_id = owner_id AND t.family_id = sign_in_id AND t.names_sign_in AND t.revoked
           AND t.rotated_at < greatest(now() - interval '10 seconds',
               (SELECT r.rotated_at FROM users.refresh_tokens r
                WHERE r.user_id = owner_id AND r.family_id = sign_in_id AND r.rotated_at IS NOT NULL
                ORDER BY r.rotated_at DESC OFFSET most_kept - 2 LIMIT 1)))
    SELECT coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr, f.created_at, o.email, o.roles
    INTO exchanged FROM consumed, family f, owner o;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    ends := least(now() + make_interval(days => idle_days), exchanged.created_at + make_interval(days => max_days));
    INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at, names_sign_in)
    VALUES (successor, owner_id, sign_in_id, ends, true);
    RETURN QUERY SELECT exchanged.authenticated_at, exchanged.amr,
                        extract(epoch FROM ends - now())::bigint, exchanged.email, exchanged.roles;
END $$;
