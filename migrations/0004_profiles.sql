-- USER-INFRA-003.2: what a person tells others about themselves.
ALTER TABLE users.users
    ADD COLUMN IF NOT EXISTS display_name varchar(100),
    ADD COLUMN IF NOT EXISTS bio          varchar(300),
    ADD COLUMN IF NOT EXISTS avatar_url   text;
