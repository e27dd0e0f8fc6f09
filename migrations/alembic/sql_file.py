"""What the revision files in versions/ do."""

import contextlib
import logging

import psycopg
from alembic import op
from alembic.util import CommandError
from sqlalchemy import Connection

import migrations_table
from migration import Migration

log = logging.getLogger(__name__)


def run(revision_file: str) -> None:
    """Runs the SQL file of the same name, unless it has run, and records that in the migrations table."""
    migration = Migration.of(revision_file)
    connection = op.get_bind()
    if migrations_table.has_run(connection, migration):
        log.info("%s has run already", migration.revision)
        return
    if migration.has_transaction:
        _execute(connection, migration.sql)
    else:
        with op.get_context().autocommit_block():
            _execute_without_transaction(connection, migration.sql)
    migrations_table.insert(connection, migration)


def reject_downgrade() -> None:
    raise CommandError("migrations only add, so older versions run on a newer schema: see docs/operations.md")


def _execute_without_transaction(connection: Connection, sql: bytes) -> None:
    """Runs the statements one by one, because PostgreSQL runs several that arrive together in one transaction."""
    _drop_invalid_indexes(connection, sql)
    try:
        for statement in sql.split(b";\n"):
            _execute_alone(connection, statement)
    except psycopg.Error:
        # If the connection is lost, the next run does this.
        with contextlib.suppress(psycopg.Error):
            _drop_invalid_indexes(connection, sql)
        raise


def _execute_alone(connection: Connection, statement: bytes) -> None:
    concurrent = b" CONCURRENTLY " in statement.upper()
    timeout = migrations_table.CONCURRENT_LOCK_TIMEOUT if concurrent else migrations_table.LOCK_TIMEOUT
    _execute(connection, timeout.encode())
    _execute(connection, statement)
    _execute(connection, migrations_table.LOCK_TIMEOUT.encode())


def _drop_invalid_indexes(connection: Connection, sql: bytes) -> None:
    """Drops what an interrupted CREATE INDEX CONCURRENTLY has left: IF NOT EXISTS would skip an invalid index."""
    drops = connection.connection.driver_connection.execute(
        "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I', nspname, relname)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname = %s AND NOT indisvalid AND strpos(%s, relname::text) > 0",
        [migrations_table.SCHEMA, sql.decode()],
    )
    for (statement,) in drops.fetchall():
        _execute_alone(connection, statement.encode())


def _execute(connection: Connection, sql: bytes) -> None:
    # Not by SQLAlchemy: it would look for parameters in the text, and a file holds many statements.
    connection.connection.driver_connection.execute(sql)
