"""The flaky cases of a store: reads what did not pass, and judges these cases only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maestro_fabric.aggregator.answers import FlakyRow
from maestro_fabric.aggregator.attempts import utc_text
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.flaky import FlakyState, FlakyVerdict, Sighting, judge
from maestro_fabric.aggregator.flaky_environment import RunHealth, down_runs
from maestro_fabric.aggregator.flaky_groups import co_failing_groups
from maestro_fabric.aggregator.flaky_hints import Circumstances, find_hints
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.names import digest_of
from maestro_fabric.aggregator.records import INTERRUPTED
from maestro_fabric.aggregator.titles import CASE_TITLE
from maestro_fabric.aggregator.window import RunFacts, Window, runs_in

__all__ = ["find_flaky"]

_ORDER = (FlakyState.FLAKY, FlakyState.SUSPECTED, FlakyState.RECOVERED)
_HEALTH = """SELECT run_id, sum(passed + failed + error), sum(failed + error), sum(blocked) FROM run_total
    WHERE run_id BETWEEN ? AND ? GROUP BY run_id"""
_BREAKER = """SELECT 1 FROM attempt JOIN error ON error.id = attempt.error_id WHERE attempt.run_id = ?
    AND attempt.status IN (1, 2, 4) AND attempt.status = 4 AND error.message LIKE '%circuit breaker is open%' LIMIT 1"""
# Only who did not pass in some run and passed in another can disagree with itself.
_MIXED = """SELECT case_id FROM (SELECT DISTINCT case_id FROM attempt WHERE status IN (1, 2, 4) AND run_id BETWEEN :first AND :last) AS bad
    WHERE EXISTS (SELECT 1 FROM attempt WHERE attempt.case_id = bad.case_id AND run_id BETWEEN :first AND :last AND status = 0)"""
_TRIES = """SELECT run_id, status, started_ms, duration_us, worker_id, error_id FROM attempt
    WHERE case_id = ? AND run_id BETWEEN ? AND ? AND number > 0 AND status <= 2"""
_FIRST_LINE = "SELECT CASE WHEN type = '' THEN message ELSE type || ': ' || message END FROM error WHERE id = ?"


_Try = tuple[int, int, int, int, int | None, int | None]


@dataclass(slots=True)
class _Judged:
    case: int
    verdict: FlakyVerdict
    tries: list[_Try]

    @property
    def failed_in(self) -> set[int]:
        return {run for run, status, *_ in self.tries if status}


@dataclass(slots=True)
class _Surroundings:
    runs: Mapping[int, RunFacts]
    workers: Mapping[int, int]
    worker_names: Mapping[int, str]

    def of_all(self, tries: Sequence[_Try]) -> list[Circumstances]:
        began: dict[int, int] = {}
        lasted: dict[int, float] = defaultdict(float)
        for number, _, started, duration, _, _ in tries:
            began[number] = min(started, began.get(number, started))
            lasted[number] += duration / 1e3
        # A failure that waits for its time limit makes its run longer: without that time, the place is the same in good and bad runs.
        others = {number: (self.runs[number].duration_ms or 0) - lasted[number] for number in began}
        places = {number: min(1.0, began[number] / others[number]) if others[number] > 0 else 0.0 for number in began}
        return [self._of(row, places[row[0]]) for row in tries]

    def _of(self, row: _Try, place: float) -> Circumstances:
        number, status, started, duration, worker, _ = row
        run = self.runs[number]
        return Circumstances(
            has_failed=status > 0,
            worker=self.worker_names[worker] if worker else "",
            host=run.facts.get("host", ""),
            workers=self.workers[number],
            hour=(run.started_ms + started) // 3_600_000 % 24,
            duration_s=duration / 1e6,
            place=place,
        )


def find_flaky(connection: Connection, window: Window) -> Rows[FlakyRow]:
    """The cases of the window that are not stable: flaky ones first, then by the rate at which they fail.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    runs = {run.id: run for run in runs_in(connection, window)}
    if not runs:
        return Rows()
    bounds = (min(runs), max(runs))
    down = _down(connection, runs, bounds)
    place = {run: index for index, run in enumerate(runs)}
    counted = runs.keys() - down
    interrupted = {row[0] for row in connection.execute("SELECT id FROM error WHERE digest = ?", (digest_of(*INTERRUPTED),))}
    codes = {run: facts.code for run, facts in runs.items()}
    judged = []
    for (case,) in connection.execute(_MIXED, {"first": bounds[0], "last": bounds[1]}).fetchall():
        tries = [row for row in connection.execute(_TRIES, (case, *bounds)) if row[0] in counted and row[5] not in interrupted]
        verdict = judge(_sightings(tries, codes, place))
        if verdict.state is not FlakyState.STABLE:
            judged.append(_Judged(case, verdict, tries))
    return _rows(connection, judged, runs, window)


