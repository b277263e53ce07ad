"""The roll-up of a run: one row of counts a suite, kept up with every commit, so that a summary reads a handful of rows."""

from __future__ import annotations

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.records import MARKS, STATUSES, Record
from maestro_fabric.model import Status

__all__ = ["COLUMNS", "add_attempt", "add_pass", "add_result", "empty", "recount", "write_totals"]

COLUMNS = (*(str(status) for status in STATUSES), *(str(mark) for mark in MARKS), "attempts", "duration_us")
_PASSED = STATUSES.index(Status.PASSED)
_ATTEMPTS = COLUMNS.index("attempts")
_DURATION = COLUMNS.index("duration_us")
_FIRST_MARK = len(STATUSES)

# Column names come from the constants above, never from data.
_ADD = (
    f"INSERT INTO run_total (run_id, suite_id, {', '.join(COLUMNS)}) VALUES (?, ?, {', '.join('?' * len(COLUMNS))}) "  # noqa: S608
    f"ON CONFLICT (run_id, suite_id) DO UPDATE SET {', '.join(f'{name} = run_total.{name} + excluded.{name}' for name in COLUMNS)}"
)


def _count(condition: str) -> str:
    return f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)"


_COUNTS = [_count(f"is_last = 1 AND status = {code}") for code in range(len(STATUSES))] + [
    _count(f"is_last = 1 AND marks & {1 << bit} = {1 << bit}") for bit in range(len(MARKS))
]
_RECOUNT = (
    f"INSERT INTO run_total (run_id, suite_id, {', '.join(COLUMNS)}) "  # noqa: S608
    f"SELECT attempt.run_id, suite_id, {', '.join(_COUNTS)}, {_count('number > 0')}, sum(duration_us) "
    "FROM attempt JOIN test_case ON test_case.id = attempt.case_id WHERE attempt.run_id = ? GROUP BY attempt.run_id, suite_id"
)


def empty() -> list[int]:
    """Counts that are all 0, in the order of `COLUMNS`."""
    return [0] * len(COLUMNS)


def add_attempt(counts: list[int], record: Record) -> None:
    """Count an attempt and its time, whether or not another follows."""
    counts[_ATTEMPTS] += record[1] > 0  # by position: a named field takes three times as long
    counts[_DURATION] += int(record[6] * 1_000_000)  # as the row has it, so that counting again gives the same


def add_pass(counts: list[int], duration_s: float) -> None:
    """Count a case that plainly passed at the first attempt."""
    counts[_PASSED] += 1
    counts[_ATTEMPTS] += 1
    counts[_DURATION] += int(duration_s * 1_000_000)


def add_result(counts: list[int], *, status: int, marks: int, sign: int = 1) -> None:
    """Count a case's result; ``sign`` -1 takes it back."""
    counts[status] += sign
    if marks:
        for bit in range(len(MARKS)):
            if marks & (1 << bit):
                counts[_FIRST_MARK + bit] += sign


def write_totals(connection: Connection, run: int, suites: dict[int, list[int]]) -> None:
    """Add the counts to what is in the store, by suite id."""
    connection.executemany(_ADD, [(run, suite, *counts) for suite, counts in suites.items()])


def recount(connection: Connection, run: int) -> None:
    """Count a run again from its rows: after an import, or when a result was taken back."""
    connection.execute("DELETE FROM run_total WHERE run_id = ?", (run,))
    connection.execute(_RECOUNT, (run,))
