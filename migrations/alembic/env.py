"""Lets Alembic run the SQL files in migrations/: each is a revision of its own, and a new file needs
nothing here. The service runs the same files (src/server/run/migrate/mod.rs) and keeps books of its own; what
either has run, the other takes for done."""

import logging.config
import os
import sys
from pathlib import Path

import psycopg
from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import books  # noqa: E402
import patience  # noqa: E402
import sql_files  # noqa: E402


def database_url() -> str:
    """DATABASE_URL, or what the file DATABASE_URL_FILE holds, as for the service."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    if path := os.environ.get("DATABASE_URL_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    raise CommandError("DATABASE_URL is missing: set it to postgres://user:password@host:5432/database")


def run() -> None:
    # libpq reads the URL itself, with all that may stand in one.
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url()), poolclass=NullPool)
    with engine.connect() as connection:
        books.open_books(connection)
        for _ in patience.attempts():
            try:
                upgrade(connection)
                break
            except Exception as error:
                if not patience.is_locked_out(error):
                    raise
                connection.rollback()
        else:
            raise CommandError("a migration waits for a lock, and has for 30 min")
        books.close_books(connection)


def upgrade(connection: Connection) -> None:
    """Runs what has not run yet. What has gone through stays when a later file fails, as in the service."""
    context.configure(connection=connection, version_table_schema=books.SCHEMA, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
sql_files.become_revisions(context.script)
if context.is_offline_mode():
    raise CommandError("--sql is not needed: the files in migrations/ are the SQL")
run()
