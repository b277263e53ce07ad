"""The store for programs and notebooks: results put in one by one, found by category, counted by orchestration."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.answers import ChangeRow, ClusterRow, FirstFailure, FlakyRow, LatestRow, LevelRow, SlowRow, TrendRow
from maestro_fabric.aggregator.connections import NO_LIMIT, Connection, Cursor
from maestro_fabric.aggregator.database import explain, open_database, waiting
from maestro_fabric.aggregator.found import AttemptRow, ResultRow, RunRow
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.query import History
from maestro_fabric.aggregator.records import STATUS_CODES, Batch, CaseKey, Record, RunState
from maestro_fabric.aggregator.recovery import recover
from maestro_fabric.aggregator.report import ReportData, gather_report, render_markdown, render_page
from maestro_fabric.aggregator.rows import Tables
from maestro_fabric.aggregator.schema import VIEWS
from maestro_fabric.aggregator.totals import COLUMNS
from maestro_fabric.aggregator.trends_query import summarize_trends
from maestro_fabric.aggregator.window import ALL, RECENT, Window
from maestro_fabric.aggregator.writer import PATIENCE_S
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.model import RunInfo
from maestro_fabric.model import Status as ResultStatus
from maestro_fabric.places import DatabaseUrl, Place, place_of
from maestro_fabric.run_ids import new_run_id

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["ResultStatus", "TestResultAggregator"]

T = TypeVar("T")

ReportFormat = Literal["html", "markdown"]

# The view's own text, so that the order is that of whole milliseconds and not of text made from them.
_BY_CATEGORY = (
    f"{VIEWS['results']} AND suite.name = ? "
    "ORDER BY run.started_ms + attempt.started_ms DESC, attempt.run_id DESC, attempt.case_id DESC LIMIT ?"
)
_SUMS = ", ".join(f"coalesce(sum(run_total.{name}), 0) AS {name}" for name in COLUMNS)
_SUMMARY = f"SELECT {_SUMS} FROM run JOIN run_total ON run_total.run_id = run.id WHERE run.orchestration_id = ?"  # noqa: S608 - constants
_STATUSES = tuple(str(status) for status in ResultStatus)


class TestResultAggregator:
    """Puts results into a store and finds them again. Safe to use from several threads, and beside runs that are recorded.

    Each call has done its work when it returns. Close it, use it in a ``with`` statement, or let it go.

    Args:
        db_path: The store's file, made with its folders when it is not there, or a team's database, ``postgresql://user@host/name``.

    Raises:
        StoreError: when the store cannot be opened; the message says what to do.
    """

    __test__ = False  # pytest takes classes named Test… for tests, also imported ones

    def __init__(self, db_path: str | os.PathLike[str] | DatabaseUrl = ".maestro/history.db") -> None:
        place = place_of(db_path)
        self.path = place.absolute() if isinstance(place, Path) else place
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._connection = _open(self.path, self._clock)
        self._closing = weakref.finalize(self, self._connection.close)
        self._tables = Tables(self._connection)
        self._shards: dict[str, _Shard] = {}
        self._lent: list[sqlite3.Connection] = []
        connection, file = self._connection, self.path
        if isinstance(connection, sqlite3.Connection) and isinstance(file, Path):
            self._ask(lambda: recover(connection, file))

    def __enter__(self) -> TestResultAggregator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def db(self) -> sqlite_utils.Database:
        """The store as an sqlite-utils database, on a connection of its own until `close`: for questions that have no method here.

        Raises:
            StoreError: when the store is no file; a database is asked with its own tools.
        """
        if not isinstance(self.path, Path):
            raise StoreError(
                f"{self.path} is no file, so that sqlite-utils cannot read it: ask its views in schema maestro with psql or pandas"
            )
        import sqlite_utils  # not at the top: it takes a third of a second, and most callers do without

        connection = sqlite3.connect(self.path, check_same_thread=False)
        self._lent.append(connection)
        return sqlite_utils.Database(connection)

    def store_result(
        self,
        test_id: str,
        orchestration_id: str,
        category: str,
        status: ResultStatus | str,
        duration: float,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Put one result in.

        The same test stored twice for one orchestration makes two results, as two shards of a pipeline would.

        Args:
            test_id: The test's name.
            orchestration_id: Groups results; any text.
            category: What kind of test it is; its suite in the views.
            status: A `ResultStatus` or its text.
            duration: Seconds.
            metadata: Facts to keep with the result; what JSON does not know is kept as its text.

        Raises:
            ValueError: when ``status`` is no status, or ``duration`` is negative or not a number.
            StoreError: when the result could not be written; the message says what to do.
        """
        code = STATUS_CODES[ResultStatus(status)]
        if not duration >= 0:
            raise ValueError(f"duration is {duration!r}: seconds from 0 on are meant")
        key = CaseKey("", category, test_id, "")
        text = json.dumps(dict(metadata), sort_keys=True, ensure_ascii=False, default=str) if metadata else ""
        with self._lock:
            now = self._clock.now()
            shard = self._shard(orchestration_id, key, now)
            record = Record(key, 1, code, 0, 1, now, float(duration), metadata=text)
            is_bad = shard.is_bad or ResultStatus(status).is_bad
            self._ask(lambda: self._tables.write(_batch(shard.info, record, is_bad=is_bad)))
            shard.is_bad = is_bad
            shard.stored.add(key)

    def get_results_by_category(self, category: str, limit: int | None = None) -> list[dict[str, Any]]:
        """The results of a category, newest first.

        Args:
            category: As given to `store_result`, or a suite's name.
            limit: At most so many; ``None`` for all.

        Returns:
            Mappings with ``test_id``, ``orchestration_id``, ``category``, ``status`` (a `ResultStatus`), ``duration`` (seconds),
            ``metadata``, ``marks`` (a list of names), ``timestamp`` (ISO 8601, UTC), ``run_id``, ``attempt``, ``error_type`` and
            ``error_message``; an empty list when there are none.

        Raises:
            StoreError: when the store cannot be read.
        """
        return [_as_result(row) for row in self._rows(_BY_CATEGORY, (category, NO_LIMIT if limit is None else limit))]

    def get_summary(self, orchestration_id: str) -> dict[str, int | float]:
        """Counts over all runs of an orchestration.

        Returns:
            ``total``, one count a status and a mark, ``pass_rate`` (passed of total, 0 to 1; 0 when there is nothing) and
            ``duration`` (seconds of all attempts, added up).

        Raises:
            StoreError: when the store cannot be read.
        """
        values = next(iter(self._rows(_SUMMARY, (orchestration_id,)))).values()
        counts = dict(zip(COLUMNS, values, strict=True))
        duration = counts.pop("duration_us") / 1e6
        del counts["attempts"]
        total = sum(counts[status] for status in _STATUSES)
        return {"total": total, **counts, "pass_rate": counts["passed"] / total if total else 0.0, "duration": duration}

    def runs(self, limit: int = 20) -> Rows[RunRow]:
        """The newest runs, newest first."""
        return self._read(lambda history: history.runs(limit))

    def results(self, run: str = "latest") -> Rows[ResultRow]:
        """The results of a run, one a case: ``run`` is an id, the beginning of one, or ``latest``.

        Raises:
            UnknownName: when no run fits, or several.
        """
        return self._read(lambda history: history.results(history.run(run).run_id))

    def history(self, case: str, limit: int = 100) -> Rows[AttemptRow]:
        """The newest attempts of a case, newest first: ``suite::name[params]``, a name, or a part of one.

        Raises:
            UnknownName: when no case fits; ``nearest`` has titles to choose from.
        """
        return self._read(lambda history: history.case_history(case, limit))

    def latest(self, suite: str | None = None) -> Rows[LatestRow]:
        """The newest result of every case, or of every case of a suite."""
        return self._read(lambda history: history.latest(suite))

    def flaky(self, window: Window = RECENT) -> Rows[FlakyRow]:
        """The cases that are suspected, flaky or recovered, with the evidence; ``docs/flaky.md`` has the rules."""
        return self._read(lambda history: history.flaky(window))

    def slowest(self, window: Window = RECENT) -> Rows[SlowRow]:
        """The cases by their time: those that became slower first, with the commit where they did, then the slowest."""
        return self._read(lambda history: history.slowest(window))

    def trends(self, window: Window = ALL) -> Rows[TrendRow]:
        """One row a day and category, oldest day first."""
        return self._read(lambda history: history.trends(window))

    def levels(self, window: Window = ALL) -> Rows[LevelRow]:
        """Where the median duration of a category went to another level, with the commit, oldest first; in the newest 200 runs."""
        return self._read(lambda history: history.levels(window))

    def compare(self, run_a: str, run_b: str = "latest") -> Rows[ChangeRow]:
        """What the second run judges differently from the first, what broke first.

        Raises:
            UnknownName: when no run fits, or several.
        """
        return self._read(lambda history: history.compare(run_a, run_b))

    def first_failure(self, case: str) -> FirstFailure | None:
        """The run and commit where a case began to fail, with the last good one; ``None`` when it passes.

        Raises:
            UnknownName: when no case fits, or several.
        """
        return self._read(lambda history: history.first_failure(case))

    def clusters(self, run: str = "latest") -> Rows[ClusterRow]:
        """A run's failures by what seems to be their cause, the most frequent first.

        Raises:
            UnknownName: when no run fits, or several.
        """
        return self._read(lambda history: history.clusters(run))

    def analyze_trends(self, category: str, days: int = 30) -> dict[str, Any]:
        """How a category did in the last days.

        Args:
            category: As given to `store_result`, or a suite's name.
            days: So many, up to now.

        Returns:
            ``category``, ``days``, ``runs``, ``total``, ``pass_rate`` (0 to 1), ``pass_rate_change`` (the later half's less the earlier
            half's), ``p50`` and ``p95`` of the newest day (seconds), ``daily`` (a `TrendRow` a day, oldest first), ``flaky`` (`FlakyRow`)
            and ``slower`` (`SlowRow`).
        """
        window = Window(since=self._clock.now() - days * 86_400, suite=category)
        return self._read(lambda history: summarize_trends(history, category, days, window))

    def generate_report(self, orchestration_id: str, include_charts: bool = True, format: ReportFormat = "html") -> str:  # noqa: A002, FBT001, FBT002 - told so
        """A report of all runs of an orchestration: pass rate, durations, failures by cause, flaky and slower cases, heals.

        Args:
            orchestration_id: Whose runs.
            include_charts: Whether it shows the last runs.
            format: ``html``, a page that needs nothing else, or ``markdown``.

        Returns:
            The report's text.

        Raises:
            UnknownName: when there is no such orchestration; ``nearest`` has some to choose from.
        """
        data = self.report_data(orchestration_id=orchestration_id)
        render = render_markdown if format == "markdown" else render_page
        return render(data, include_charts=include_charts)

    def report_data(self, *, orchestration_id: str = "", run: str = "") -> ReportData:
        """What a report tells, as values: of an orchestration, or of a run by its id, the beginning of one, or ``latest``.

        Raises:
            UnknownName: when there is no such orchestration or run; ``nearest`` has some to choose from.
        """
        return self._read(lambda history: gather_report(history, self._connection, orchestration_id=orchestration_id, run=run))

    def _repr_html_(self) -> str:
        with self._lock:
            runs, cases = self._connection.execute("SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM test_case)").fetchone()
        name = self.path.name if isinstance(self.path, Path) else str(self.path)
        return f"<p><b>{escape(name)}</b>: {runs} runs, {cases} cases</p>{self.runs(5)._repr_html_()}"

    def close(self) -> None:
        """Free the file; a second call does nothing."""
        with self._lock:
            self._closing()
            for connection in self._lent:
                connection.close()

    def _shard(self, orchestration_id: str, key: CaseKey, now: float) -> _Shard:
        shard = self._shards.get(orchestration_id)
        if shard is None or key in shard.stored:
            shard = _Shard(RunInfo(run_id=new_run_id(), started_at=now, orchestration_id=orchestration_id))
            self._shards[orchestration_id] = shard
        return shard

    def _read(self, question: Callable[[History], T]) -> T:
        with self._lock:
            return question(History(self.path, self._connection))

    def _rows(self, query: str, parameters: tuple[object, ...]) -> list[dict[str, Any]]:
        with self._lock:
            rows: list[dict[str, Any]] = []
            self._ask(lambda: rows.extend(_mappings(self._connection.execute(query, parameters))))
            return rows

    def _ask(self, work: Any) -> None:
        try:
            waiting(work, clock=self._clock, patience_s=PATIENCE_S)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(explain(self.path, error)) from error


