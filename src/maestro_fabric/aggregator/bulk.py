"""Inserts many rows by one statement."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_fabric.aggregator.connections import Connection

__all__ = ["BulkInsert"]

_ROWS = 32


class BulkInsert:
    """An insert of many rows at once: a statement for each row takes twice the time.

    Args:
        head: The statement up to its values, such as ``INSERT INTO t``.
        row: The values of one row in parentheses; each ``?`` is given.
        tail: What follows the values.
    """

    def __init__(self, head: str, row: str, tail: str = "") -> None:
        self._width = row.count("?")
        self._one = f"{head} VALUES {row} {tail}"
        # Always so many, and not as many as there are, so that the statement is compiled once.
        self._many = f"{head} VALUES {', '.join([row] * _ROWS)} {tail}"

    def execute(self, connection: Connection, values: Sequence[object]) -> int:
        """Insert rows.

        Args:
            connection: In a transaction.
            values: Those of all rows, one after another.

        Returns:
            How many rows were inserted.

        Raises:
            sqlite3.Error: when the file does not take them.
        """
        width, step = self._width, self._width * _ROWS
        rest = len(values) // step * step
        changed = sum(connection.execute(self._many, values[begin : begin + step]).rowcount for begin in range(0, rest, step))
        if rest == len(values):
            return changed
        rows = [values[begin : begin + width] for begin in range(rest, len(values), width)]
        return changed + int(connection.executemany(self._one, rows).rowcount)
