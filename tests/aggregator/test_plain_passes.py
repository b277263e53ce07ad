"""Plain passes in bulk: pulled before the event that came after them, and written like any other result."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from maestro_fabric.aggregator.bulk import BulkInsert
from maestro_fabric.aggregator.pending import Pending
from maestro_fabric.aggregator.records import PlainPass
from maestro_fabric.aggregator.spill import Spill, read_spill
from maestro_fabric.aggregator.writer import StoreWriter
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

RUN = RunInfo(run_id="0197-run", started_at=1000.0, orchestration_id="", facts={})
FAILED = Outcome(status=Status.FAILED, fault=Fault(type="AssertionError", message="no"))


def passed(name: str, *, started_at: float = 1001.0, worker: str = "") -> PlainPass:
    return ("shop", "tests", name, ""), started_at, 0.5, worker


def case(name: str) -> Case:
    return Case(id=CaseId("shop", "tests", name))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "h.db"


def results(path: Path, columns: str = "name, attempt, status") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute(f"SELECT {columns} FROM results ORDER BY name").fetchall()  # noqa: S608


def write(path: Path, passes: list[PlainPass]) -> None:
    writer = StoreWriter(path, clock=FakeClock(), is_ticking=False)
    writer.receive(RunStarted(RUN))
    writer.pull(lambda: [passes.pop(0) for _ in range(len(passes))])
    writer.receive(RunFinished(RUN.run_id, "passed", 1002.0))
    writer.close()


def test_passes_are_taken_before_the_event_that_came_after_them(path: Path) -> None:
    writer = StoreWriter(path, clock=FakeClock(), is_ticking=False)
    writer.receive(RunStarted(RUN))
    batches = [[passed("a")], []]
    writer.pull(lambda: batches.pop(0) if batches else [])
    writer.receive(AttemptFinished(case("a"), Attempt(number=1, outcome=FAILED, started_at=1002.0, duration_s=1.0), is_last=True))
    writer.receive(CaseFinished(case("a"), Status.FAILED, frozenset(), 1003.0, 1.0, ""))
    writer.receive(RunFinished(RUN.run_id, "failed", 1004.0))
    writer.close()

    assert results(path) == [("a", 2, "failed")]


def test_more_passes_than_one_statement_takes_are_all_there_with_their_workers_and_times(path: Path) -> None:
    names = [f"case {number:03}" for number in range(100)]
    write(path, [passed(name, worker=f"gw{index % 2}") for index, name in enumerate(names)])

    found = results(path, "name, status, duration_s, worker, started_at")
    assert [row[0] for row in found] == names
    assert {row[1:] for row in found} == {("passed", 0.5, worker, "1970-01-01T00:16:41.000Z") for worker in ("gw0", "gw1")}
    with closing(sqlite3.connect(path)) as store:
        assert store.execute("SELECT passed, attempts, duration_us FROM run_total").fetchall() == [(100, 100, 50_000_000)]


def test_a_case_that_passes_twice_has_two_attempts_and_one_result(path: Path) -> None:
    write(path, [passed("a"), passed("b"), passed("a", started_at=1001.5)])

    assert results(path) == [("a", 2, "passed"), ("b", 1, "passed")]


def test_a_time_that_no_column_takes_becomes_zero(path: Path) -> None:
    write(path, [passed("a", started_at=float("nan")), passed("b", started_at=-1.0), passed("c")])

    assert [row[2] for row in results(path)] == ["passed"] * 3


def test_cases_that_another_run_has_written_in_between_are_found(path: Path) -> None:
    first = StoreWriter(path, clock=FakeClock(), is_ticking=False)
    first.receive(RunStarted(RunInfo(run_id="0198-other", started_at=1000.0, orchestration_id="", facts={})))
    first.add_plain(project="shop", suite="tests", name="z", params="", status=Status.PASSED, started_at=1001.0, duration_s=0.5)
    first.flush()
    write(path, [passed(name) for name in ("a", "b", "c")])
    for name in ("b", "d"):
        first.add_plain(project="shop", suite="tests", name=name, params="", status=Status.PASSED, started_at=1001.0, duration_s=0.5)
    first.receive(RunFinished("0198-other", "passed", 1002.0))
    first.close()

    assert sorted(results(path, "name, run_id")) == [
        ("a", "0197-run"),
        ("b", "0197-run"),
        ("b", "0198-other"),
        ("c", "0197-run"),
        ("d", "0198-other"),
        ("z", "0198-other"),
    ]


def test_a_case_that_was_told_as_running_is_not_after_it_has_passed() -> None:
    pending = Pending(RUN)
    pending.take(AttemptStarted(case("a"), 1, 1001.0, ""))
    pending.take_passes([passed("a")])

    assert not pending.running
    assert pending.batch().passes == [passed("a")]


def test_passes_go_to_the_side_file_too(path: Path) -> None:
    pending = Pending(RUN)
    pending.take_passes([passed("a", worker="gw1")])
    spill = Spill(path, RUN.run_id)
    spill.write(pending.batch())

    assert spill.path is not None
    batch = read_spill(spill.path)
    assert batch is not None
    assert [(record.key.name, record.number, record.status, record.worker) for record in batch.records] == [("a", 1, 0, "gw1")]


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 64, 70])
def test_a_bulk_insert_counts_what_it_has_inserted(count: int) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, other INTEGER)")
        connection.execute("INSERT INTO t VALUES (0, 0)")
        insert = BulkInsert("INSERT INTO t", "(?, ?)", "ON CONFLICT DO NOTHING")

        assert insert.execute(connection, [value for number in range(count) for value in (number, 7)]) == max(count - 1, 0)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (max(count, 1),)