def _down(connection: Connection, runs: Mapping[int, RunFacts], bounds: tuple[int, int]) -> frozenset[int]:
    health = {}
    for run, size, bad, blocked in connection.execute(_HEALTH, bounds).fetchall():
        if run in runs:
            has_open_breaker = blocked > 0 and connection.execute(_BREAKER, (run,)).fetchone() is not None
            health[run] = RunHealth(size, bad, has_open_breaker)
    return down_runs(health)


def _sightings(tries: Iterable[_Try], codes: Mapping[int, str], place: Mapping[int, int]) -> list[Sighting]:
    counts: dict[int, list[int]] = {}
    for run, status, *_ in tries:
        counts.setdefault(run, [0, 0])[status > 0] += 1
    return [Sighting(run, codes[run], *counts[run]) for run in sorted(counts, key=place.__getitem__)]


def _rows(connection: Connection, judged: Sequence[_Judged], runs: Mapping[int, RunFacts], window: Window) -> Rows[FlakyRow]:
    names = {one.case: connection.execute(CASE_TITLE, (one.case,)).fetchone()[1:] for one in judged}
    kept = [one for one in judged if window.suite in (None, names[one.case][0])]
    together: dict[int, tuple[str, ...]] = {}
    for group in co_failing_groups({one.case: one.failed_in for one in kept}):
        together |= {case: tuple(names[other][1] for other in group if other != case) for case in group}
    around = _Surroundings(runs, _workers(judged), dict(connection.execute("SELECT id, name FROM worker")))
    rows = [_row(connection, one, names[one.case], around, together.get(one.case, ())) for one in kept]
    return Rows(sorted(rows, key=lambda row: (_ORDER.index(FlakyState(row.state)), -row.rate, row.title)))


def _row(connection: Connection, one: _Judged, name: tuple[str, str], around: _Surroundings, fails_with: tuple[str, ...]) -> FlakyRow:
    verdict, runs = one.verdict, around.runs
    low, high = verdict.interval()
    failures = [row for row in one.tries if row[1]]
    run, _, started, _, _, error = max(failures, key=lambda row: runs[row[0]].started_ms + row[2])
    text = connection.execute(_FIRST_LINE, (error,)).fetchone() if error else None
    return FlakyRow(
        title=name[1],
        case_id=one.case,
        suite=name[0],
        state=str(verdict.state),
        rate=verdict.rate,
        low=low,
        high=high,
        disagreements=verdict.disagreements,
        tries=verdict.tries,
        fails=verdict.fails,
        flip_rate=verdict.flip_rate,
        clean_tries=verdict.clean_tries,
        last_failed_at=utc_text(runs[run].started_ms + started),
        last_run_id=runs[run].run_id,
        error=next(iter(text[0].splitlines()), "") if text else "",
        reason=verdict.reason,
        fails_with=fails_with,
        hints=find_hints(around.of_all(one.tries)),
    )


def _workers(judged: Iterable[_Judged]) -> dict[int, int]:
    """How many processes each run had, as far as these cases show: reading all results of all runs would take seconds."""
    seen: dict[int, set[int | None]] = defaultdict(set)
    for one in judged:
        for run, _, _, _, worker, _ in one.tries:
            seen[run].add(worker)
    return {run: len(found) for run, found in seen.items()}
