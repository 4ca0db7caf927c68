"""The catalogue: what was imported, the mappings that were confirmed, the settings (SQLite through SQLAlchemy Core)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from analysis.errors import NewerWorkspaceError

SCHEMA_VERSION = 2
BUSY_MILLISECONDS = 30_000

metadata = sa.MetaData()

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sheet", sa.Text),
    sa.Column("as_of", sa.Date),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Column("accepted", sa.BigInteger, nullable=False),
    sa.Column("duplicates", sa.BigInteger, nullable=False),
    sa.Column("repeated", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("imported_at", sa.DateTime, nullable=False),
    sa.Column("who", sa.Text),
    sa.Column("first", sa.DateTime),
    sa.Column("last", sa.DateTime),
    sa.Column("overlap", sa.Text),
    sa.Column("original", sa.Boolean, nullable=False),
    sa.Column("shape", sa.Text),
    sa.CheckConstraint("accepted + duplicates + refused = read", name="nothing_lost"),
    sa.CheckConstraint("state in ('active', 'undone')", name="known_state"),
    sa.Index("imports_by_file", "sha256"),
    sqlite_autoincrement=True,
)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("shape", sa.Text, primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# One row: changes with every change of what is imported.
version = sa.Table("version", metadata, sa.Column("value", sa.Text, nullable=False))


def connect(path: Path) -> sa.Engine:
    """An engine over the catalogue; the file is made by `prepare`, not here."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver leaves BEGIN to `_begin`
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS:d}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "trusted_schema = OFF",
    ):
        connection.execute("PRAGMA " + pragma)


def _begin(connection: sa.Connection) -> None:
    """A writing transaction takes its lock at once: two of them never find out only at the end."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine, whose transactions are going to write."""
    return engine.execution_options(writes=True)


def schema_version(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA user_version").scalar_one()


def prepare(engine: sa.Engine, folder: Path) -> None:
    """Makes the catalogue, or brings an older one to today's schema, in one transaction.

    Raises:
        NewerWorkspaceError: a newer Genzaichi wrote it.
    """
    with writing(engine).begin() as connection:
        found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found > SCHEMA_VERSION:
            raise NewerWorkspaceError(str(folder), found, SCHEMA_VERSION)
        if found == 0:
            metadata.create_all(connection)
            connection.execute(version.insert().values(value=uuid4().hex))
        else:
            for step in range(found, SCHEMA_VERSION):
                MIGRATIONS[step](connection)
        if found != SCHEMA_VERSION:
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


def _add_sheet_and_shape(connection: sa.Connection) -> None:
    """1 → 2: a workbook's sheets are told apart; an erased import takes its remembered mapping along."""
    connection.exec_driver_sql("ALTER TABLE imports ADD COLUMN sheet TEXT")
    connection.exec_driver_sql("ALTER TABLE imports ADD COLUMN shape TEXT")


MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {1: _add_sheet_and_shape}


def decide(engine: sa.Engine) -> None:
    """A commit that a kill interrupted is from now on there or not there, for good.

    A process killed while SQLite syncs its log leaves a commit that open connections do not see,
    but that a recovery, once all of them are closed, would bring back: long after a sweep took its
    files for orphans. A write, even one that changes nothing, goes over it.
    """
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


def touch(connection: sa.Connection) -> None:
    """What is imported has changed: whoever cached a result by the old version asks again."""
    connection.execute(version.update().values(value=uuid4().hex))


def remember(connection: sa.Connection, kind: str, shape: str, mapping: str) -> None:
    """Keeps a mapping for the next file of the same shape, instead of an earlier one."""
    same = (mappings.c.kind == kind) & (mappings.c.shape == shape)
    connection.execute(mappings.delete().where(same))
    connection.execute(mappings.insert().values(kind=kind, shape=shape, mapping=mapping))
