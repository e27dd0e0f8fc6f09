-- The database roles, neither of which is a superuser. The PostgreSQL image runs this file once, when the volume is
-- new. Running it again is safe.
--   kith_owner  owns the database and its schema; only migrations run as this role
--   kith        reads and writes rows, which is all that the service needs and all that its password gives access to
\set ON_ERROR_STOP on
\set owner_password `cat /run/secrets/postgres/owner-password`
\set service_password `cat /run/secrets/postgres/service-password`

SELECT format('CREATE ROLE %I', name) FROM unnest('{kith_owner,kith}'::text[]) name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE kith_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE kith LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'service_password';

-- Migrations create the schema if it is missing, so their role owns the database.
ALTER DATABASE :"DBNAME" OWNER TO kith_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO kith;

CREATE SCHEMA IF NOT EXISTS users AUTHORIZATION kith_owner;
GRANT USAGE ON SCHEMA users TO kith;
-- On existing tables, and on those that migrations add.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO kith;
ALTER DEFAULT PRIVILEGES FOR ROLE kith_owner IN SCHEMA users GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kith;
