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
