"""The commands that ask the history: tables for people, JSON for programs, and nothing is said of what is not there."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.cli import main
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

NOW = 1_700_000_000.0


def write(path, runs):
    """Runs with one attempt a case: name → (status, seconds)."""
    clock = FakeClock(NOW)
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    for number, cases in enumerate(runs):
        clock.advance(7200)
        facts = {"git_commit": f"{number // 4:040}", "git_branch": "main", "git_dirty": "false"}
        writer.receive(RunStarted(RunInfo(run_id=f"run-{number:02}", started_at=clock.now(), facts=facts, orchestration_id=f"o{number}")))
        for name, (status, seconds) in cases.items():
            case = Case(id=CaseId("", "shop", name))
            fault = Fault(type="AssertionError", message="no 'tea'") if status is Status.FAILED else None
            outcome = Outcome(status=status, fault=fault)
            writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=clock.now(), duration_s=seconds), True))
            writer.receive(CaseFinished(case, status, frozenset(), clock.now(), seconds))
        writer.receive(RunFinished(f"run-{number:02}", "failed", clock.now()))
    writer.close()


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "h.db"
    runs = []
    for number in range(30):
        shaky = Status.FAILED if number in (5, 29) else Status.PASSED
        runs.append({"shaky": (shaky, 0.2), "search": (Status.PASSED, (2.0 if number >= 22 else 1.0) + number / 1000)})
    write(path, runs)
    return path


def call(*arguments, store, exit_code=0):
    result = CliRunner().invoke(main, [*arguments, "--store", str(store)])
    assert result.exit_code == exit_code, result.output
    return result.output


def test_flaky_shows_the_evidence(store):
    output = call("flaky", store=store)
    assert "shop::shaky" in output
    assert "2 of 30" in output
    assert "the same code passed and failed" in output
    (row,) = json.loads(call("flaky", "--json", store=store))
    assert (row["state"], row["fails"], row["tries"]) == ("flaky", 2, 30)


@pytest.mark.parametrize(
    "narrowed", [["--branch", "topic"], ["--suite", "unit"], ["--last", "1"], ["--since", "2024-01-01"], ["--since", "30d"]]
)
def test_a_window_leaves_runs_out(store, narrowed):
    assert call("flaky", *narrowed, store=store) == "no case is flaky\n"


def test_a_window_that_is_none_is_told(store):
    assert "'soon' is neither a span like 30d nor a date like 2026-11-01" in call("flaky", "--since", "soon", store=store, exit_code=2)


def test_slowest_shows_the_commit_where_it_changed(store):
    output = call("slowest", store=store)
    slower, other = output.splitlines()[1:]
    assert "shop::search" in slower
    assert "×2.0" in slower
    assert f"{5:040}"[:12] in slower
    assert "shop::shaky" in other
    assert [row["is_slower"] for row in json.loads(call("slowest", "--json", store=store))] == [True, False]


def test_trends_show_each_category_and_what_became_slower(store):
    output = call("trends", store=store)
    assert "shop" in output
    assert "shop::search became slower with 000000000000 on 2023-11-16: 1.01 s to 2.03 s" in output
    found = json.loads(call("trends", "--json", store=store))
    assert sum(day["runs"] for day in found["days"]) == 30
    assert found["slower"][0]["title"] == "shop::search"


def test_compare_and_clusters_look_at_runs(store):
    assert "broken" in call("compare", "run-28", store=store)
    assert call("compare", "run-28", "run-28", store=store) == "the runs judge all cases the same\n"
    assert json.loads(call("compare", "run-28", "--json", store=store))[0]["title"] == "shop::shaky"
    assert "AssertionError: no <text>" in call("clusters", store=store)
    assert call("clusters", "run-28", store=store) == "everything passed\n"
    assert json.loads(call("clusters", "--json", store=store))[0]["count"] == 1
    assert "no run 'run-77'; did you mean" in call("clusters", "run-77", store=store, exit_code=2)


def test_the_history_of_a_case_that_fails_says_since_when(store):
    told = call("history", "shaky", store=store)
    assert "fails since 2" in told
    assert "in run run-29 of commit" in told
    assert "in 1 run; last good 2" in told
    assert "in run run-28 of commit" in told
    assert "fails since" not in call("history", "search", store=store)
    assert "fails since" not in call("history", "shaky", "--branch", "main", store=store)


def test_a_report_is_a_page_or_markdown(store, tmp_path):
    page = tmp_path / "out" / "report.html"
    assert "50.0% of 2 cases passed" in call("report", "--output", str(page), store=store)
    assert page.read_text().startswith("<!doctype html>")
    assert "# o29: failed" in call("report", "--orchestration", "o29", "--no-charts", store=store)
    assert "no orchestration 'o77'" in call("report", "--orchestration", "o77", store=store, exit_code=2)


def test_an_empty_history_says_so(tmp_path):
    write(tmp_path / "empty.db", [{}])
    assert call("slowest", store=tmp_path / "empty.db") == "no case has passed yet\n"
    assert call("trends", store=tmp_path / "empty.db") == "no run yet\n"
    assert json.loads(call("trends", "--json", store=tmp_path / "empty.db")) == {"days": [], "levels": [], "slower": []}
