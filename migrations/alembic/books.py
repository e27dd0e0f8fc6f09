"""The books of the service, which sqlx keeps (src/server/run/migrate/mod.rs): read and written here too, so
that the service finds nothing left to do after Alembic, and Alembic nothing after the service."""

import hashlib
import zlib
from dataclasses import dataclass

from alembic.util import CommandError
from sqlalchemy import Connection, text

import patience

SCHEMA = "users"
BOOKS = f"{SCHEMA}._sqlx_migrations"
# How sqlx makes the number of its advisory lock from the database's name (sqlx-postgres, migrate.rs).
LOCK = 0x3D32AD9E
# Why these: src/server/run/migrate/apply.rs.
LOCK_TIMEOUT = "SET lock_timeout = '1s'"
CONCURRENT_LOCK_TIMEOUT = "SET lock_timeout = '30min'"


def open_books(connection: Connection) -> None:
    """Waits until nothing else migrates this database, then makes sure that the books are there."""
    # A role may have a limit that suits requests.
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET client_min_messages = warning"))
    connection.execute(text(LOCK_TIMEOUT))
    connection.commit()
    _take_turn(connection)
    # A role without the right to create things may come once they are there.
    if connection.scalar(text("SELECT to_regclass(:books)"), {"books": BOOKS}) is None:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.execute(
            text(
                f"CREATE TABLE {BOOKS} (version bigint PRIMARY KEY, description text NOT NULL,"
                " installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL,"
                " checksum bytea NOT NULL, execution_time bigint NOT NULL)"
            )
        )
    connection.commit()


def _take_turn(connection: Connection) -> None:
    # Asked again and again: waiting in one statement would hold a snapshot, for which
    # CREATE INDEX CONCURRENTLY of another waits, and neither would go on.
    name = connection.scalar(text("SELECT current_database()"))
    lock = LOCK * zlib.crc32(name.encode())
    for _ in patience.attempts():
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock})
        connection.commit()
        if taken:
            return
    raise CommandError("another instance migrates, and has for 30 min")


def close_books(connection: Connection) -> None:
    """Lets the next one migrate."""
    connection.execute(text("SELECT pg_advisory_unlock_all()"))
    connection.commit()


@dataclass(frozen=True)
class Entry:
    """What the books say about one file that has run."""

    version: int
    description: str
    checksum: bytes

    @classmethod
    def of(cls, version: int, description: str, content: bytes) -> "Entry":
        return cls(version, description, hashlib.sha384(content).digest())

    def stands_in(self, connection: Connection) -> bool:
        """Whether the file has run. One that was changed afterwards is refused, as the service does."""
        statement = text(f"SELECT success, checksum FROM {BOOKS} WHERE version = :version")
        row = connection.execute(statement, {"version": self.version}).one_or_none()
        if row is None:
            return False
        if not row.success or bytes(row.checksum) != self.checksum:
            raise CommandError(f"migration {self.version} has run in another form, or half: see docs/operations.md")
        return True

    def write(self, connection: Connection) -> None:
        connection.execute(
            text(
                f"INSERT INTO {BOOKS} (version, description, success, checksum, execution_time)"
                " VALUES (:version, :description, true, :checksum, -1)"
            ),
            {"version": self.version, "description": self.description, "checksum": self.checksum},
        )
