"""Where the durations of a category went to another level, and with which commit."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from maestro_fabric.aggregator.answers import LevelRow
from maestro_fabric.aggregator.attempts import utc_text
from maestro_fabric.aggregator.change_point import MIN_GROWTH_S, MIN_RATIO, change_points
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.sketch import sketches
from maestro_fabric.aggregator.window import RunFacts, Window, runs_in

__all__ = ["find_levels"]

_MOST_RUNS = 200  # the quantiles of twenty suites in as many runs take a quarter of a second
_SUITES = "SELECT run_id, suite_id, suite.name FROM run_total JOIN suite ON suite.id = run_total.suite_id WHERE run_id BETWEEN ? AND ?"


def find_levels(connection: Connection, window: Window) -> Rows[LevelRow]:
    """The changes of the median duration in the newest runs of a window, oldest first.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    runs = {run.id: run for run in runs_in(connection, window)[-_MOST_RUNS:]}
    if not runs:
        return Rows()
    groups = {
        (run, suite_id): (run, suite)
        for run, suite_id, suite in connection.execute(_SUITES, (min(runs), max(runs)))
        if run in runs and window.suite in (None, suite)
    }
    durations = sketches(connection, groups)
    series: dict[str, list[tuple[RunFacts, float]]] = defaultdict(list)
    place = {run: index for index, run in enumerate(runs)}
    for run, suite in sorted(durations, key=lambda key: place[key[0]]):
        series[suite].append((runs[run], durations[run, suite].quantile(0.5)))
    rows = [row for suite, passes in series.items() for row in _levels(suite, passes)]
    return Rows(sorted(rows, key=lambda row: (row.changed_at, row.category)))


def _levels(category: str, passes: list[tuple[RunFacts, float]]) -> list[LevelRow]:
    seconds = [median_s for _, median_s in passes]
    places = change_points(seconds)
    ends = [0, *places, len(seconds)]
    rows = []
    for begin, at, end in zip(ends, places, ends[2:], strict=False):
        before_s, after_s = median(seconds[begin:at]), median(seconds[at:end])
        if max(before_s, after_s) < MIN_RATIO * min(before_s, after_s) or abs(after_s - before_s) < MIN_GROWTH_S:
            continue
        run = passes[at][0]
        rows.append(
            LevelRow(
                category=category,
                before_s=before_s,
                after_s=after_s,
                changed_at=utc_text(run.started_ms),
                changed_run_id=run.run_id,
                changed_commit=run.commit,
            )
        )
    return rows
