"""Elements that are remembered, and heals, in the store."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.aggregator.database import open_database
from maestro_fabric.aggregator.heals import forget_newest, heal_rows, judge, remembered
from maestro_fabric.aggregator.schema import MIGRATIONS
from maestro_fabric.errors import StoreError
from maestro_fabric.events import AttemptFinished, CaseFinished, Healed, RunFinished, RunStarted
from maestro_fabric.model import Artifact, Attempt, Case, CaseId, Heal, Learnt, Location, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

CASE = Case(id=CaseId("shop", "web", "buys", "tea"))
HEAL = Heal(
    action="heal", step="2", doing="click", old='{"css":"#buy"}', new='{"text":"Buy"}', confidence=0.93, reason="sure",
    runner_up="link 'Buy'", margin=0.2, features='{"tag":1.0}', location=Location("qa.yaml", 7),
    artifacts=(Artifact("heal", "web/x.png"),), engine="1",
)  # fmt: skip


def record(store: Path, number: int, *learnt: Learnt, status: Status = Status.PASSED, heals: tuple[Heal, ...] = ()) -> None:
    run = RunInfo(run_id=f"run-{number}", started_at=1000.0 * number, facts={"artifacts": "/evidence"})
    writer = StoreWriter(store, clock=FakeClock(), is_ticking=False)
    writer.receive(RunStarted(run))
    attempt = Attempt(number=1, outcome=Outcome(status=status, learnt=learnt), started_at=1000.0 * number, duration_s=1.0)
    writer.receive(AttemptFinished(CASE, attempt, is_last=True))
    for heal in heals:
        writer.receive(Healed(CASE, 1, heal))
    writer.receive(CaseFinished(CASE, status, frozenset(), 1000.0 * number + 1, 1.0))
    writer.receive(RunFinished(run.run_id, "passed", 1000.0 * number + 2))
    writer.close()


def look(text: str, step: str = "2") -> Learnt:
    return Learnt(step=step, locator='{"css":"#buy"}', element=json.dumps({"tag": "button", "text": text}), others='[{"tag":"a"}]')


def texts(store: Path) -> list[tuple[str, float]]:
    return [(one.element["text"], one.learnt_at) for one in remembered(store, "shop")]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_what_a_case_that_passed_has_learnt_is_kept(store: Path) -> None:
    record(store, 1, look("Buy"))

    (one,) = remembered(store, "shop")
    assert (one.case, one.step, one.locator, one.others) == (CASE.id, "2", '{"css":"#buy"}', [{"tag": "a"}])
    assert list(remembered(store, "other project")) == []


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR])
def test_what_a_case_that_did_not_pass_has_learnt_is_not(store: Path, status: Status) -> None:
    record(store, 1, look("Buy"), status=status)

    assert texts(store) == []


def test_an_element_that_has_not_changed_gets_a_new_date_and_one_that_has_a_new_version(store: Path) -> None:
    record(store, 1, look("Buy"))
    record(store, 2, look("Buy"))
    record(store, 3, look("Buy now"))

    assert texts(store) == [("Buy", 2000.0), ("Buy now", 3000.0)]


def test_old_versions_go_and_the_newest_can_be_forgotten(store: Path) -> None:
    for number in range(1, 9):
        record(store, number, look(f"Buy {number}"))

    assert [text for text, _ in texts(store)] == [f"Buy {number}" for number in range(4, 9)]
    assert forget_newest(store, "shop", "web", "buys[tea]") == 1
    assert [text for text, _ in texts(store)][-1] == "Buy 7"
    assert forget_newest(store, "shop", "web", "sells") == 0


def test_a_heal_is_kept_with_its_reasons_and_a_persons_verdict(store: Path) -> None:
    record(store, 1, heals=(HEAL,))

    (row,) = heal_rows(store)
    assert (row.case, row.action, row.old, row.new, row.confidence) == (CASE.id, "heal", '{"css":"#buy"}', '{"text":"Buy"}', 0.93)
    assert (row.location, row.features, row.runner_up, row.margin) == ("qa.yaml:7", {"tag": 1.0}, "link 'Buy'", 0.2)
    assert (row.artifacts, row.evidence) == ([{"kind": "heal", "path": "web/x.png"}], "/evidence")
    judge(store, row.id, "rejected")
    assert [row.verdict for row in heal_rows(store, where="heal.verdict = 2")] == ["rejected"]


def test_a_heal_that_is_not_there_is_told(store: Path) -> None:
    record(store, 1)

    with pytest.raises(StoreError, match="has no heal 7"):
        judge(store, 7, "applied")


def test_without_a_store_nothing_is_known(store: Path) -> None:
    assert list(remembered(store, "shop")) == []
    assert heal_rows(store) == []


def test_a_store_of_before_healing_knows_nothing_and_is_migrated_by_the_next_run(store: Path) -> None:
    open_database(store, clock=FakeClock(), patience_s=0, migrations=MIGRATIONS[:1]).close()
    assert heal_rows(store) == []

    record(store, 1, look("Buy"))

    assert texts(store) == [("Buy", 1000.0)]
    assert store.with_name("history.db.backup-v1").exists()


def test_heals_of_a_run_that_could_not_be_written_are_taken_in_by_the_next(store: Path) -> None:
    record(store, 1, look("Buy"))
    writer = StoreWriter(store, clock=FakeClock(), is_ticking=False, patience_s=0)
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer.receive(RunStarted(RunInfo(run_id="run-2", started_at=2000.0)))
    attempt = Attempt(number=1, outcome=Outcome(status=Status.PASSED, learnt=(look("Buy now"),)), started_at=2000.0, duration_s=1.0)
    writer.receive(AttemptFinished(CASE, attempt, is_last=True))
    writer.receive(Healed(CASE, 1, HEAL))
    writer.receive(RunFinished("run-2", "passed", 2001.0))
    writer.close()
    other.execute("ROLLBACK")
    other.close()

    record(store, 3)

    assert [text for text, _ in texts(store)] == ["Buy", "Buy now"]
    assert [row.run_id for row in heal_rows(store)] == ["run-2"]
