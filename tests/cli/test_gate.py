"""A gate says what it found, what was allowed and which cases break it, and a broken one ends with exit status 1."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.cli import main
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Mark, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

P, F, B, S = Status.PASSED, Status.FAILED, Status.BLOCKED, Status.SKIPPED
FIRST = {"a": P, "b": P, "known": F, "slow": P}
SECOND = {"a": F, "b": P, "known": F, "slow": P, "stuck": B, "shaky": (P, Mark.FLAKY, Mark.HEALED), "held": (F, Mark.QUARANTINED)}


@pytest.fixture
def folder(tmp_path):
    clock = FakeClock(1_700_000_000.0)
    writer = StoreWriter(tmp_path / ".maestro" / "history.db", clock=clock, is_ticking=False)
    for number, (branch, results) in enumerate([("main", FIRST), ("topic", {"known": P}), ("main", SECOND)]):
        clock.advance(3600)
        info = RunInfo(run_id=f"run-{number}", started_at=clock.now(), facts={"git_branch": branch, "quarantine_size": "3"})
        writer.receive(RunStarted(info))
        for name, result in results.items():
            status, *marks = result if isinstance(result, tuple) else (result,)
            case = Case(id=CaseId("", "shop", name), tags=("smoke",) if name in ("a", "stuck") else ())
            seconds = 9.0 if name == "slow" else 0.5
            if status is not B:
                fault = Fault(type="AssertionError", message="no") if status is F else None
                attempt = Attempt(number=1, outcome=Outcome(status=status, fault=fault), started_at=clock.now(), duration_s=seconds)
                writer.receive(AttemptFinished(case, attempt, True))
            writer.receive(CaseFinished(case, status, frozenset(marks), clock.now(), seconds, "down" if status is B else ""))
        writer.receive(RunFinished(f"run-{number}", "failed", clock.now() + 90))
    writer.close()
    return tmp_path


def judged(folder, gates, *arguments, exit_code=None):
    (folder / "qa.yaml").write_text(f"version: 1\nproject: shop\n{f'gates: {gates}' if gates else ''}\n")
    result = CliRunner().invoke(main, ["gate", *arguments, "--config", str(folder / "qa.yaml")])
    assert exit_code is None or result.exit_code == exit_code, result.output
    return result.output


def answer(folder, gates, *arguments):
    (only,) = json.loads(judged(folder, gates, "--json", *arguments))
    return only["has_passed"], only["found"], only["allowed"], only["cases"]


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ("{pass_rate: 50%}", (True, "50.0% of 6", "at least 50%", [])),
        ("{pass_rate: 98.5%}", (False, "50.0% of 6", "at least 98.5%", ["shop::a", "shop::known", "shop::stuck"])),
        ("{new_failures: 0}", (False, "1", "at most 0", ["shop::a"])),
        ("{new_failures: 1}", (True, "1", "at most 1", [])),
        ("{new_failures: 0, baseline: topic}", (False, "2", "at most 0", ["shop::a", "shop::known"])),
        ("{new_failures: 0, baseline: run-1}", (False, "2", "at most 0", ["shop::a", "shop::known"])),
        ("{flaky: 10%}", (False, "14.3% of 7", "at most 10%", ["shop::shaky"])),
        ("{flaky: 20%}", (True, "14.3% of 7", "at most 20%", [])),
        ("{healed: 0}", (False, "1", "at most 0", ["shop::shaky"])),
        ("{degraded: 0}", (True, "0", "at most 0", [])),
        ("{blocked: 0}", (False, "1", "at most 0", ["shop::stuck"])),
        ("{quarantine_size: 2}", (False, "3", "at most 2", ["shop::held"])),
        ("{quarantine_size: 3}", (True, "3", "at most 3", [])),
        ("{quarantined: 0}", (False, "1", "at most 0", ["shop::held"])),
        ("{duration_p95: 5s}", (False, "9s", "at most 5s", ["shop::slow"])),
        ("{duration: 1m}", (False, "1.5m", "at most 1m", [])),
        ("{duration: 2m}", (True, "1.5m", "at most 2m", [])),
        ("{must_run: [smoke]}", (False, "1 of 2 ran", "all, and one at least", ["shop::stuck"])),
        ("{must_run: [nightly]}", (False, "no case has the tag", "all, and one at least", [])),
    ],
)
def test_a_gate_tells_what_it_found_and_who_breaks_it(folder, gates, expected):
    found = answer(folder, gates)
    assert (*found[:3], sorted(found[3])) == expected


def test_the_baseline_is_told(folder):
    assert "against run run-0" in judged(folder, "{new_failures: 0}")
    assert "no run to compare with" in judged(folder, "{new_failures: 0}", "run-0", exit_code=1)


def test_the_exit_status_is_that_of_the_gates(folder):
    assert "holds" in judged(folder, "{healed: 1}", exit_code=0)
    output = judged(folder, "{healed: 1, blocked: 0}", exit_code=1)
    assert "holds" in output
    assert "broken" in output
    judged(folder, "{blocked: 0}", "--warn", exit_code=0)


def test_a_run_without_cases_does_not_pass(folder):
    writer = StoreWriter(folder / ".maestro" / "history.db", clock=FakeClock(1_700_900_000.0), is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id="void", started_at=1_700_900_000.0)))
    writer.receive(RunFinished("void", "passed", 1_700_900_001.0))
    writer.close()
    assert answer(folder, "{pass_rate: 1%}")[:2] == (False, "no case was judged")


def test_no_gates_and_wrong_gates_are_told(folder):
    assert "has no gates: write them under gates:" in judged(folder, "", exit_code=0)
    assert "is not a share" in judged(folder, "{pass_rate: 98}", exit_code=2)
    assert "no run 'nowhere'" in judged(folder, "{new_failures: 0, baseline: nowhere}", exit_code=2)
