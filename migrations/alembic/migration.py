"""A migration: a revision file and the SQL file of the same name that it runs."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic.util import CommandError

SQL_FILES = Path(__file__).parent.parent
# sqlx looks for the same words: some statements cannot run in a transaction.
NO_TRANSACTION = b"-- no-transaction"


@dataclass(frozen=True)
class Migration:
    name: str

    @classmethod
    def of(cls, revision_file: str) -> "Migration":
        """The migration of `versions/0001_users.py` is `0001_users`."""
        name = Path(revision_file).stem
        if not re.fullmatch(r"\d{4}_\w+", name):
            raise CommandError(
                f"{name}.py is not named after an SQL file: delete it, and give the next number, as in"
                " `alembic revision --rev-id 0018 -m 'add blocks'`"
            )
        return cls(name)

    @property
    def revision(self) -> str:
        return self.name.partition("_")[0]

    @property
    def version(self) -> int:
        """The revision as sqlx stores it."""
        return int(self.revision)

    @property
    def description(self) -> str:
        """The rest of the name as sqlx stores it."""
        return self.name.partition("_")[2].replace("_", " ")

    @cached_property
    def sql(self) -> bytes:
        path = SQL_FILES / f"{self.name}.sql"
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise CommandError(f"{path} is missing: {self.name}.py runs it") from error

    @property
    def checksum(self) -> bytes:
        return hashlib.sha384(self.sql).digest()

    @property
    def has_transaction(self) -> bool:
        return not self.sql.startswith(NO_TRANSACTION)
