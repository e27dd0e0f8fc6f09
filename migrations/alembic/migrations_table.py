"""The table of migrations that have run, which sqlx keeps for the service (src/server/run/migrate/). Alembic reads and
writes it too, so each side skips what the other has run."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Row:
    """A migration that has run, or was interrupted if `success` is false."""

    success: bool
    checksum: bytes


def lock(connection: Connection) -> None:
    """Takes the advisory lock that the service takes too. Waits for it for 30 minutes."""
    # A role may have a limit that suits requests.
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET client_min_messages = warning"))
    connection.execute(text(LOCK_TIMEOUT))
    name = connection.scalar(text("SELECT current_database()"))
    connection.commit()
    key = LOCK_FACTOR * zlib.crc32(name.encode())
    # Polls, because a statement that waits would hold a snapshot. The CREATE INDEX CONCURRENTLY of the instance that
    # has the lock would wait for that snapshot, and neither would continue.
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


def read(connection: Connection) -> dict[int, Row]:
    """The rows by their version; none where the table is missing."""
    if not _exists(connection):
        return {}
    rows = connection.execute(text(f"SELECT version, success, checksum FROM {TABLE} ORDER BY version"))
    return {row.version: Row(row.success, bytes(row.checksum)) for row in rows}


def _exists(connection: Connection) -> bool:
    return connection.scalar(text("SELECT to_regclass(:table) IS NOT NULL"), {"table": TABLE})


def has_run(connection: Connection, migration: Migration) -> bool:
    statement = text(f"SELECT EXISTS (SELECT FROM {TABLE} WHERE version = :version)")
    return connection.scalar(statement, {"version": migration.version})


def insert(connection: Connection, migration: Migration) -> None:
    connection.execute(
        text(
            f"INSERT INTO {TABLE} (version, description, success, checksum, execution_time)"
            " VALUES (:version, :description, true, :checksum, -1)"
        ),
        {"version": migration.version, "description": migration.description, "checksum": migration.checksum},
    )


def delete_all(connection: Connection) -> None:
    connection.execute(text(f"DELETE FROM {TABLE}"))


def replace(connection: Connection, migrations: Sequence[Migration]) -> None:
    """Makes the table list `migrations` and no others. Rows that it has already stay as they are."""
    versions = [migration.version for migration in migrations]
    connection.execute(text(f"DELETE FROM {TABLE} WHERE version <> ALL (:versions)"), {"versions": versions})
    for migration in migrations:
        if not has_run(connection, migration):
            insert(connection, migration)
