"""What the questions need of a database: the part of `sqlite3`'s connection that they use, which `postgres` has too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

__all__ = ["NO_LIMIT", "Connection", "Cursor", "has_table"]

NO_LIMIT = 2**62
"""More rows than any database holds: "all" in a LIMIT that both databases read."""


class Cursor(Protocol):
    """The rows of an answer."""

    @property
    def description(self) -> Any:
        """A tuple a column; its first member is the name."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row; ``None`` when there is none."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Answers questions in the SQL that SQLite and PostgreSQL share, with ``?`` or ``:name`` for values."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:
        """One statement."""

    def executemany(self, sql: str, parameters: Sequence[Any], /) -> Any:
        """One statement for each of the rows."""

    def close(self) -> None:
        """Free the database."""


def has_table(connection: Connection, name: str) -> bool:
    """Whether the store has a table: one of an older version on a read-only disk lacks the newer ones."""
    if isinstance(connection, sqlite3.Connection):
        return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone() is not None
    return True  # a database is migrated before it is read, or refused
