"""What two runs judge differently, and where a case began to fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from maestro_fabric.aggregator.answers import ChangeRow, FirstFailure, LatestRow
from maestro_fabric.aggregator.attempts import utc_text
from maestro_fabric.aggregator.connections import Connection, has_table
from maestro_fabric.aggregator.found import CaseRow, ResultRow
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.records import STATUSES, marks_in_order
from maestro_fabric.aggregator.schema import COMPUTED_LATEST

__all__ = ["compare_results", "find_first_failure", "find_latest"]

_BAD = ("failed", "error", "blocked")
_NAMES = tuple(str(status) for status in STATUSES)
_ORDER = ("broken", "new", "fixed", "gone", "other")
_RESULTS = """SELECT attempt.status, run.run_id, run.started_ms, json_extract(run.facts, '$.git_commit'), error.type, error.message
    FROM attempt JOIN run ON run.id = attempt.run_id LEFT JOIN error ON error.id = attempt.error_id
    WHERE attempt.case_id = ? AND attempt.is_last = 1 ORDER BY run.started_ms DESC, attempt.run_id DESC"""
# Runs are few, and are named in Python; titles are put together there, too: that takes half the time.
_LATEST = """SELECT latest.case_id, latest.run_id, latest.status, latest.marks, suite.name, test_case.name, test_case.params
    FROM {latest} AS latest JOIN test_case ON test_case.id = latest.case_id JOIN suite ON suite.id = test_case.suite_id
    WHERE :suite IS NULL OR suite.name = :suite ORDER BY test_case.id"""
_NOW = """(SELECT case_id, run_id, status, marks FROM attempt
    WHERE is_last = 1 AND run_id IN (SELECT id FROM run WHERE status = 0) ORDER BY run_id)"""
_SLOTS = tuple(getattr(LatestRow, name).__set__ for name in ("title", "case_id", "status", "marks", "run_id"))


def compare_results(before: Iterable[ResultRow], after: Iterable[ResultRow]) -> Rows[ChangeRow]:
    """The cases that two runs judge differently, or that only one of them has: what broke first."""
    old, new = ({row.title: row for row in rows} for rows in (before, after))
    rows = [_change(title, old.get(title), new.get(title)) for title in old.keys() | new.keys()]
    return Rows(sorted((row for row in rows if row.before != row.after), key=lambda row: (_ORDER.index(row.change), row.title)))


def find_first_failure(connection: Connection, case: CaseRow) -> FirstFailure | None:
    """The first of the runs in a row, up to the newest, in which the case does not pass; ``None`` when it passes.

    Runs that skipped it or in which it was blocked say nothing.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    first, good, runs = None, None, 0
    for row in connection.execute(_RESULTS, (case.case_id,)):
        status = STATUSES[row[0]]
        if status in ("failed", "error"):
            first, runs = row, runs + 1
        elif status == "passed":
            good = row
            break
    if first is None:
        return None
    return FirstFailure(
        title=str(case),
        run_id=first[1],
        commit=first[3] or "",
        started_at=utc_text(first[2]),
        error=_first_line(first[4], first[5]),
        runs=runs,
        last_good_run_id=good[1] if good else "",
        last_good_commit=(good[3] or "") if good else "",
        last_good_at=utc_text(good[2]) if good else "",
    )


def find_latest(connection: Connection, suite: str | None) -> Rows[LatestRow]:
    """The newest result of every case, also of runs that go on.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    runs = dict(connection.execute("SELECT id, run_id FROM run"))
    table = "latest" if has_table(connection, "latest") else f"({COMPUTED_LATEST})"
    rows = connection.execute(_LATEST.format(latest=table), {"suite": suite}).fetchall()
    now = connection.execute(_LATEST.format(latest=_NOW), {"suite": suite}).fetchall()
    if now:
        rows = sorted({row[0]: row for row in (*rows, *now)}.values())
    return Rows(_latest_rows(rows, runs))


def _latest_rows(rows: Iterable[Sequence[Any]], runs: Mapping[int, str]) -> Iterator[LatestRow]:
    # A frozen dataclass sets its fields by name, one call each; its slots take them in a third of the time.
    set_title, set_case, set_status, set_marks, set_run = _SLOTS
    for case, run, status, marks, suite, name, params in rows:
        row = object.__new__(LatestRow)
        set_title(row, f"{suite}::{name}[{params}]" if params else f"{suite}::{name}")
        set_case(row, case)
        set_status(row, _NAMES[status])
        set_marks(row, marks_in_order(marks) if marks else ())
        set_run(row, runs[run])
        yield row


def _change(title: str, old: ResultRow | None, new: ResultRow | None) -> ChangeRow:
    return ChangeRow(
        title=title,
        change=_kind(old, new),
        before=old.status if old else None,
        after=new.status if new else None,
        before_s=old.duration_s if old else None,
        after_s=new.duration_s if new else None,
        error=_first_line(new.error_type, new.error_message) if new and new.status in _BAD else "",
    )


def _kind(old: ResultRow | None, new: ResultRow | None) -> str:
    if old is None:
        return "new"
    if new is None:
        return "gone"
    was_bad, is_bad = old.status in _BAD, new.status in _BAD
    if is_bad and not was_bad:
        return "broken"
    return "fixed" if was_bad and new.status == "passed" else "other"


def _first_line(kind: str | None, message: str | None) -> str:
    line = next(iter((message or "").splitlines()), "")
    return f"{kind}: {line}" if kind else line
