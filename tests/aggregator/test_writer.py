"""What is reported is in the file, once, and counted."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing

import pytest

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.errors import StoreError
from maestro_fabric.events import ServiceChanged
from maestro_fabric.model import Artifact, Fault, Location, Mark, Status, StepResult
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.testing import FakeClock
from support import wait_until


def test_a_flaky_case_keeps_both_attempts_and_has_one_result(drive, store):
    drive.start()
    case = drive.case("buy", params="tea", owner="shop-team", tags=("smoke",), links=("https://x/1",), location=Location("qa.yaml", 7))
    drive.attempt(case, Status.ERROR, is_last=False, worker="gw0")
    drive.attempt(case, Status.PASSED, number=2, duration_s=0.25, worker="gw1")
    drive.finish(case, Status.PASSED, frozenset({Mark.FLAKY}))
    drive.end()

    with open_history(store) as history:
        attempts, (result,) = history.attempts("run-1"), history.results("run-1")
        counts = history.run().counts
    assert [(row.attempt, row.status, row.worker) for row in attempts] == [(1, "error", "gw0"), (2, "passed", "gw1")]
    assert (result.status, result.marks, result.attempt, result.duration_s) == ("passed", ("flaky",), 2, 0.75)
    assert (result.owner, result.tags, result.links) == ("shop-team", ("smoke",), ("https://x/1",))
    assert (counts["passed"], counts["error"], counts["flaky"], counts["attempts"]) == (1, 0, 1, 2)


def test_the_case_s_final_word_replaces_what_was_already_committed(drive, store):
    drive.start()
    case = drive.case("buy")
    drive.attempt(case, Status.FAILED)
    drive.writer.flush()
    drive.finish(case, Status.FAILED, frozenset({Mark.QUARANTINED}))
    drive.end()

    with open_history(store) as history:
        (result,) = history.results("run-1")
        counts = history.run().counts
    assert result.marks == ("quarantined",)
    assert (counts["failed"], counts["quarantined"], counts["attempts"]) == (1, 1, 1)


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.BLOCKED])
def test_a_case_that_was_not_tried_has_a_result_with_the_reason_and_no_attempt(drive, store, status):
    drive.start()
    drive.finish(drive.case("buy"), status, reason="suite login did not pass")
    drive.end()

    with open_history(store) as history:
        (result,) = history.results("run-1")
        assert (result.status, result.attempt, result.error_type, result.error_message) == (status, 0, None, "suite login did not pass")
        assert history.attempts("run-1") == []
        assert history.run().counts[status] == 1


def test_evidence_is_kept_of_attempts_that_did_not_plainly_pass_only(drive, store):
    drive.start()
    evidence = {
        "steps": (
            StepResult(number=1, title="click '#buy'", status=Status.FAILED, duration_s=0.1, location=Location("qa.yaml", 9), label="1.3"),
        ),
        "artifacts": (Artifact("screenshot", "buy/1.png"),),
        "output": "console: oh",
    }
    drive.attempt(drive.case("plain"), Status.PASSED, **evidence)
    drive.attempt(drive.case("bad"), Status.FAILED, **evidence)
    drive.attempt(drive.case("second"), Status.PASSED, number=2, **evidence)
    drive.end()

    with open_history(store) as history:
        kept = {row.name: row for row in history.attempts("run-1")}
    assert (kept["plain"].steps, kept["plain"].artifacts, kept["plain"].output) == ((), (), "")
    assert kept["bad"].steps[0]["title"] == "click '#buy'"
    assert kept["bad"].steps[0]["location"] == "qa.yaml:9"
    assert (kept["bad"].steps[0]["number"], kept["bad"].steps[0]["label"]) == (1, "1.3")
    assert kept["bad"].artifacts == ({"kind": "screenshot", "path": "buy/1.png"},)
    assert kept["second"].output == "console: oh"


def test_an_error_is_written_once_and_metadata_too(drive, ask):
    drive.start()
    fault = Fault(type="TimeoutError", message="no answer", trace="Traceback …", location=Location("qa.yaml", 3))
    for name in ("a", "b", "c"):
        drive.attempt(drive.case(name), Status.ERROR, fault=fault, metadata={"browser": "chromium"})
    drive.end()

    assert ask("SELECT count(*) FROM error") == [(1,)]
    assert ask("SELECT DISTINCT error_type, error_message, error_trace, error_location, metadata FROM attempts") == [
        ("TimeoutError", "no answer", "Traceback …", "qa.yaml:3", '{"browser": "chromium"}')
    ]


def test_an_endless_message_loses_its_middle(drive, ask):
    drive.start()
    drive.attempt(drive.case("a"), Status.ERROR, fault=Fault(type="E", message="x" * 1_000_000))
    drive.end()

    ((length,),) = ask("SELECT length(error_message) FROM attempts")
    assert length < 201_000


def test_bytes_that_are_no_text_do_not_stop_the_run(drive, ask):
    drive.start(orchestration_id="job \udc80")
    drive.attempt(drive.case("a \udc80"), Status.ERROR, fault=Fault(type="E", message="\udcff said no"))
    drive.plain("b \udc80")
    drive.end()

    assert ask("SELECT name FROM results ORDER BY name") == [("a \\udc80",), ("b \\udc80",)]
    assert ask("SELECT error_message FROM attempts WHERE error_type = 'E'") == [("\\udcff said no",)]
    assert drive.writer.warnings == []


def test_owner_tags_and_links_follow_their_last_value(make_driver, ask):
    for owner in ("first", "second"):
        drive = make_driver()
        drive.start(f"run-{owner}")
        drive.attempt(drive.case("buy", owner=owner, tags=(owner,)), Status.PASSED)
        drive.end()
        drive.writer.close()

    assert ask("SELECT owner, tags FROM cases") == [("second", '["second"]')]


def test_a_parametrised_case_is_not_taken_for_a_further_attempt(drive, ask):
    drive.start()
    for params in ("tea", "milk"):
        drive.plain("buy", params=params)
    drive.end()

    assert ask("SELECT name, params, attempt FROM results ORDER BY params") == [("buy", "milk", 1), ("buy", "tea", 1)]


def test_a_case_that_runs_twice_in_one_run_loses_neither_and_its_last_is_the_result(drive, store):
    drive.start()
    drive.plain("a", Status.FAILED)
    drive.writer.flush()
    drive.plain("a", Status.PASSED)
    drive.whole("b", Status.PASSED)
    drive.whole("b", Status.FAILED)
    drive.end("failed")

    with open_history(store) as history:
        results = {row.name: (row.status, row.attempt) for row in history.results("run-1")}
        counts = history.run().counts
    assert results == {"a": ("passed", 2), "b": ("failed", 2)}
    assert (counts["passed"], counts["failed"], counts["attempts"]) == (1, 1, 4)


def test_results_wait_for_the_commit_that_is_due_and_not_longer(drive, clock, ask):
    drive.start()
    drive.plain("early")
    assert ask("SELECT name FROM results") == []

    clock.advance(0.1)
    drive.plain("late")

    assert ask("SELECT name FROM results ORDER BY name") == [("early",), ("late",)]


def test_the_ticker_commits_what_is_left_when_nothing_more_comes(make_driver, ask):
    drive = make_driver(clock=SystemClock(), is_ticking=True)
    drive.start()
    drive.plain("alone")

    wait_until(lambda: ask("SELECT name FROM results") == [("alone",)])


def test_cases_in_flight_are_named_at_the_next_commit_and_gone_when_they_end(drive, ask):
    drive.start()
    drive.begin(drive.case("slow", suite="unit"), worker="gw0")
    drive.begin(drive.case("buy"), worker="gw1")
    running = (
        "SELECT test_case.name, worker.name FROM running JOIN test_case ON test_case.id = case_id JOIN worker ON worker.id = worker_id"
    )
    assert ask(running) == []

    drive.writer.flush()
    assert sorted(ask(running)) == [("buy", "gw1"), ("slow", "gw0")]

    drive.plain("slow")
    drive.attempt(drive.case("buy"), Status.PASSED)
    drive.writer.flush()
    assert ask(running) == []


def test_a_run_closed_in_the_middle_is_interrupted_and_names_what_was_running(drive, store):
    drive.start()
    drive.begin(drive.case("buy"))
    drive.clock.advance(2)
    drive.writer.close()
    drive.writer.close()

    with open_history(store) as history:
        run, (result,) = history.run(), history.results("run-1")
    assert (run.status, run.duration_s, run.counts["error"]) == ("interrupted", 2.0, 1)
    assert (result.name, result.status, result.error_type, result.duration_s) == ("buy", "error", "Interrupted", 2.0)


def test_a_case_that_waited_for_its_next_attempt_keeps_the_last_one_as_its_result(drive, store):
    drive.start()
    drive.attempt(drive.case("buy"), Status.ERROR, is_last=False)
    drive.end("interrupted")

    with open_history(store) as history:
        (result,) = history.results("run-1")
    assert (result.status, result.error_type) == ("error", "AssertionError")


def test_a_run_has_its_facts_and_its_lock_only_while_it_lasts(drive, store, ask):
    facts = {"git_commit": "abc", "git_branch": "main", "git_dirty": "false", "ci_provider": "gitlab", "config_digest": "d1"}
    drive.start(orchestration_id="pipeline 7", facts=facts)
    locks = store.with_name("history.db.locks")
    assert [path.name for path in locks.iterdir()] == ["run-1.lock"]
    drive.clock.advance(3)
    drive.end("failed")

    assert not locks.exists()
    assert ask("SELECT orchestration_id, status, started_at, duration_s FROM runs") == [
        ("pipeline 7", "failed", "2023-11-14T22:13:20.000Z", 3.0)
    ]
    assert ask("SELECT git_commit, git_branch, git_dirty, ci_provider, host, config_digest FROM runs") == [
        ("abc", "main", "false", "gitlab", None, "d1")
    ]


def test_one_writer_takes_several_runs_one_after_another(drive, store):
    for run_id in ("run-1", "run-2"):
        drive.start(run_id)
        drive.whole("buy")
        drive.end()

    with open_history(store) as history:
        assert [(run.run_id, run.total) for run in history.runs()] == [("run-2", 1), ("run-1", 1)]


def test_a_second_run_in_the_middle_of_one_is_refused(drive):
    drive.start()
    with pytest.raises(StoreError, match="run-1 has not finished, so run-2 cannot start"):
        drive.start("run-2")


def test_a_case_before_its_run_is_refused(drive):
    with pytest.raises(StoreError, match="send RunStarted first"):
        drive.plain("a")


def test_events_that_the_store_does_not_keep_are_passed_over(drive, ask):
    drive.start()
    drive.writer.receive(ServiceChanged("shop", "ready"))
    drive.end()
    assert ask("SELECT count(*) FROM results") == [(0,)]


def test_threads_lose_nothing_between_them(drive, store):
    drive.start()
    threads = [threading.Thread(target=lambda n=n: [drive.plain(f"t{n}-{i}") for i in range(200)]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drive.end()

    with open_history(store) as history:
        assert history.run().counts["passed"] == 1600


def test_two_runs_at_once_on_one_store_lose_nothing(make_driver, store):
    one, two = make_driver(), make_driver()
    one.start("run-1")
    two.start("run-2")
    for number in range(50):
        for drive in (one, two):
            drive.plain(f"case {number}")
            drive.writer.flush()
    two.end()
    one.end()

    with open_history(store) as history:
        assert {(run.run_id, run.status, run.total) for run in history.runs()} == {("run-1", "passed", 50), ("run-2", "passed", 50)}
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("SELECT count(*) FROM cases").fetchone() == (50,)


def test_a_forked_child_leaves_its_parent_s_results_alone(drive, store):
    drive.start()
    drive.plain("a")
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        is_written = drive.writer.flush()
        drive.writer.close()
        os._exit(int(is_written))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    drive.end()

    with open_history(store) as history:
        assert (history.run().status, history.run().total) == ("passed", 1)


def test_a_thousand_results_wait_for_one_commit(make_driver, ask):
    drive = make_driver()
    drive.start()
    for number in range(1000):
        drive.plain(f"case {number}")
    assert ask("SELECT count(*) FROM results") == [(0,)]
    drive.writer.flush()
    assert ask("SELECT count(*) FROM results") == [(1000,)]


def test_a_writer_without_a_run_closes_quietly(store):
    writer = StoreWriter(store, clock=FakeClock())
    writer.close()
    assert writer.warnings == []
