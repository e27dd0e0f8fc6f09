-- The language of an account's emails, as a tag (BCP 47). Accounts of earlier versions have had only English ones.
ALTER TABLE users.users ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en';
