-- A picture leaves the store once no profile shows it, whatever the reason: replaced, removed, or its
-- account deleted, by the service or by hand. The row that asks for it is written in that very statement.
ALTER TABLE users.avatar_removals
    -- How often the removal was begun. Each attempt pushes due_at ahead, so that a crash repeats it.
    ADD COLUMN IF NOT EXISTS attempts   integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS last_error text;

CREATE OR REPLACE FUNCTION users.free_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users.avatar_removals (name, due_at)
    VALUES (substr(OLD.avatar_url, length('/avatars/') + 1), now())
    ON CONFLICT (name) DO NOTHING;
    RETURN NULL;
END $$;

-- A user's own pictures only. WHEN is checked before anything is queued: other changes cost nothing.
CREATE OR REPLACE TRIGGER users_picture_replaced AFTER UPDATE OF avatar_url ON users.users FOR EACH ROW
    WHEN (starts_with(OLD.avatar_url, '/avatars/' || OLD.id || '/')
          AND OLD.avatar_url IS DISTINCT FROM NEW.avatar_url)
    EXECUTE FUNCTION users.free_picture();
CREATE OR REPLACE TRIGGER users_picture_deleted AFTER DELETE ON users.users FOR EACH ROW
    WHEN (starts_with(OLD.avatar_url, '/avatars/' || OLD.id || '/'))
    EXECUTE FUNCTION users.free_picture();
