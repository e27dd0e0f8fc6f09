"""The table of migrations that have run, which sqlx keeps for the service (src/server/run/migrate/). Alembic reads and
writes it too, so each side skips what the other has run."""

import zlib

from alembic.util import CommandError
from sqlalchemy import Connection, text

import retry
from migration import Migration

SCHEMA = "users"
TABLE = f"{SCHEMA}._sqlx_migrations"
# sqlx multiplies this by a checksum of the database's name to get the key of its advisory lock (sqlx-postgres,
# migrate.rs).
LOCK_FACTOR = 0x3D32AD9E
# The reasons for these values are in src/server/run/migrate/apply.rs.
LOCK_TIMEOUT = "SET lock_timeout = '1s'"
CONCURRENT_LOCK_TIMEOUT = "SET lock_timeout = '30min'"


def lock(connection: Connection) -> None:
    """Takes the advisory lock that the service takes too. Waits for it for 30 minutes."""
    # A role may have a limit that suits requests.
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET client_min_messages = warning"))
    connection.execute(text(LOCK_TIMEOUT))
    name = connection.scalar(text("SELECT current_database()"))
    connection.commit()
    key = LOCK_FACTOR * zlib.crc32(name.encode())
    # Polls: a single statement that waits would hold a snapshot, for which the CREATE INDEX CONCURRENTLY of the
    # instance that has the lock waits, and neither would go on.
    for _ in retry.attempts("another instance is migrating this database"):
        locked = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
        connection.commit()
        if locked:
            return


def unlock(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_unlock_all()"))
    connection.commit()


def create(connection: Connection) -> None:
    """Creates the schema and the table where they are missing. Where the table exists, no DDL rights are needed."""
    if _exists(connection):
        return
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.execute(
        text(
            f"CREATE TABLE {TABLE} (version bigint PRIMARY KEY, description text NOT NULL,"
            " installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL,"
            " checksum bytea NOT NULL, execution_time bigint NOT NULL)"
        )
    )


def _exists(connection: Connection) -> bool:
    return connection.scalar(text("SELECT to_regclass(:table) IS NOT NULL"), {"table": TABLE})


def has_run(connection: Connection, migration: Migration) -> bool:
    """Whether the file has run. Rejects one that was changed afterwards, as the service does."""
    statement = text(f"SELECT success, checksum FROM {TABLE} WHERE version = :version")
    row = connection.execute(statement, {"version": migration.version}).one_or_none()
    if row is None:
        return False
    if not row.success or bytes(row.checksum) != migration.checksum:
        raise CommandError(
            f"migration {migration.revision} has run, but its file was changed afterwards: see docs/operations.md"
        )
    return True


def insert(connection: Connection, migration: Migration) -> None:
    connection.execute(
        text(
            f"INSERT INTO {TABLE} (version, description, success, checksum, execution_time)"
            " VALUES (:version, :description, true, :checksum, -1)"
        ),
        {"version": migration.version, "description": migration.description, "checksum": migration.checksum},
    )
