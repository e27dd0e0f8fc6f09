-- Takes from tables that are not distributed yet what a distributed table cannot have: triggers, keys without the
-- distribution column, and foreign keys, of which `keys.sql` adds those that stay within a shard.
DO $$
DECLARE
    found record;
BEGIN
    -- Mail queued by versions before 0022 names only its verification, which will be in another shard.
    IF 'users.email_outbox'::regclass NOT IN (SELECT logicalrelid FROM pg_dist_partition) THEN
        UPDATE users.email_outbox o SET recipient_id = v.user_id FROM users.email_verifications v
        WHERE v.id = o.verification_id AND o.recipient_id IS NULL;
    END IF;
    FOR found IN
        SELECT conrelid::regclass AS owner, conname AS name FROM pg_constraint
        WHERE connamespace = 'users'::regnamespace AND contype = 'f'
            AND conrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.owner, found.name);
    END LOOP;
    FOR found IN
        SELECT tgrelid::regclass AS owner, tgname AS name FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN ('users.users'::regclass, 'users.follows'::regclass)
            AND tgrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found.name, found.owner);
    END LOOP;
    -- Keys that will include the distribution column, which comes first, as it is what statements know.
    FOR found IN
        SELECT key.owner::regclass AS owner, c.conname AS name,
               format('%s (user_id, %s)', CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, a.attname) AS wider
        FROM (VALUES ('users.sign_ins'), ('users.one_time_tokens'), ('users.email_verifications')) key (owner)
        JOIN pg_constraint c ON c.conrelid = key.owner::regclass AND c.contype IN ('p', 'u') AND cardinality(c.conkey) = 1
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', found.owner, found.name, found.wider);
    END LOOP;
    IF (SELECT indnatts = 1 FROM pg_index WHERE indexrelid = 'users.refresh_tokens_token_hash_key'::regclass) THEN
        DROP INDEX users.refresh_tokens_token_hash_key;
        CREATE UNIQUE INDEX refresh_tokens_token_hash_key ON users.refresh_tokens (user_id, token_hash);
        -- The only table without a primary key. Shards move while they are written to only if all tables have one.
        ALTER TABLE users.refresh_tokens REPLICA IDENTITY USING INDEX refresh_tokens_token_hash_key;
    END IF;
    -- The old name of sign_ins, and its rule: no version that uses it runs on several machines.
    IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'users.sign_ins'::regclass) THEN
        ALTER TABLE users.sign_ins NO INHERIT users.token_families;
    END IF;
    DROP TABLE IF EXISTS users.token_families;
    -- Tables with claims (`claim_tables.sql`) keep addresses and usernames unique.
    DROP INDEX IF EXISTS users.users_email_key, users.users_username_key, users.users_email_folded_key,
        users.users_username_folded_key;
    -- Followers are listed from their own table (`mirror.sql`).
    DROP INDEX IF EXISTS users.follows_followers_idx, users.hidden_follows_followers_idx;
    FOR found IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'users'::regnamespace AND relkind = 'v'
            AND relname IN ('followers', 'hidden_followers', 'email_claims', 'username_claims')
    LOOP
        EXECUTE format('DROP VIEW %s', found.name);
    END LOOP;
END $$;
