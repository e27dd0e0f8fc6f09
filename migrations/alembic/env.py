"""Runs the SQL files in migrations/: each is one revision (versions/). The service runs the same files
(src/server/run/migrate/). Both record in one table what has run, and skip it."""

import logging.config
import os
from pathlib import Path

import psycopg
from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

import migrations_table
import retry


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
        migrations_table.lock(connection)
        migrations_table.create(connection)
        connection.commit()
        for _ in retry.attempts("a migration is waiting for a lock"):
            try:
                upgrade(connection)
                break
            except Exception as error:
                if not retry.is_lock_conflict(error):
                    raise
                connection.rollback()
        migrations_table.unlock(connection)


def upgrade(connection: Connection) -> None:
    """Runs what has not run yet. What has run stays when a later file fails, as in the service."""
    context.configure(
        connection=connection, version_table_schema=migrations_table.SCHEMA, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
run()
