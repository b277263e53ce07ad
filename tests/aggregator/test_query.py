"""Runs and cases are found by what a person types, and the questions stay quick."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import UnknownName, open_history
from maestro_fabric.aggregator.attempts import QUERY as _CASE_HISTORY
from maestro_fabric.cli import main
from maestro_fabric.errors import StoreError
from maestro_fabric.model import Artifact, Mark, Status

RUNS = ("0190aaaa-1", "0190bbbb-2")


@pytest.fixture
def history(drive, store):
    for run_id in RUNS:
        drive.clock.advance(60)
        drive.start(run_id)
        drive.whole("buy", Status.FAILED, params="tea")
        drive.whole("buy", params="milk")
        drive.whole("log in", suite="account")
        drive.end("failed")
    with open_history(store) as opened:
        yield opened


def test_runs_come_newest_first_and_as_many_as_asked_for(history):
    assert [run.run_id for run in history.runs()] == ["0190bbbb-2", "0190aaaa-1"]
    assert [run.run_id for run in history.runs(1)] == ["0190bbbb-2"]


@pytest.mark.parametrize("text", ["0190aaaa-1", "0190a"])
def test_a_run_is_found_by_its_id_or_the_beginning_of_it(history, text):
    assert history.run(text).run_id == "0190aaaa-1"


def test_the_latest_run_is_the_default(history):
    assert history.run().run_id == history.run("latest").run_id == "0190bbbb-2"


def test_a_beginning_of_several_runs_names_them(history):
    with pytest.raises(UnknownName, match="several runs begin with '0190'") as caught:
        history.run("0190")
    assert set(caught.value.nearest) == set(RUNS)


@pytest.mark.parametrize("text", ["0190aaab-1", "%", "0190_"])
def test_an_unknown_run_names_the_nearest(history, text):
    with pytest.raises(UnknownName, match=r"no run .* did you mean"):
        history.run(text)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("shop::buy[tea]", ["shop::buy[tea]"]),
        ("buy[tea]", ["shop::buy[tea]"]),
        ("buy", ["shop::buy[milk]", "shop::buy[tea]"]),
        ("shop::buy", ["shop::buy[milk]", "shop::buy[tea]"]),
        ("log in", ["account::log in"]),
        ("TEA", ["shop::buy[tea]"]),
        ("account", ["account::log in"]),
    ],
)
def test_a_case_is_found_by_its_title_its_name_or_a_part_of_it(history, text, titles):
    assert [str(case) for case in history.find_cases(text)] == titles


def test_a_part_of_several_titles_names_them(history):
    with pytest.raises(UnknownName, match="2 cases have 'bu' in their names") as caught:
        history.find_cases("bu")
    assert caught.value.nearest == ("shop::buy[milk]", "shop::buy[tea]")


def test_an_unknown_case_names_the_nearest(history):
    with pytest.raises(UnknownName, match=r"no case 'shop::boy.tea.'; did you mean 'shop::buy"):
        history.find_cases("shop::boy[tea]")


def test_a_case_without_any_likeness_names_none(history):
    with pytest.raises(UnknownName, match=r"no case 'qqqq'; `maestro show --all` lists those of the newest run$"):
        history.find_cases("qqqq")


def test_a_case_s_history_is_newest_first_and_no_longer_than_asked_for(history):
    assert [(row.run_id, row.status) for row in history.case_history("buy[tea]")] == [("0190bbbb-2", "failed"), ("0190aaaa-1", "failed")]
    assert [row.run_id for row in history.case_history("buy", limit=3)] == ["0190bbbb-2", "0190bbbb-2", "0190aaaa-1"]


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(StoreError, match=r"there is no store .* yet: a run with --maestro-store"):
        open_history(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_a_folder_below_is_named_when_there_is_none_here(tmp_path):
    below = tmp_path / "examples" / "shop" / ".maestro" / "history.db"
    below.parent.mkdir(parents=True)
    below.touch()

    with pytest.raises(StoreError, match=f"makes it; there is one in {re.escape(str(below))}$"):
        open_history(tmp_path / ".maestro" / "history.db")


def test_an_empty_file_is_told(store):
    store.touch()
    with pytest.raises(StoreError, match="is empty: a run with --maestro-store"):
        open_history(store)


def test_a_store_without_runs_says_so(drive, store):
    with open_history(store) as opened:
        assert opened.runs() == []
        with pytest.raises(UnknownName, match="the store holds no run yet"):
            opened.run()


def test_a_store_that_breaks_while_it_is_read_is_told(history, store):
    with closing(sqlite3.connect(store)) as other:
        other.execute("DROP VIEW results")
    with pytest.raises(StoreError, match="no such table: results"):
        history.results(RUNS[0])


def test_a_cases_history_has_the_very_rows_of_the_view(drive, store):
    drive.start("run-a", orchestration_id="pipeline 7")
    case = drive.case("buy", params="tea", owner="ada", tags=("smoke",), links=("https://example.org/1",))
    drive.attempt(case, Status.FAILED, is_last=False, worker="gw1", output="log", artifacts=(Artifact("screenshot", "a.png"),))
    drive.attempt(case, Status.PASSED, number=2, metadata={"browser": "chromium"})
    drive.finish(case, Status.PASSED, frozenset({Mark.FLAKY, Mark.HEALED}))
    drive.end("passed")
    drive.clock.advance(0.0625)
    drive.start("run-b")
    drive.whole("buy", params="tea")
    drive.end("passed")
    with open_history(store) as opened:
        found = opened.case_history("buy[tea]")
        expected = [row for run_id in ("run-b", "run-a") for row in reversed(opened.attempts(run_id))]
    assert found == expected
    assert [row.status for row in found] == ["passed", "passed", "failed"]


@pytest.mark.parametrize(
    ("query", "step"),
    [
        (_CASE_HISTORY.replace(":case", "?").replace(":limit", "?"), "SEARCH attempt USING PRIMARY KEY (case_id=?)"),
        ("SELECT status FROM results WHERE case_id = ? LIMIT ?", "SEARCH attempt USING PRIMARY KEY (case_id=?)"),
        ("SELECT status FROM results WHERE run_id = ? LIMIT ?", "SEARCH attempt USING INDEX attempt_by_run (run_id=?)"),
        ("SELECT sum(passed) FROM run_total WHERE run_id = ? AND passed > ?", "SEARCH run_total USING PRIMARY KEY (run_id=?)"),
    ],
    ids=["history", "results of a case", "results of a run", "summary"],
)
def test_the_questions_of_every_day_search_and_do_not_scan(history, ask, query, step):
    plan = [row[3] for row in ask(f"EXPLAIN QUERY PLAN {query}", 1, 100)]
    assert step in plan
    assert not [line for line in plan if line.startswith("SCAN") or "TEMP B-TREE" in line]


@pytest.fixture
def branches(drive, store):
    """A run of main with both suites, then one of a branch with the shop only."""
    for run_id, branch, suites in (("0190aaaa-1", "main", ("shop", "account")), ("0190bbbb-2", "wip", ("shop",))):
        drive.clock.advance(86_400)
        drive.start(run_id, facts={"git_branch": branch})
        for suite in suites:
            drive.whole("open", suite=suite, status=Status.FAILED if branch == "wip" else Status.PASSED)
        drive.end("failed")
    drive.writer.close()
    return store


@pytest.mark.parametrize(
    ("arguments", "there", "absent"),
    [
        (["runs", "--branch", "main"], "0190aaaa-1", "0190bbbb-2"),
        (["runs", "--suite", "account"], "0.00 s 1 1 main", "0190bbbb-2"),
        (["runs", "--since", "2023-11-16"], "0190bbbb-2", "0190aaaa-1"),
        (["runs", "--branch", "none"], "holds no such run", "0190"),
        (["show", "--branch", "main", "--suite", "account"], "account::open", "shop::open"),
        (["show", "--branch", "none"], "the store holds no such run", "0190"),
        (["history", "open", "--branch", "wip"], "0190bbbb-2", "0190aaaa-1"),
        (["history", "open", "--suite", "account"], "account::open", "shop::open"),
        (["history", "open", "--since", "2099-01-01"], "in all of these runs", "0190"),
        (["compare", "0190a", "--suite", "shop"], "broken", "account::open"),
        (["compare", "0190a", "--branch", "main"], "judge all cases the same", "0190"),
        (["clusters", "--branch", "main"], "everything passed", "shop::open"),
        (["clusters", "--suite", "shop"], "shop::open", "account"),
    ],
)
def test_a_question_is_narrowed_to_a_time_a_branch_or_a_suite(branches, arguments, there, absent):
    result = CliRunner().invoke(main, [*arguments, "--store", str(branches)])
    assert " ".join(there.split()) in " ".join(result.output.split())
    assert absent not in result.output
