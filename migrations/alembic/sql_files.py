"""The SQL files as Alembic's revisions."""

from pathlib import Path
from types import ModuleType

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
                _execute(connection, content)
        else:
            _execute(connection, content)
        entry.write(connection)

    def downgrade() -> None:
        raise CommandError("migrations only add, so older versions run on a newer schema: see docs/operations.md")

    module.upgrade = upgrade
    module.downgrade = downgrade
    return module


def _execute(connection, content: bytes) -> None:
    # Past SQLAlchemy: it would look for parameters in the text, and a file holds many statements.
    connection.connection.driver_connection.execute(content)
