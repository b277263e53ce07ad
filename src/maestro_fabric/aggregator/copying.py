"""Copies runs from a store's file into another store, with the numbers that names and texts have there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.aliases import copy_aliases
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.rollups import write_rollups

__all__ = ["ENDED_RUNS", "IDENTITIES", "Copy", "RunRecord"]

RunRecord = tuple[int, str, str, int, int, int | None, str]
"""A row of `ENDED_RUNS`."""

ENDED_RUNS = """SELECT id, run_id, orchestration_id, status, started_ms, duration_ms, facts FROM run
    WHERE status > 0 ORDER BY started_ms, run_id"""

IDENTITIES = """SELECT run.run_id, status, started_ms, duration_ms, facts, sum(attempts), sum(run_total.duration_us)
    FROM run LEFT JOIN run_total ON run_total.run_id = run.id GROUP BY run.id"""
"""What two copies of a run have in common; of two shards of a run at least one of these differs."""

_AT_ONCE = 500  # values of one IN: SQLite takes 999 in its oldest builds
# Each kind of text is found by what makes it the same everywhere, never by its number in a file.
_NAMED = {
    "suite": (("project", "name"), ()),
    "test_case": (("suite_id", "name", "params"), ("owner", "tags", "links", "location")),
    "worker": (("name",), ()),
    "error": (("digest",), ("type", "message", "trace", "location")),
    "metadata": (("digest",), ("json",)),
    "look": (("digest",), ("json",)),
}
_COPIED = {
    "attempt": {"case_id": "test_case", "worker_id": "worker", "error_id": "error", "metadata_id": "metadata"},
    "evidence": {"case_id": "test_case"},
    "heal": {"case_id": "test_case"},
    "learnt": {"case_id": "test_case", "element_id": "look", "others_id": "look"},
}
_UPSERT_RUN = """INSERT INTO run (run_id, orchestration_id, status, started_ms, duration_ms, facts) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""


class Copy:
    """Copies one run after another; each belongs into a transaction of the target.

    Args:
        target: The store that takes them.
        source: The file that has them.
        fit: Makes a value one that the target takes.
    """

    def __init__(self, target: Connection, source: sqlite3.Connection, *, fit: Callable[[Any], Any] | None = None) -> None:
        self._fit = fit
        self._target = target
        self._source = source
        self._ids: dict[str, dict[int | None, int | None]] = {table: {None: None} for table in _NAMED}

    def run(self, row: RunRecord) -> None:
        """A run with all that belongs to it; what the target has of it, such as another shard's results, stays.

        Raises:
            sqlite3.Error: when a file cannot be read or written.
            StoreError: when a database does not take it.
        """
        old, run_id, _, status, started, duration, facts = row
        self._target.execute(_UPSERT_RUN, row[1:])
        found = "SELECT id, started_ms, status, duration_ms, facts FROM run WHERE run_id = ?"
        new, base, had_status, had_duration, had_facts = self._target.execute(found, (run_id,)).fetchone()
        first = min(base, started)
        end = max(base + (had_duration or 0), started + (duration or 0))
        worst = max(status, had_status)  # the codes rise from passed over failed to interrupted
        self._target.execute(
            "UPDATE run SET started_ms = ?, duration_ms = ?, status = ?, facts = ? WHERE id = ?",
            (first, end - first, worst, max(facts, had_facts), new),
        )
        if base != first:
            self._target.execute("UPDATE attempt SET started_ms = started_ms + ? WHERE run_id = ?", (base - first, new))
        for table, references in _COPIED.items():
            self._copy_rows(table, references, old, new, later_ms=started - first)
        totals.recount(self._target, new)
        write_rollups(self._target, new)

    def aliases(self) -> None:
        """Names that stand for other cases in the source; what the target has under them is moved."""
        copy_aliases(self._source, self._target, lambda table, number: self._numbers(table, [number])[number] or 0)
        self.forget()  # cases that were moved are gone

    def forget(self) -> None:
        """Start anew: numbers that a transaction gave, and that was rolled back, do not exist."""
        self._ids = {table: {None: None} for table in _NAMED}

    def _copy_rows(self, table: str, references: Mapping[str, str], old: int, new: int, *, later_ms: int) -> None:
        columns = [column for column in _columns(self._source, table) if column != "id"]
        rows = self._source.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE run_id = ?", (old,)).fetchall()  # noqa: S608 - names of the schema, here and below
        if not rows:
            return
        maps: list[Mapping[Any, Any] | None] = []
        for place, column in enumerate(columns):
            kind = references.get(column)
            maps.append(None if kind is None else self._numbers(kind, {row[place] for row in rows}))
        run_place = columns.index("run_id")
        start_place = columns.index("started_ms") if later_ms and "started_ms" in columns else None
        copied = []
        for values in rows:
            row = [value if numbers is None else numbers[value] for value, numbers in zip(values, maps, strict=True)]
            row[run_place] = new
            if start_place is not None:
                row[start_place] += later_ms
            copied.append(row)
        self._insert(table, columns, copied)

    def _numbers(self, table: str, wanted: Collection[int | None]) -> Mapping[int | None, int | None]:
        """The target's numbers by the source's, of these names and texts at least; those that it lacks are written."""
        known = self._ids[table]
        missing = [number for number in wanted if number not in known]
        if missing:
            self._learn(table, missing)
        return known

    def _learn(self, table: str, numbers: Sequence[int | None]) -> None:
        key, rest = _NAMED[table]
        columns = (*key, *rest)
        rows: dict[int, list[Any]] = {}
        for some in _parts(numbers):
            query = f"SELECT id, {', '.join(columns)} FROM {table} WHERE id IN ({_marks(some)})"  # noqa: S608
            for old, *values in self._source.execute(query, some):
                rows[old] = values if self._fit is None else [self._fit(value) for value in values]
        if key[0] == "suite_id":
            suites = self._numbers("suite", {values[0] for values in rows.values()})
            for values in rows.values():
                values[0] = suites[values[0]]
        by_key = {tuple(values[: len(key)]): old for old, values in rows.items()}
        found = self._find(table, key, by_key)
        new = [rows[old] for known, old in by_key.items() if known not in found]
        if new:
            self._insert(table, columns, new)
            found = self._find(table, key, by_key)
        self._ids[table].update((old, found[known]) for known, old in by_key.items())

    def _find(self, table: str, key: Sequence[str], wanted: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
        """The target's numbers by key. Cases are looked up by their suite, all of them: they are few and their key is long."""
        column, values = key[-1] if len(key) == 1 else key[0], {one[0] for one in wanted}
        found: dict[tuple[Any, ...], int] = {}
        for some in _parts(list(values)):
            query = f"SELECT id, {', '.join(key)} FROM {table} WHERE {column} IN ({_marks(some)})"  # noqa: S608
            found.update((tuple(known), number) for number, *known in self._target.execute(query, some))
            if table == "test_case":
                query = f"SELECT case_id, suite_id, name, params FROM alias WHERE suite_id IN ({_marks(some)})"  # noqa: S608
                found.update((tuple(known), number) for number, *known in self._target.execute(query, some))
        return found

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(columns)}) ON CONFLICT DO NOTHING"  # noqa: S608
        self._target.executemany(statement, rows)


def _columns(source: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in source.execute(f"PRAGMA table_info({table})")]


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[begin : begin + _AT_ONCE] for begin in range(0, len(values), _AT_ONCE))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
