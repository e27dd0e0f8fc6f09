-- Foreign keys within a shard: deleting a user deletes what belongs to them, as on one machine.
DO $$
DECLARE
    key record;
BEGIN
    FOR key IN
        SELECT * FROM (VALUES
            ('sign_ins', 'token_families_user_id_fkey', 'user_id'),
            ('refresh_tokens', 'refresh_tokens_user_id_fkey', 'user_id'),
            ('one_time_tokens', 'one_time_tokens_user_id_fkey', 'user_id'),
            ('email_verifications', 'email_verifications_user_id_fkey', 'user_id'),
            ('follows', 'follows_follower_id_fkey', 'follower_id'),
            ('followers', 'follows_followee_id_fkey', 'followee_id'),
            ('hidden_follows', 'hidden_follows_follower_id_fkey', 'follower_id'),
            ('hidden_followers', 'hidden_follows_followee_id_fkey', 'followee_id'),
            ('suggestions', 'suggestions_user_id_fkey', 'user_id'),
            ('relations', 'relations_user_id_fkey', 'user_id'),
            ('openings', 'openings_user_id_fkey', 'user_id'),
            ('search_terms', 'search_terms_user_id_fkey', 'user_id'),
            ('reports', 'reports_user_id_fkey', 'user_id')) wanted (owner, name, owner_column)
        WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = name
                              AND c.conrelid = format('users.%I', wanted.owner)::regclass)
    LOOP
        EXECUTE format('ALTER TABLE users.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES users.users (id) '
                       'ON DELETE CASCADE', key.owner, key.name, key.owner_column);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'refresh_tokens_family_id_fkey') THEN
        ALTER TABLE users.refresh_tokens ADD CONSTRAINT refresh_tokens_family_id_fkey
            FOREIGN KEY (user_id, family_id) REFERENCES users.sign_ins (user_id, id) ON DELETE CASCADE;
    END IF;
END $$;
