"""How long cases usually take."""

from __future__ import annotations

from pathlib import Path

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.aggregator.durations import usual_seconds
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock


def record(store: Path, run: int, seconds: dict[str, float | None]) -> None:
    """A run in which cases took so long; ``None`` is skipped."""
    clock = FakeClock()
    writer = StoreWriter(store, clock=clock, is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id=f"run-{run:04}", started_at=1000.0 + run)))
    for name, lasted in seconds.items():
        case = Case(id=CaseId("p", "s", name))
        status = Status.SKIPPED if lasted is None else Status.PASSED
        if lasted is not None:
            for number, part in ((1, lasted / 2), (2, lasted / 2)):
                attempt = Attempt(number=number, outcome=Outcome(status=status), started_at=1000.0 + run, duration_s=part)
                writer.receive(AttemptFinished(case, attempt, is_last=number == 2))
        writer.receive(CaseFinished(case, status, frozenset(), 1000.0 + run, lasted or 0.0))
    writer.receive(RunFinished(f"run-{run:04}", "passed", 1001.0 + run))
    writer.close()


def test_it_is_the_median_of_the_newest_runs_with_all_attempts(tmp_path: Path) -> None:
    store = tmp_path / "history.db"
    for run, lasted in enumerate([99.0] * 8 + [1.0, 2.0, 3.0] + [5.0] * 7):
        record(store, run, {"a": lasted, "b": None})

    assert usual_seconds(store) == {CaseId("p", "s", "a"): 5.0}


def test_a_container_takes_as_long_as_the_cases_inside_it(tmp_path: Path) -> None:
    store = tmp_path / "history.db"
    record(store, 1, {"a.js > adds": 1.0, "a.js > math > subtracts": 2.0, "b": 4.0})

    assert usual_seconds(store)[CaseId("p", "s", "a.js")] == 3.0


def test_without_a_store_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("this is no database, and long enough to be read as one" * 100)

    assert usual_seconds(tmp_path / "none.db") == {}
    assert usual_seconds(tmp_path / "broken.db") == {}
