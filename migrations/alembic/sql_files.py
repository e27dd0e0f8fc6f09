"""The SQL files as Alembic's revisions."""

import contextlib
from pathlib import Path
from types import ModuleType

import psycopg
from alembic import op
from alembic.script.base import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util import CommandError

import books

FILES = Path(__file__).parent.parent
# What sqlx goes by, too: some statements refuse to run in a transaction.
NO_TRANSACTION = b"-- no-transaction"


def become_revisions(scripts: ScriptDirectory) -> None:
    """Makes the directory find the SQL files, in the order of their numbers, instead of Python files."""

    def revisions():
        previous = None
        for path in sorted(FILES.glob("[0-9]*_*.sql")):
            number, _, name = path.stem.partition("_")
            yield Script(_module(path, number, name, previous), number, str(path))
            previous = number

    scripts.revision_map = RevisionMap(revisions)


def _module(path: Path, number: str, name: str, previous: str | None) -> ModuleType:
    module = ModuleType(path.stem, doc=name.replace("_", " "))
    module.revision = number
    module.down_revision = previous

    def upgrade() -> None:
        content = path.read_bytes()
        connection = op.get_bind()
        entry = books.Entry.of(int(number), module.__doc__, content)
        if entry.stands_in(connection):
            return
        if content.startswith(NO_TRANSACTION):
            with op.get_context().autocommit_block():
                _execute_without_transaction(connection, content)
        else:
            _execute(connection, content)
        entry.write(connection)

    def downgrade() -> None:
        raise CommandError("migrations only add, so older versions run on a newer schema: see docs/operations.md")

    module.upgrade = upgrade
    module.downgrade = downgrade
    return module


def _execute_without_transaction(connection, content: bytes) -> None:
    """Statement by statement, since PostgreSQL takes several at once for a transaction."""
    _drop_invalid_indexes(connection, content)
    try:
        for statement in content.split(b";\n"):
            _execute_alone(connection, statement)
    except psycopg.Error:
        # Where the connection is lost, the next run does this.
        with contextlib.suppress(psycopg.Error):
            _drop_invalid_indexes(connection, content)
        raise


def _execute_alone(connection, statement: bytes) -> None:
    concurrent = b" CONCURRENTLY " in statement.upper()
    _execute(connection, (books.CONCURRENT_LOCK_TIMEOUT if concurrent else books.LOCK_TIMEOUT).encode())
    _execute(connection, statement)
    _execute(connection, books.LOCK_TIMEOUT.encode())


def _drop_invalid_indexes(connection, content: bytes) -> None:
    """What a building that was cut off has left: IF NOT EXISTS would take it for done."""
    drops = connection.connection.driver_connection.execute(
        "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I', nspname, relname)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname = %s AND NOT indisvalid AND strpos(%s, relname::text) > 0",
        [books.SCHEMA, content.decode()],
    )
    for (statement,) in drops.fetchall():
        _execute_alone(connection, statement.encode())


def _execute(connection, content: bytes) -> None:
    # Past SQLAlchemy: it would look for parameters in the text, and a file holds many statements.
    connection.connection.driver_connection.execute(content)
