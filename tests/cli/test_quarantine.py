"""`maestro quarantine` keeps the file: by the history's names, with proposals from what the history has seen."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.cli import main
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

P, F = Status.PASSED, Status.FAILED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A history of 30 runs of one commit: one case is flaky, one was flaky and has recovered, one always passes."""
    monkeypatch.chdir(tmp_path)
    clock = FakeClock(1_700_000_000.0)
    writer = StoreWriter(tmp_path / ".maestro" / "history.db", clock=clock, is_ticking=False)
    for number in range(30):
        clock.advance(3600)
        facts = {"git_commit": "c0ffee", "git_dirty": "false"}
        writer.receive(RunStarted(RunInfo(run_id=f"run-{number:02}", started_at=clock.now(), facts=facts)))
        was_bad = number in (0, 2, 4, 6)
        results = {("fine", "a"): P, ("fine", "b"): P, ("shaky", ""): F if number % 3 else P, ("mended", ""): F if was_bad else P}
        for (name, params), status in results.items():
            case = Case(id=CaseId("shop", "unit", name, params))
            outcome = Outcome(status=status, fault=Fault(type="AssertionError", message=f"{name} said no") if status is F else None)
            writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=clock.now(), duration_s=0.1), True))
            writer.receive(CaseFinished(case, status, frozenset(), clock.now(), 0.1))
        writer.receive(RunFinished(f"run-{number:02}", "failed", clock.now() + 5))
    writer.close()
    return tmp_path


def maestro(*arguments, exit_code=0):
    result = CliRunner().invoke(main, ["quarantine", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


def test_a_case_is_added_listed_and_removed(folder):
    said = maestro("add", "shaky", "--until", "2099-12-31", "--reason", "waits for #7", "--owner", "web", "--link", "https://x.example/7")
    assert said == "quarantine.yaml: unit::shaky may fail until 2099-12-31\n"
    maestro("add", "unit::fine", "--until", "2099-12-31", "--reason", "all of them")
    assert "was there, and may now fail until 2098-01-01" in maestro("add", "unit::shaky", "--until", "2098-01-01", "--reason", "still")
    shown = maestro("list")
    assert shown.index("unit::shaky") < shown.index("unit::fine")
    listed = json.loads(maestro("list", "--json"))
    assert [(one["case"], one["until"], one["is_expired"], one["location"]) for one in listed] == [
        ("unit::shaky", "2098-01-01", False, "quarantine.yaml:7:5"),
        ("unit::fine", "2099-12-31", False, "quarantine.yaml:3:5"),
    ]
    assert "did you mean 'unit::fine'" in maestro("remove", "unit::fin", exit_code=2)
    assert maestro("remove", "unit::fine") == "quarantine.yaml: unit::fine counts again\n"
    maestro("remove", "unit::shaky")
    assert maestro("list") == "quarantine.yaml: nothing is in quarantine\n"


def test_what_is_wrong_is_told_with_what_to_do(folder):
    add = ("--until", "2099-12-31", "--reason", "x")
    assert "did you mean 'unit::shaky'" in maestro("add", "shakey", *add, exit_code=2)
    assert "--unknown takes it as it is written" in maestro("add", "unit::later", *add, exit_code=2)
    assert "unit::later may fail" in maestro("add", "unit::later", "--unknown", *add)
    assert "does not name a case: write suite::name" in maestro("add", "later", "--unknown", *add, exit_code=2)
    assert "has passed: today is" in maestro("add", "shaky", "--until", "2020-01-01", "--reason", "x", exit_code=2)
    assert "is not a date: write it like 2026-12-31" in maestro("add", "shaky", "--until", "soon", "--reason", "x", exit_code=2)
    assert "say in one line what is wrong" in maestro("add", "shaky", "--until", "2099-12-31", "--reason", " ", exit_code=2)
    assert "there is no store" in maestro("propose", "--store", "none.db", exit_code=2)


def test_the_config_names_the_files(folder):
    (folder / "qa.yaml").write_text("version: 1\nproject: shop\nquarantine: held/known.yaml\n")
    maestro("add", "shaky", "--until", "2099-12-31", "--reason", "x")
    assert "unit::shaky" in (folder / "held" / "known.yaml").read_text()
    assert "unit::shaky" not in maestro("list", "--file", "other.yaml")


def test_the_history_proposes_what_to_take_out_and_what_to_put_in(folder):
    (folder / "quarantine.yaml").write_text(
        "cases:\n"
        "  - {case: 'unit::mended', until: 2099-12-31, reason: x}\n"
        "  - {case: 'unit::fine', until: 2020-12-31, reason: x}\n"
        "  - {case: 'unit::shakyy', until: 2099-12-31, reason: x}\n"
    )
    shown = maestro("propose")
    assert "# has passed 23 times since it last failed\nmaestro quarantine remove unit::mended" in shown
    assert "maestro quarantine add unit::shaky --until" in shown
    assert "quarantine.yaml:3:5: ended on 2020-12-31" in shown
    assert "no case 'unit::shakyy' is known; did you mean 'unit::shaky'?" in shown
    assert "unit::fine" in maestro("list", exit_code=1)  # one has expired
    found = json.loads(maestro("propose", "--json"))
    assert [(one["case"], one["passes"]) for one in found["remove"]] == [("unit::mended", 23), ("unit::fine", 30)]
    assert [one["title"] for one in found["add"]] == ["unit::shaky"]
    maestro("remove", "unit::mended")
    maestro("remove", "unit::fine")
    maestro("remove", "unit::shakyy")
    maestro("add", "shaky", "--until", "2099-12-31", "--reason", "x")
    assert maestro("propose").startswith("nothing to change")
