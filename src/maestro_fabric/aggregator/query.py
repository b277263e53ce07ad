"""The reading side: what happened, as typed rows, newest first."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from maestro_fabric.aggregator.alias_query import find_alias
from maestro_fabric.aggregator.answers import ChangeRow, ClusterRow, FirstFailure, FlakyRow, LatestRow, LevelRow, SlowRow, TrendRow
from maestro_fabric.aggregator.attempts import newest_attempts
from maestro_fabric.aggregator.clusters import cluster_failures
from maestro_fabric.aggregator.compare_query import compare_results, find_first_failure, find_latest
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.database import connect, connect_to_read, explain, open_database, version_of
from maestro_fabric.aggregator.flaky_query import find_flaky
from maestro_fabric.aggregator.found import AttemptRow, CaseRow, ResultRow, RunRow, UnknownName
from maestro_fabric.aggregator.level_query import find_levels
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.quarantine_query import QuarantineAdvice, find_advice, known_cases
from maestro_fabric.aggregator.recovery import needs_recovery, recover
from maestro_fabric.aggregator.renames import RenameRow, find_renames
from maestro_fabric.aggregator.schema import MIGRATIONS
from maestro_fabric.aggregator.slow_query import find_slowest
from maestro_fabric.aggregator.totals import COLUMNS
from maestro_fabric.aggregator.trends_query import find_trends
from maestro_fabric.aggregator.window import ALL, RECENT, Window, runs_in
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.model import CaseId
from maestro_fabric.places import DatabaseUrl, Place, place_of
from maestro_fabric.quarantine import Quarantine

__all__ = ["History", "open_history"]

T = TypeVar("T")

_LATEST = "latest"
_MIGRATION_PATIENCE_S = 2.0
_NEAREST = 3

_SUMS = ", ".join(f"coalesce(sum(run_total.{name}), 0) AS {name}" for name in COLUMNS)
# Column names come from constants, never from data, here and in the queries below.
_TOTALS = f"""SELECT {_SUMS} FROM run_total JOIN run ON run.id = run_total.run_id JOIN suite ON suite.id = run_total.suite_id
    WHERE run.run_id = :run AND (:suite IS NULL OR suite.name = :suite)"""  # noqa: S608
_NEWEST_RUNS = """SELECT runs.* FROM runs JOIN run ON run.run_id = runs.run_id
    WHERE run.id IN (SELECT id FROM run WHERE started_ms BETWEEN :since AND :until
        AND (:branch IS NULL OR json_extract(facts, '$.git_branch') = :branch)
        AND (:suite IS NULL OR id IN
            (SELECT run_id FROM run_total JOIN suite ON suite.id = run_total.suite_id WHERE suite.name = :suite))
        ORDER BY started_ms DESC, id DESC LIMIT :limit) ORDER BY run.started_ms DESC, run.id DESC"""
_IS_READING = "name = :name AND params = coalesce(:params, params) AND suite = coalesce(:suite, suite)"
_TITLE = "CASE WHEN params = '' THEN name ELSE name || '[' || params || ']' END"


def open_history(place: Place) -> History:
    """A store, for reading, also while a run writes into it: a file, or a team's database.

    An older file is migrated first, runs whose process was killed are ended and side files taken in, when there are any and the
    file can be written to.

    Raises:
        StoreError: when there is no store at the place, or it cannot be read; the message says what to do.
    """
    place = place_of(place)
    if isinstance(place, DatabaseUrl):
        from maestro_fabric.aggregator.postgres import connect_to_database

        return History(place, connect_to_database(place))
    path = place.absolute()
    connection = connect_to_read(path)
    try:
        if version_of(connection) < MIGRATIONS[-1].version:
            _migrate(path)
        if needs_recovery(connection, path):
            _recover(path)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(explain(path, error)) from error
    return History(path, connection)


class History:
    """The runs, results and attempts of a store. Close it, or use it in a ``with`` statement.

    Args:
        path: The store's file, or the address of its database.
        connection: An open connection to it.
    """

    def __init__(self, path: Place, connection: Connection) -> None:
        self.path = path
        self._connection = connection

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the file; a second call does nothing."""
        self._connection.close()

    def runs(self, limit: int = 20, window: Window = ALL) -> Rows[RunRow]:
        """The newest runs, newest first, with their counts; empty when there is none.

        Args:
            limit: At most so many.
            window: Which runs; with a suite those that have it, and their counts are the suite's.

        Raises:
            StoreError: when the file cannot be read.
        """
        found = self._rows(_NEWEST_RUNS, {**window.bounds, "suite": window.suite, "limit": limit})
        return Rows(self._run(row, window.suite) for row in found)

    def run(self, text: str = _LATEST, window: Window = ALL) -> RunRow:
        """One run, by its id, by the beginning of it when that fits one run only, or ``latest``, which is the newest of the window.

        Raises:
            UnknownName: when no run fits, or several; ``nearest`` has ids to choose from.
            StoreError: when the file cannot be read.
        """
        if text == _LATEST:
            newest = self.runs(1, window)
            if not newest:
                raise UnknownName("the store holds no run yet" if window == ALL else "the store holds no such run", ())
            return newest[0]
        pattern = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = list(self._rows("SELECT * FROM runs WHERE lower(run_id) LIKE ? ESCAPE '\\' ORDER BY run_id DESC LIMIT 6", (pattern,)))
        exact = [row for row in rows if row["run_id"] == text] or rows
        if len(exact) == 1:
            return self._run(exact[0], window.suite)
        if exact:
            raise UnknownName(f"several runs begin with {text!r}", [row["run_id"] for row in exact])
        known = [row["run_id"] for row in self._rows("SELECT run_id FROM runs", ())]
        raise UnknownName(f"no run {text!r}", difflib.get_close_matches(text, known, _NEAREST, 0.3) or known[-_NEAREST:])

    def run_before(self, run: RunRow, *, branch: str | None) -> RunRow | None:
        """The newest run that ended well enough to compare with, and began before this one; ``None`` when there is none.

        Args:
            run: The run to be compared.
            branch: Of this branch; ``None`` for any.
        """
        until = datetime.fromisoformat(run.started_at).timestamp()
        older = self._ask(lambda: runs_in(self._connection, Window(until=until, branch=branch)))
        others = [one.run_id for one in older if one.run_id != run.run_id]
        return self.run(others[-1]) if others else None

    def results(self, run_id: str, suite: str | None = None) -> Rows[ResultRow]:
        """The results of a run, or of its cases of a suite, one a case, in the order in which they began."""
        query = "SELECT * FROM results WHERE run_id = :run AND (:suite IS NULL OR suite = :suite) ORDER BY started_at, case_id"
        return Rows(ResultRow(**_result_fields(row)) for row in self._rows(query, {"run": run_id, "suite": suite}))

    def attempts(self, run_id: str) -> Rows[AttemptRow]:
        """All attempts of a run, in the order in which they began."""
        query = "SELECT * FROM attempts WHERE run_id = ? ORDER BY started_at, case_id, attempt"
        return Rows(AttemptRow(**_attempt_fields(row)) for row in self._rows(query, (run_id,)))

    def find_cases(self, text: str) -> list[CaseRow]:
        """Cases by ``suite::name[params]``, ``name[params]``, ``name`` (all parameters), or a part of one title.

        Raises:
            UnknownName: when none fits, or a part fits several; ``nearest`` has titles to choose from.
            StoreError: when the file cannot be read.
        """
        for suite, name, params in _readings(text):
            found = self._cases(_IS_READING, suite, name, params)
            if found:
                return found
        found = self._cases(f"instr(lower(suite || '::' || {_TITLE}), lower(:name)) > 0", None, text, None)
        aliased = [] if found else self._aliased(text)
        if aliased:
            return aliased
        if len(found) == 1:
            return found
        if found:
            raise UnknownName(f"{len(found)} cases have {text!r} in their names", [str(case) for case in found[:10]])
        near = self._nearest_cases(text)
        raise UnknownName(f"no case {text!r}" if near else f"no case {text!r}; `maestro show --all` lists those of the newest run", near)

    def case_history(self, text: str, limit: int = 100, window: Window = ALL) -> Rows[AttemptRow]:
        """The newest attempts of the cases that `find_cases` finds, in the runs of a window, newest run first.

        Raises:
            UnknownName: as `find_cases` does.
            StoreError: when the file cannot be read.
        """
        cases = [case for case in self.find_cases(text) if window.suite in (None, case.suite)]
        found = self._ask(lambda: [row for case in cases for row in newest_attempts(self._connection, case, limit, window)])
        return Rows(sorted(found, key=lambda row: (row.started_at, row.attempt), reverse=True)[:limit])

    def latest(self, suite: str | None = None) -> Rows[LatestRow]:
        """The newest result of every case, or of every case of a suite."""
        return self._ask(lambda: find_latest(self._connection, suite))

    def flaky(self, window: Window = RECENT) -> Rows[FlakyRow]:
        """The cases that are not stable, flaky ones first; ``docs/flaky.md`` says what that means."""
        return self._ask(lambda: find_flaky(self._connection, window))

    def case_ids(self) -> list[CaseId]:
        """The identities of all cases."""
        return self._ask(lambda: list(known_cases(self._connection).values()))

    def quarantine_advice(self, quarantine: Quarantine) -> QuarantineAdvice:
        """The entries whose cases have recovered, and the flaky cases that have no entry."""
        return self._ask(lambda: find_advice(self._connection, quarantine))

    def renames(self) -> Rows[RenameRow]:
        """Cases that are gone, each with a newer one that looks like it: proposals."""
        return self._ask(lambda: find_renames(self._connection))

    def slowest(self, window: Window = RECENT) -> Rows[SlowRow]:
        """The cases by their time: those that became slower first, with the commit where they did, then the slowest."""
        return self._ask(lambda: find_slowest(self._connection, window))

    def trends(self, window: Window = ALL) -> Rows[TrendRow]:
        """One row a day and category, oldest day first."""
        return self._ask(lambda: find_trends(self._connection, window))

    def levels(self, window: Window = ALL) -> Rows[LevelRow]:
        """Where the median duration of a category went to another level, with the commit, oldest first; in the newest 200 runs."""
        return self._ask(lambda: find_levels(self._connection, window))

    def compare(self, run_a: str, run_b: str = _LATEST, window: Window = ALL) -> Rows[ChangeRow]:
        """What the second run judges differently from the first; runs are named as for `run`, and of a suite its cases are compared.

        Raises:
            UnknownName: when no run fits, or several.
            StoreError: when the file cannot be read.
        """
        return compare_results(*(self.results(self.run(run, window).run_id, window.suite) for run in (run_a, run_b)))

    def first_failure(self, case: str) -> FirstFailure | None:
        """The run and commit where a case began to fail, with the last good one; ``None`` when it passes.

        Raises:
            UnknownName: when no case fits, or several; ``nearest`` has titles to choose from.
            StoreError: when the file cannot be read.
        """
        cases = self.find_cases(case)
        if len(cases) > 1:
            raise UnknownName(f"{len(cases)} cases are called {case!r}", [str(found) for found in cases[:10]])
        return self._ask(lambda: find_first_failure(self._connection, cases[0]))

    def clusters(self, run: str = _LATEST, window: Window = ALL) -> Rows[ClusterRow]:
        """A run's failures, or those of its cases of a suite, by what seems to be their cause, the most frequent first.

        Raises:
            UnknownName: when no run fits, or several.
            StoreError: when the file cannot be read.
        """
        run_id = self.run(run, window).run_id
        last = {(row.case_id, row.attempt): row for row in self.attempts(run_id)}
        return cluster_failures(last.get((row.case_id, row.attempt), row) for row in self.results(run_id, window.suite))

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except sqlite3.Error as error:
            raise StoreError(explain(self.path, error)) from error

    def _run(self, row: Mapping[str, Any], suite: str | None = None) -> RunRow:
        totals = next(iter(self._rows(_TOTALS, {"run": row["run_id"], "suite": suite})))
        counts = {name: int(totals[name]) for name in COLUMNS if name != "duration_us"}
        return RunRow(**{**row, "facts": json.loads(row["facts"])}, counts=counts, case_seconds=totals["duration_us"] / 1e6)

    def _cases(self, condition: str, suite: str | None, name: str, params: str | None) -> list[CaseRow]:
        query = f"SELECT * FROM cases WHERE {condition} ORDER BY suite, name, params"  # noqa: S608 - conditions of this class
        return [CaseRow(**_case_fields(row)) for row in self._rows(query, {"suite": suite, "name": name, "params": params})]

    def _aliased(self, text: str) -> list[CaseRow]:
        """The case that goes on from one of this name."""
        cases = self._ask(lambda: find_alias(self._connection, text))
        return [row for case in cases for row in self._cases("case_id = :name", None, str(case), None)]

    def _nearest_cases(self, text: str) -> list[str]:
        titles = {row["title"]: f"{row['suite']}::{row['title']}" for row in self._rows(f"SELECT suite, {_TITLE} AS title FROM cases", ())}  # noqa: S608
        return [titles[title] for title in difflib.get_close_matches(text.rpartition("::")[2], titles, _NEAREST, 0.4)]

    def _rows(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> Iterator[dict[str, Any]]:
        try:
            cursor = self._connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
        except sqlite3.Error as error:
            raise StoreError(explain(self.path, error)) from error


def _migrate(path: Path) -> None:
    # As when a run opens it; a store on a read-only disk stays as it is, and most questions are answered all the same.
    with suppress(StoreError):
        open_database(path, clock=SystemClock(), patience_s=_MIGRATION_PATIENCE_S).close()


def _recover(path: Path) -> None:
    # A store on a read-only disk can still be read: then its dead runs stay as they are.
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout = 2000")
            recover(connection, path)
    except (sqlite3.Error, OSError):
        return


def _readings(text: str) -> Iterator[tuple[str | None, str, str | None]]:
    """What a person may mean: suite (``None`` for any), name, parameters (``None`` for all); the most exact reading first."""
    suite, separator, rest = text.partition("::")
    for of_suite, title in ((suite, rest), (None, text)) if separator else ((None, text),):
        name, bracket, params = title.partition("[")
        if bracket and params.endswith("]"):
            yield of_suite, name, params[:-1]
        yield of_suite, title, ""
        yield of_suite, title, None


# These change the row they are given: it was made for them, and a history of hundreds of rows is asked for interactively.
def _case_fields(row: dict[str, Any]) -> dict[str, Any]:
    row["tags"] = _texts(row["tags"])
    row["links"] = _texts(row["links"])
    return row


def _result_fields(row: dict[str, Any]) -> dict[str, Any]:
    row["marks"] = tuple(row["marks"].split(",")) if row["marks"] else ()
    row["metadata"] = {} if row["metadata"] == "{}" else json.loads(row["metadata"])
    return _case_fields(row)


def _attempt_fields(row: dict[str, Any]) -> dict[str, Any]:
    row["steps"] = () if row["steps"] == "[]" else tuple(json.loads(row["steps"]))
    row["artifacts"] = () if row["artifacts"] == "[]" else tuple(json.loads(row["artifacts"]))
    return _result_fields(row)


def _texts(array: str) -> tuple[str, ...]:
    return () if array == "[]" else tuple(json.loads(array))
