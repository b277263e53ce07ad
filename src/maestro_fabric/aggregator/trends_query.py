"""How a history develops: a row a day and category, with the share that passed and how long it took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from operator import add
from typing import TYPE_CHECKING, Any

from maestro_fabric.aggregator.answers import TrendRow
from maestro_fabric.aggregator.attempts import utc_text
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.sketch import Sketch, sketches
from maestro_fabric.aggregator.window import Window, runs_in

if TYPE_CHECKING:
    from maestro_fabric.aggregator.query import History

__all__ = ["find_trends", "summarize_trends"]

_COUNTS = ("passed", "failed", "error", "skipped", "blocked", "flaky", "healed")
_JUDGED_RUNS = 100
_TOTALS = f"""SELECT run_id, suite_id, suite.name, {", ".join(_COUNTS)} FROM run_total JOIN suite ON suite.id = run_total.suite_id
    WHERE run_id BETWEEN ? AND ?"""  # noqa: S608 - constants


def find_trends(connection: Connection, window: Window) -> Rows[TrendRow]:
    """One row a day (UTC) and category, oldest day first.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    runs = {run.id: utc_text(run.started_ms)[:10] for run in runs_in(connection, window)}
    if not runs:
        return Rows()
    bounds = (min(runs), max(runs))
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
    seen: dict[tuple[str, str], set[int]] = defaultdict(set)
    groups: dict[tuple[int, int], tuple[str, str]] = {}
    for row in connection.execute(_TOTALS, bounds):
        run, suite_id, suite = row[:3]
        if run in runs and window.suite in (None, suite):
            key = groups[run, suite_id] = (runs[run], suite)
            counts[key] = list(map(add, counts[key], row[3:]))  # a tenth of what a comprehension takes, and there are tens of thousands
            seen[key].add(run)
    durations = sketches(connection, groups)
    return Rows(_row(key, len(seen[key]), counts[key], durations.get(key, Sketch())) for key in sorted(counts))


def summarize_trends(history: History, category: str, days: int, window: Window) -> dict[str, Any]:
    """A category's days in a mapping, see `TestResultAggregator.analyze_trends`."""
    daily = history.trends(window)
    half = len(daily) // 2
    return {
        "category": category,
        "days": days,
        "runs": sum(row.runs for row in daily),
        "total": sum(row.total for row in daily),
        "pass_rate": _pass_rate(daily),
        "pass_rate_change": _pass_rate(daily[half:]) - _pass_rate(daily[:half]) if half else 0.0,
        "p50": daily[-1].p50_s if daily else 0.0,
        "p95": daily[-1].p95_s if daily else 0.0,
        "daily": daily,
        "flaky": history.flaky(replace(window, last=_JUDGED_RUNS)),
        "slower": Rows(row for row in history.slowest(replace(window, last=_JUDGED_RUNS)) if row.is_slower),
    }


def _pass_rate(rows: Sequence[TrendRow]) -> float:
    judged = sum(row.total - row.skipped for row in rows)
    return sum(row.passed for row in rows) / judged if judged else 0.0


def _row(key: tuple[str, str], runs: int, numbers: list[int], durations: Sketch) -> TrendRow:
    by_name = dict(zip(_COUNTS, numbers, strict=True))
    total = sum(by_name[name] for name in ("passed", "failed", "error", "skipped", "blocked"))
    judged = total - by_name["skipped"]
    p50_s, p95_s = durations.quantiles(0.5, 0.95)
    return TrendRow(
        day=key[0],
        category=key[1],
        runs=runs,
        total=total,
        pass_rate=by_name["passed"] / judged if judged else 0.0,
        p50_s=p50_s,
        p95_s=p95_s,
        **by_name,
    )
