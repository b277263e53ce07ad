"""Histories are merged by run, in any order and as often as one likes; old results go and curves stay."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.aggregator.merge import merge_stores
from maestro_fabric.aggregator.prune import prune_store
from maestro_fabric.cli import main
from maestro_fabric.errors import StoreError
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Artifact, Attempt, Case, CaseId, Fault, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

DAY = 86_400
NOW = 1_700_000_000.0
P, F = Status.PASSED, Status.FAILED


def write(path, *runs):
    """Runs as (id, start, {name: status})."""
    for run_id, started_at, results in runs:
        clock = FakeClock(started_at)
        writer = StoreWriter(path, clock=clock, is_ticking=False)
        writer.receive(RunStarted(RunInfo(run_id=run_id, started_at=started_at, facts={"git_branch": "main"})))
        for name, status in results.items():
            clock.advance(1)
            case = Case(id=CaseId("", "shop", name))
            fault = Fault(type="AssertionError", message=f"{name} of {run_id}") if status is F else None
            outcome = Outcome(status=status, fault=fault, artifacts=(Artifact("log", "a.txt"),) if fault else (), metadata={"name": name})
            attempt = Attempt(number=1, outcome=outcome, started_at=clock.now(), duration_s=0.5, worker=f"gw-{path.stem}")
            writer.receive(AttemptFinished(case, attempt, True))
            writer.receive(CaseFinished(case, status, frozenset(), clock.now(), 0.5))
        writer.receive(RunFinished(run_id, "failed" if F in results.values() else "passed", clock.now() + 1))
        writer.close()


def contents(path):
    """All that a reader sees, without the numbers that differ from file to file."""
    with closing(sqlite3.connect(path)) as connection:
        views = {}
        for view in ("runs", "attempts", "results", "cases"):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({view})") if row[1] != "case_id"]
            views[view] = sorted(connection.execute(f"SELECT {', '.join(names)} FROM {view}").fetchall(), key=repr)  # noqa: S608 - constants
        names = [row[1] for row in connection.execute("PRAGMA table_info(run_total)") if row[1] not in ("run_id", "suite_id")]
        sums = ", ".join(f"sum({name})" for name in names)
        views["totals"] = connection.execute(
            f"SELECT run.run_id, {sums} FROM run_total JOIN run ON run.id = run_total.run_id GROUP BY 1"  # noqa: S608
        ).fetchall()
        return views


NAMES = st.sampled_from(["a", "b", "c"])
RUNS = st.dictionaries(st.sampled_from(["r1", "r2", "r3", "r4"]), st.dictionaries(NAMES, st.sampled_from([P, F]), max_size=3), max_size=3)


@settings(max_examples=4, deadline=None)
@given(st.lists(RUNS, min_size=3, max_size=3))
def test_order_and_repetition_change_nothing(plans):
    known = {}
    for plan in plans:  # a run is the same in every file that holds it
        for run_id, results in plan.items():
            known.setdefault(run_id, results)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{index}.db") for index in range(3)]
        for path, plan in zip(files, plans, strict=True):
            for run_id in plan:
                write(path.with_name("same.db"), (run_id, NOW + int(run_id[1]) * 100, known[run_id]))
                merge_stores([path.with_name("same.db")], path)
                path.with_name("same.db").unlink()
            StoreWriter(path, clock=FakeClock(NOW), is_ticking=False).close()
        merged = []
        for number, order in enumerate(permutations(files)):
            target = Path(folder, f"merged{number}.db")
            merge_stores(order, target)
            assert merge_stores(order, target) == 0
            merged.append(contents(target))
        assert all(one == merged[0] for one in merged)
        assert {row[0] for row in merged[0]["runs"]} == set().union(*plans)


def test_a_merged_history_has_all_that_the_parts_had(tmp_path):
    write(tmp_path / "a.db", ("r1", NOW, {"x": F, "y": P}))
    write(tmp_path / "b.db", ("r2", NOW - 500, {"y": P, "z": F}))
    assert merge_stores([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "c.db") == 2
    with open_history(tmp_path / "c.db") as merged, open_history(tmp_path / "b.db") as part:
        assert [run.run_id for run in merged.runs()] == ["r1", "r2"]
        (failure,) = [row for row in merged.attempts("r2") if row.status == "failed"]
        (original,) = [row for row in part.attempts("r2") if row.status == "failed"]
        assert failure.artifacts == original.artifacts
        assert (failure.error_message, failure.worker, failure.started_at) == ("z of r2", "gw-b", original.started_at)
        assert merged.run("r2").counts == part.run("r2").counts
        assert len(merged.case_history("y")) == 2


def test_shards_of_one_run_become_one_run(tmp_path):
    write(tmp_path / "a.db", ("r1", NOW, {"x": P}))
    write(tmp_path / "b.db", ("r1", NOW - 10, {"y": F}))
    one, other = tmp_path / "ab.db", tmp_path / "ba.db"
    merge_stores([tmp_path / "a.db", tmp_path / "b.db"], one)
    merge_stores([tmp_path / "b.db", tmp_path / "a.db"], other)
    assert contents(one) == contents(other)
    with open_history(one) as merged:
        (run,) = merged.runs()
        assert (run.status, run.total, run.duration_s) == ("failed", 2, 12.0)
        assert [row.started_at for row in merged.results("r1")] == ["2023-11-14T22:13:11.000Z", "2023-11-14T22:13:21.000Z"]


def test_the_target_keeps_what_it_had(tmp_path):
    write(tmp_path / "a.db", ("r1", NOW, {"x": P}))
    write(tmp_path / "b.db", ("r2", NOW, {"x": F}))
    result = CliRunner().invoke(main, ["merge", str(tmp_path / "a.db"), str(tmp_path / "b.db"), "-o", str(tmp_path / "a.db")])
    assert (result.exit_code, result.output) == (0, f"{tmp_path / 'a.db'}: 1 run added\n")
    with open_history(tmp_path / "a.db") as merged:
        assert len(merged.runs()) == 2


def test_a_store_that_is_not_there_is_told(tmp_path):
    result = CliRunner().invoke(main, ["merge", str(tmp_path / "no.db"), "-o", str(tmp_path / "c.db")])
    assert result.exit_code == 2
    assert "there is no store" in result.output


@pytest.fixture
def years(tmp_path):
    path = tmp_path / "h.db"
    write(
        path,
        ("ancient", NOW - 500 * DAY, {"x": F, "y": P}),
        ("old", NOW - 200 * DAY, {"x": F, "y": P}),
        ("new", NOW - DAY, {"x": F, "y": P}),
    )
    return path


def test_old_results_go_and_failures_stay_longer(years):
    before = contents(years)["totals"]
    assert prune_store(years, keep_s=90 * DAY, keep_failures_s=365 * DAY, now=NOW) == 3
    with open_history(years) as history:
        assert [(run.run_id, run.total) for run in history.runs()] == [("new", 2), ("old", 2), ("ancient", 2)]
        assert [row.name for row in history.attempts("old")] == ["x"]
        assert history.attempts("old")[0].error_message == "x of old"
        assert history.attempts("ancient") == []
        assert len(history.trends()) == 3
    assert contents(years)["totals"] == before
    assert prune_store(years, keep_s=90 * DAY, keep_failures_s=365 * DAY, now=NOW) == 0
    with closing(sqlite3.connect(years)) as connection:
        assert connection.execute("SELECT count(*) FROM error").fetchone() == (2,)


def test_prune_and_recover_are_commands(years):
    runner = CliRunner()
    assert "6 attempts removed" in runner.invoke(main, ["prune", "--keep", "1d", "--keep-failures", "1d", "--store", str(years)]).output
    assert "is not a span" in runner.invoke(main, ["prune", "--keep", "much", "--store", str(years)]).output
    assert "no run was interrupted" in runner.invoke(main, ["recover", "--store", str(years)]).output
    writer = StoreWriter(years, clock=FakeClock(NOW), is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id="killed", started_at=NOW)))
    writer.close()
    assert "killed 2023-11-14T22:13:20.000Z interrupted, 0 results" in runner.invoke(main, ["recover", "--store", str(years)]).output


def test_recover_exports_the_interrupted_runs_with_the_cases_that_were_running(tmp_path):
    store, folder = tmp_path / "h.db", tmp_path / "interrupted"
    writer = StoreWriter(store, clock=FakeClock(NOW), is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id="killed", started_at=NOW)))
    writer.receive(AttemptStarted(Case(id=CaseId("", "shop", "buy")), 1, NOW, ""))
    writer.close()

    told = CliRunner().invoke(main, ["recover", "--export", str(folder), "--store", str(store), "--json"])

    (run,) = json.loads(told.stdout)
    assert run["file"] == str(folder / "killed.json")
    exported = json.loads((folder / "killed.json").read_text())
    assert exported["status"] == "interrupted"
    assert [(row["name"], row["status"], row["error_type"]) for row in exported["results"]] == [("buy", "error", "Interrupted")]
    told = CliRunner().invoke(main, ["recover", "--export", str(store / "there"), "--store", str(store)])
    assert told.exit_code == 2
    assert "cannot be written: Not a directory; name another folder with --export" in told.output


def test_what_cannot_be_pruned_is_told(tmp_path):
    with pytest.raises(StoreError, match="there is no store"):
        prune_store(tmp_path / "no.db", keep_s=1, keep_failures_s=1, now=NOW)
