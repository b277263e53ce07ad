"""The slowest cases of a store, and those that became slower, with the run and commit where it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from maestro_fabric.aggregator.answers import SlowRow
from maestro_fabric.aggregator.attempts import utc_text
from maestro_fabric.aggregator.change_point import NEWEST, Slowdown, find_slowdown
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.titles import CASE_TITLES
from maestro_fabric.aggregator.window import RunFacts, Window, runs_in

__all__ = ["find_slowest", "percentile"]

# First attempts only: a second one begins with caches that are warm.
_PASSES = "SELECT run_id, duration_us FROM attempt WHERE case_id = ? AND run_id BETWEEN ? AND ? AND number = 1 AND status = 0"


def find_slowest(connection: Connection, window: Window) -> Rows[SlowRow]:
    """All cases that passed in the window: those that became slower first, then the slowest.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    runs = {run.id: run for run in runs_in(connection, window)}
    if not runs:
        return Rows()
    place = {run: index for index, run in enumerate(runs)}
    bounds = (min(runs), max(runs))
    rows = []
    for case, suite, title in connection.execute(CASE_TITLES, {"suite": window.suite}).fetchall():
        passes = [row for row in connection.execute(_PASSES, (case, *bounds)) if row[0] in runs]
        if passes:
            passes.sort(key=lambda row: place[row[0]])
            seconds = [duration / 1e6 for _, duration in passes]
            rows.append(_row(case, suite, title, seconds, [run for run, _ in passes], runs))
    return Rows(sorted(rows, key=lambda row: (not row.is_slower, -row.median_s, row.title)))


def _row(case: int, suite: str, title: str, seconds: Sequence[float], ran: Sequence[int], runs: Mapping[int, RunFacts]) -> SlowRow:
    slowdown: Slowdown = find_slowdown(seconds)
    changed = None if slowdown.at is None else runs[ran[slowdown.at]]
    return SlowRow(
        title=title,
        case_id=case,
        suite=suite,
        runs=len(seconds),
        median_s=median(seconds[-NEWEST:]),
        p95_s=percentile(seconds, 0.95),
        is_slower=slowdown.is_slower,
        before_s=slowdown.before_s,
        ratio=slowdown.ratio,
        chance=slowdown.chance,
        changed_at=utc_text(changed.started_ms) if changed else "",
        changed_run_id=changed.run_id if changed else "",
        changed_commit=changed.commit if changed else "",
        series=tuple(seconds),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least so large a share of them do not exceed; 0 when there is none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0
