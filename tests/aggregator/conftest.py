"""A store in a temporary folder, written by hand-made events."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Mark, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

NOW = 1_700_000_000.0


@dataclass
class Driver:
    """Sends a run's events to a writer, one call a thing that happens."""

    writer: StoreWriter
    clock: FakeClock
    run_id: str = "run-1"
    cases: dict[str, Case] = field(default_factory=dict)

    def start(self, run_id: str = "run-1", **info: Any) -> Driver:
        self.run_id = run_id
        self.writer.receive(RunStarted(RunInfo(run_id=run_id, started_at=self.clock.now(), **info)))
        return self

    def case(self, name: str, *, suite: str = "shop", params: str = "", **details: Any) -> Case:
        return Case(id=CaseId("", suite, name, params), **details)

    def begin(self, case: Case, number: int = 1, worker: str = "") -> None:
        self.writer.receive(AttemptStarted(case, number, self.clock.now(), worker))

    def attempt(
        self,
        case: Case,
        status: Status,
        *,
        number: int = 1,
        is_last: bool = True,
        duration_s: float = 0.5,
        worker: str = "",
        **outcome: Any,
    ) -> None:
        if status in (Status.FAILED, Status.ERROR) and "fault" not in outcome:
            outcome["fault"] = Fault(type="AssertionError", message=f"{case.id.title} said no")
        made = Attempt(
            number=number, outcome=Outcome(status=status, **outcome), started_at=self.clock.now(), duration_s=duration_s, worker=worker
        )
        self.writer.receive(AttemptFinished(case, made, is_last))

    def finish(self, case: Case, status: Status, marks: frozenset[Mark] = frozenset(), reason: str = "", duration_s: float = 0.0) -> None:
        self.writer.receive(CaseFinished(case, status, marks, self.clock.now(), duration_s, reason))

    def whole(self, name: str, status: Status = Status.PASSED, *, suite: str = "shop", params: str = "") -> Case:
        case = self.case(name, suite=suite, params=params)
        self.begin(case)
        self.attempt(case, status)
        self.finish(case, status)
        return case

    def plain(self, name: str, status: Status = Status.PASSED, params: str = "") -> None:
        self.writer.add_plain(suite="unit", name=name, params=params, status=status, started_at=self.clock.now(), duration_s=0.001)

    def end(self, status: str = "passed") -> None:
        self.writer.receive(RunFinished(self.run_id, status, self.clock.now()))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def open_writer(clock: FakeClock) -> Iterator[Callable[..., StoreWriter]]:
    """Writers without a ticker, so that commits happen when a test says so; closed at the end."""
    opened: list[StoreWriter] = []

    def open_one(path: Path, **options: Any) -> StoreWriter:
        opened.append(StoreWriter(path, clock=options.pop("clock", clock), is_ticking=options.pop("is_ticking", False), **options))
        return opened[-1]

    yield open_one
    for writer in opened:
        writer.close()


@pytest.fixture
def drive(store: Path, clock: FakeClock, open_writer: Callable[..., StoreWriter]) -> Driver:
    return Driver(open_writer(store), clock)


@pytest.fixture
def make_driver(store: Path, clock: FakeClock, open_writer: Callable[..., StoreWriter]) -> Callable[..., Driver]:
    def make(path: Path = store, **options: Any) -> Driver:
        return Driver(open_writer(path, **options), clock)

    return make


@pytest.fixture
def ask(store: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Asks the store as a notebook does: on a connection of its own, which may not write."""

    def rows(query: str, *parameters: object, path: Path = store) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, parameters).fetchall()

    return rows
