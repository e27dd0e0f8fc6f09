"""Runs Alembic's commands on a database that the service migrates too (src/server/run/migrate/). Both run the same SQL
files. The migrations table says what has run, so each command means the same whichever of the two ran it."""

import logging.config
import os
from pathlib import Path

import psycopg
from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import migrations_table
import retry
import version_table
from migration import Migration
from status import Status

log = logging.getLogger(__name__)


def database_url() -> str:
    """DATABASE_URL, or the content of the file DATABASE_URL_FILE, as for the service."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    if path := os.environ.get("DATABASE_URL_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    raise CommandError("DATABASE_URL is missing: set it to postgres://user:password@host:5432/database")


def run() -> None:
    if context.is_offline_mode():
        raise CommandError("--sql is not supported: the files in migrations/ are the SQL")
    # libpq parses the URL itself, with every option that it may have.
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url()), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            version_table_schema=migrations_table.SCHEMA,
            # What has run stays when a later file fails, as in the service.
            transaction_per_migration=True,
            # Commands that only read create no table; `migrate` creates what the others need.
            dont_mutate=True,
        )
        # Alembic does not say which command it runs. Those that change something have a destination: upgrade,
        # downgrade and stamp.
        if "destination_rev" in options():
            migrate(connection)
        else:
            status = read_status(connection)
            for line in status.errors + status.warnings:
                log.warning(line)
            run_command(status)


def options() -> dict:
    return context.get_context().opts


def read_status(connection: Connection) -> Status:
    newest_first = context.script.walk_revisions("base", "head")
    migrations = [Migration.of(script.path) for script in newest_first][::-1]
    status = Status(migrations, migrations_table.read(connection))
    # Alembic begins its own transactions.
    connection.commit()
    return status


def run_command(status: Status) -> None:
    # Alembic would read its own table, which does not list what the service ran.
    context.get_context().get_current_heads = lambda: (status.current,) if status.current else ()
    with context.begin_transaction():
        context.run_migrations()


def migrate(connection: Connection) -> None:
    """Runs a command that changes something. One instance at a time does so, the service included."""
    migrations_table.lock(connection)
    migrations_table.create(connection)
    connection.commit()
    check(read_status(connection))
    for _ in retry.attempts("a migration is waiting for a lock"):
        try:
            attempt(connection)
            break
        except Exception as error:
            if not retry.is_lock_conflict(error):
                raise
            connection.rollback()
    migrations_table.unlock(connection)


def check(status: Status) -> None:
    for line in status.warnings:
        log.warning(line)
    if is_purge():
        return
    if status.errors:
        raise CommandError("; ".join(status.errors) + ": see docs/operations.md")
    if is_stamp() and status.unknown:
        raise CommandError("a stamp would discard what the newer version ran: use that version, or --purge")


def attempt(connection: Connection) -> None:
    status = read_status(connection)
    # If all files have run and a newer version has run more, the row names a revision of that version.
    if not (status.is_complete and status.unknown):
        version_table.write(connection, status.current)
        connection.commit()
    run_command(status)
    if is_stamp():
        if is_purge():
            migrations_table.delete_all(connection)
        migrations_table.replace(connection, status.up_to(version_table.read(connection)))
        connection.commit()


def is_stamp() -> bool:
    # No other command has this option.
    return "purge" in options()


def is_purge() -> bool:
    return options().get("purge", False)


logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
try:
    run()
except (DBAPIError, psycopg.Error) as error:
    raise CommandError(str(getattr(error, "orig", error)).strip()) from error