@dataclass(slots=True)
class _Shard:
    """The run that results of one orchestration go into, until one of its tests comes again."""

    info: RunInfo
    stored: set[CaseKey] = field(default_factory=set)
    is_bad: bool = False


def _batch(info: RunInfo, record: Record, *, is_bad: bool) -> Batch:
    # Never "running": each result is complete, and no process has to end the run.
    run = RunState(info, "failed" if is_bad else "passed", record.started_at - info.started_at)
    counts = totals.empty()
    totals.add_attempt(counts, record)
    totals.add_result(counts, status=record.status, marks=record.marks)
    return Batch(run, records=[record], totals={(record.key.project, record.key.suite): counts})


def _as_result(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "test_id": f"{row['name']}[{row['params']}]" if row["params"] else row["name"],
        "orchestration_id": row["orchestration_id"],
        "category": row["category"],
        "status": ResultStatus(row["status"]),
        "duration": row["duration_s"],
        "metadata": json.loads(row["metadata"]),
        "marks": row["marks"].split(",") if row["marks"] else [],
        "timestamp": row["started_at"],
        "run_id": row["run_id"],
        "attempt": row["attempt"],
        "error_type": row["error_type"],
        "error_message": row["error_message"],
    }


def _open(place: Place, clock: SystemClock) -> Connection:
    if isinstance(place, Path):
        return open_database(place, clock=clock, patience_s=PATIENCE_S)
    from maestro_fabric.aggregator.postgres import connect_to_database

    return connect_to_database(place, to_write=True)


def _mappings(cursor: Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
