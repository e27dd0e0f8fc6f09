"""Alembic's own table, which holds the current revision. The migrations table decides what has run; this one follows
it."""

from sqlalchemy import Connection, text

from migrations_table import SCHEMA

TABLE = f"{SCHEMA}.alembic_version"


def read(connection: Connection) -> str | None:
    return connection.scalar(text(f"SELECT version_num FROM {TABLE}"))


def write(connection: Connection, revision: str | None) -> None:
    """Makes `revision` the only row. Writes nothing if it already is, so no write access is needed then."""
    if connection.scalar(text("SELECT to_regclass(:table) IS NULL"), {"table": TABLE}):
        # As Alembic creates it.
        connection.execute(
            text(f"CREATE TABLE {TABLE} (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)")
        )
    rows = connection.scalars(text(f"SELECT version_num FROM {TABLE}")).all()
    wanted = [revision] if revision else []
    if rows != wanted:
        connection.execute(text(f"DELETE FROM {TABLE}"))
        for version in wanted:
            connection.execute(text(f"INSERT INTO {TABLE} VALUES (:version)"), {"version": version})
