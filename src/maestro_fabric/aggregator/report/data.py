"""What a report tells, as values: gathered once, rendered as HTML or Markdown."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from maestro_fabric.aggregator.answers import ClusterRow, FlakyRow, LevelRow, SlowRow
from maestro_fabric.aggregator.clusters import cluster_failures
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.found import ResultRow, RunRow, UnknownName
from maestro_fabric.aggregator.query import History
from maestro_fabric.aggregator.sketch import Sketch, sketches
from maestro_fabric.aggregator.slow_query import percentile
from maestro_fabric.aggregator.titles import TITLE
from maestro_fabric.aggregator.window import Window, runs_in

__all__ = ["Heal", "Past", "ReportData", "gather_report"]

STATUSES = ("passed", "failed", "error", "blocked", "skipped")
_PAST_RUNS = 30
_SLOWEST = 10
_HEALS = f"""SELECT {TITLE}, heal.action, heal.doing,
    heal.old, heal.new, heal.confidence, heal.reason, heal.location FROM heal JOIN run ON run.id = heal.run_id
    JOIN test_case ON test_case.id = heal.case_id JOIN suite ON suite.id = test_case.suite_id WHERE run.run_id = ? ORDER BY heal.id"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Heal:
    """An answer of the healer: ``action`` is ``heal``, ``propose`` or ``abstain``; locators as JSON."""

    title: str
    action: str
    doing: str
    old: str
    new: str
    confidence: float
    reason: str
    location: str


@dataclass(frozen=True, slots=True)
class Past:
    """A run of the curves: its counts by status, and what half and 95 % of its passes took at most, in seconds."""

    run: RunRow
    p50_s: float
    p95_s: float

    @property
    def pass_rate(self) -> float:
        """Passed of all that were judged; 0 when none was."""
        judged = self.run.total - self.run.counts["skipped"]
        return self.run.counts["passed"] / judged if judged else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """What became of the runs of one orchestration, and what the history knows about it.

    Attributes:
        name: The orchestration, or the run.
        runs: Its runs, oldest first.
        counts: Cases by status and mark, over all of them.
        pass_rate: Passed of all that were judged, from 0 to 1.
        seconds: All attempts' seconds.
        p50_s: What half of the passes took at most.
        p95_s: What 95 % of them took at most.
        clusters: What did not pass, by cause.
        flaky: The flaky cases of the history.
        slow: The cases that became slower, then the slowest.
        heals: The healer's answers.
        past: The runs up to these, oldest first, for the curves.
        levels: Where in them the durations of a category changed, with the commit.
    """

    name: str
    runs: Sequence[RunRow]
    counts: Mapping[str, int]
    pass_rate: float
    seconds: float
    p50_s: float
    p95_s: float
    clusters: Sequence[ClusterRow]
    flaky: Sequence[FlakyRow]
    slow: Sequence[SlowRow]
    heals: Sequence[Heal]
    past: Sequence[Past]
    levels: Sequence[LevelRow] = ()

    @property
    def total(self) -> int:
        """How many cases have a result."""
        return sum(self.counts[status] for status in STATUSES)

    @property
    def is_good(self) -> bool:
        """Whether no run of it failed or was interrupted."""
        return all(run.status == "passed" for run in self.runs)


def gather_report(history: History, connection: Connection, *, orchestration_id: str = "", run: str = "") -> ReportData:
    """All that a report of an orchestration, or of one run, tells.

    Args:
        history: The store.
        connection: A connection to it.
        orchestration_id: Whose runs are reported together.
        run: A run's id, the beginning of one, or ``latest``; instead of an orchestration.

    Raises:
        UnknownName: when there is no such orchestration or run; ``nearest`` has some to choose from.
        StoreError: when the file cannot be read.
    """
    runs = [history.run(run)] if run else _runs_of(history, connection, orchestration_id)
    attempts = {(row.run_id, row.case_id, row.attempt): row for one in runs for row in history.attempts(one.run_id)}
    results: list[ResultRow] = [
        attempts.get((row.run_id, row.case_id, row.attempt), row) for one in runs for row in history.results(one.run_id)
    ]
    counts = {name: sum(one.counts[name] for one in runs) for name in runs[0].counts}
    judged = sum(counts[status] for status in STATUSES if status != "skipped")
    seconds = [row.duration_s for row in results if row.status == "passed"]
    slow = history.slowest()
    past = _past_window(runs[-1])
    return ReportData(
        name=orchestration_id or runs[0].run_id,
        runs=runs,
        counts=counts,
        pass_rate=counts["passed"] / judged if judged else 0.0,
        seconds=sum(one.case_seconds for one in runs),
        p50_s=percentile(seconds, 0.5),
        p95_s=percentile(seconds, 0.95),
        clusters=cluster_failures(results),
        flaky=history.flaky(),
        slow=[row for row in slow if row.is_slower] or slow[:_SLOWEST],
        heals=[Heal(*row) for one in runs for row in connection.execute(_HEALS, (one.run_id,))],
        past=_past(history, connection, past),
        levels=history.levels(past),
    )


def _runs_of(history: History, connection: Connection, orchestration_id: str) -> list[RunRow]:
    query = "SELECT run_id FROM run WHERE orchestration_id = ? ORDER BY started_ms, id"
    found = [history.run(run_id) for (run_id,) in connection.execute(query, (orchestration_id,)).fetchall()]
    if not found:
        known = [name for (name,) in connection.execute("SELECT DISTINCT orchestration_id FROM run WHERE orchestration_id != ''")]
        raise UnknownName(
            f"no orchestration {orchestration_id!r}", difflib.get_close_matches(orchestration_id, known, 3, 0.3) or known[-3:]
        )
    return found


def _past_window(newest: RunRow) -> Window:
    """The runs that the curves show: those of the same branch, up to the one reported."""
    return Window(last=_PAST_RUNS, until=datetime.fromisoformat(newest.started_at).timestamp(), branch=newest.git_branch)


def _past(history: History, connection: Connection, window: Window) -> list[Past]:
    runs = runs_in(connection, window)
    durations = sketches(connection, {(run.id, suite): run.run_id for run in runs for suite in _suites(connection, run.id)})
    found = []
    for run in runs:
        took = durations.get(run.run_id, Sketch())
        found.append(Past(history.run(run.run_id), *took.quantiles(0.5, 0.95)))
    return found


def _suites(connection: Connection, run: int) -> list[int]:
    return [suite for (suite,) in connection.execute("SELECT suite_id FROM run_total WHERE run_id = ?", (run,))]
