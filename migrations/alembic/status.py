"""Compares the files with the rows of the migrations table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migration import Migration
from migrations_table import Row


@dataclass(frozen=True)
class Status:
    migrations: Sequence[Migration]
    rows: Mapping[int, Row]

    @property
    def done(self) -> Sequence[Migration]:
        """All migrations before the first that has not run."""
        for index, migration in enumerate(self.migrations):
            if migration.version not in self.rows:
                return self.migrations[:index]
        return self.migrations

    @property
    def current(self) -> str | None:
        """The newest revision up to which all have run."""
        return self.done[-1].revision if self.done else None

    @property
    def is_complete(self) -> bool:
        return len(self.done) == len(self.migrations)

    def up_to(self, revision: str | None) -> list[Migration]:
        """All migrations up to `revision`; none without one."""
        return [migration for migration in self.migrations if revision and migration.revision <= revision]

    @property
    def unknown(self) -> list[str]:
        """What has run but has no file here, because a newer version of the service ran it."""
        known = {migration.version for migration in self.migrations}
        return [f"{version:04}" for version in self.rows if version not in known]

    @property
    def missing(self) -> list[str]:
        """What has not run although a later file has."""
        newest = max(self.rows, default=0)
        return [
            migration.revision
            for migration in self.migrations
            if migration.version not in self.rows and migration.version < newest
        ]

    @property
    def errors(self) -> list[str]:
        """Why no migration may run on this database."""
        errors = []
        for migration in self.migrations:
            row = self.rows.get(migration.version)
            if row and not row.success:
                errors.append(f"migration {migration.revision} was interrupted")
            elif row and row.checksum != migration.checksum:
                errors.append(f"migration {migration.revision} has run, but its file was changed afterwards")
        return errors

    @property
    def warnings(self) -> list[str]:
        """What an operator should know, although the command runs."""
        warnings = []
        if self.unknown:
            unknown = ", ".join(self.unknown)
            warnings.append(f"a newer version has migrated this database: there is no file for {unknown}")
        if self.missing:
            missing = ", ".join(self.missing)
            warnings.append(f"later migrations have run, but not {missing}: `alembic upgrade head` runs them")
        return warnings
