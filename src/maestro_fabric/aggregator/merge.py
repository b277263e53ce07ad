"""Makes one history of several: by run id, so that the order of the files and merging twice change nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.database import connect_to_read, explain, open_database, transaction
from maestro_fabric.aggregator.query import open_history
from maestro_fabric.aggregator.sketch import write_sketches
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError

__all__ = ["merge_stores"]

_PATIENCE_S = 40.0
_RUNS = "SELECT id, run_id, orchestration_id, status, started_ms, duration_ms, facts FROM run WHERE status > 0"
# What two copies of a run have in common; of two shards of a run at least one of these differs.
_IDENTITIES = """SELECT run.run_id, status, started_ms, duration_ms, facts, sum(attempts), sum(run_total.duration_us)
    FROM run LEFT JOIN run_total ON run_total.run_id = run.id GROUP BY run.id"""
# Each kind of text is found by what makes it the same everywhere, never by its number in a file.
_COPIED = (
    ("suite", ("project", "name"), ()),
    ("worker", ("name",), ()),
    ("error", ("digest",), ("type", "message", "trace", "location")),
    ("metadata", ("digest",), ("json",)),
    ("look", ("digest",), ("json",)),
)
_CASE = ("suite_id", "name", "params", "owner", "tags", "links", "location")


def merge_stores(sources: Sequence[Path], target: Path) -> int:
    """Write all ended runs of the sources, with the cases, errors and heals that belong to them, into the target.

    A run that several files hold is taken once, and shards of one run become one run. The target may be a new file, one of the
    sources, or a history of its own, whose runs stay. New runs are written in the order of time.

    Returns:
        How many runs are new in the target.

    Raises:
        StoreError: when a file cannot be read or written; what was written until then is whole runs.
    """
    others = [path for path in dict.fromkeys(source.absolute() for source in sources) if path != target.absolute()]
    for path in others:
        # Ends its interrupted runs, and migrates a source of an older version.
        open_history(path).close()
    with closing(open_database(target.absolute(), clock=SystemClock(), patience_s=_PATIENCE_S)) as connection:
        try:
            return sum(_take(connection, path) for path in others)
        except sqlite3.Error as error:
            raise StoreError(explain(target, error)) from error


def _take(connection: sqlite3.Connection, source: Path) -> int:
    with closing(connect_to_read(source)) as other:
        known = {row[0]: row[1:] for row in connection.execute(_IDENTITIES)}
        theirs = {row[0]: row[1:] for row in other.execute(_IDENTITIES)}
        runs = [row for row in other.execute(f"{_RUNS} ORDER BY started_ms, run_id") if known.get(row[1]) != theirs[row[1]]]
        if not runs:
            return 0
        copy = _Copy(connection, other)
        with transaction(connection):
            copy.names()
        for run in runs:
            with transaction(connection):
                copy.run(run)
        return sum(run[1] not in known for run in runs)


class _Copy:
    """Copies rows from one store into another, with the numbers that they have there."""

    def __init__(self, target: sqlite3.Connection, source: sqlite3.Connection) -> None:
        self._target = target
        self._source = source
        self._ids: dict[str, dict[int | None, int | None]] = {}

    def names(self) -> None:
        """Suites, cases, workers, errors, metadata and looks."""
        for table, key, rest in _COPIED:
            self._ids[table] = self._copy_named(table, key, rest)
        self._ids["test_case"] = self._copy_cases()

    def run(self, row: Sequence[Any]) -> None:
        """A run with all that belongs to it; what the target has of it, such as another shard's results, stays."""
        old, run_id, _, status, started, duration, facts = row
        columns = "run_id, orchestration_id, status, started_ms, duration_ms, facts"
        self._target.execute(f"INSERT INTO run ({columns}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row[1:])  # noqa: S608
        new, base, *others = self._target.execute(
            "SELECT id, started_ms, status, duration_ms, facts FROM run WHERE run_id = ?", (run_id,)
        ).fetchone()
        first = min(base, started)
        end = max(base + (others[1] or 0), started + (duration or 0))
        worst = max(status, others[0])  # the codes rise from passed over failed to interrupted
        self._target.execute(
            "UPDATE run SET started_ms = ?, duration_ms = ?, status = ?, facts = ? WHERE id = ?",
            (first, end - first, worst, max(facts, others[2]), new),
        )
        self._target.execute("UPDATE attempt SET started_ms = started_ms + ? WHERE run_id = ? AND ?", (base - first, new, base != first))
        references = {"case_id": "test_case", "worker_id": "worker", "error_id": "error", "metadata_id": "metadata"}
        self._copy_rows("attempt", old, references, new, later_ms=started - first)
        self._copy_rows("evidence", old, {"case_id": "test_case"}, new)
        self._copy_rows("heal", old, {"case_id": "test_case"}, new)
        self._copy_rows("learnt", old, {"case_id": "test_case", "element_id": "look", "others_id": "look"}, new)
        totals.recount(self._target, new)
        write_sketches(self._target, new)

    def _copy_named(self, table: str, key: Sequence[str], rest: Sequence[str]) -> dict[int | None, int | None]:
        columns = ", ".join((*key, *rest))
        marks = ", ".join("?" * (len(key) + len(rest)))
        found: dict[int | None, int | None] = {None: None}
        where = " AND ".join(f"{name} = ?" for name in key)
        for old, *values in self._source.execute(f"SELECT id, {columns} FROM {table}").fetchall():  # noqa: S608 - constants
            self._target.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", values)  # noqa: S608
            found[old] = self._target.execute(f"SELECT id FROM {table} WHERE {where}", values[: len(key)]).fetchone()[0]  # noqa: S608
        return found

    def _copy_cases(self) -> dict[int | None, int | None]:
        found: dict[int | None, int | None] = {}
        columns = ", ".join(_CASE)
        for old, suite, *values in self._source.execute(f"SELECT id, {columns} FROM test_case").fetchall():  # noqa: S608
            row = (self._ids["suite"][suite], *values)
            self._target.execute(f"INSERT INTO test_case ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)  # noqa: S608
            query = "SELECT id FROM test_case WHERE suite_id = ? AND name = ? AND params = ?"
            found[old] = self._target.execute(query, row[:3]).fetchone()[0]
        return found

    def _copy_rows(self, table: str, old: int, references: Mapping[str, str], new: int, *, later_ms: int = 0) -> None:
        columns = [name for name in _columns(self._source, table) if name != "id"]
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE run_id = ?"  # noqa: S608 - the schema's own names
        maps = [self._ids[references[name]] if name in references else None for name in columns]
        place = columns.index("run_id")
        rows = []
        for values in self._source.execute(query, (old,)):
            row = [value if ids is None else ids[value] for value, ids in zip(values, maps, strict=True)]
            row[place] = new
            if later_ms:
                row[columns.index("started_ms")] = values[columns.index("started_ms")] + later_ms
            rows.append(row)
        marks = ", ".join("?" * len(columns))
        self._target.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608


def _columns(connection: sqlite3.Connection, table: str) -> Iterable[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
