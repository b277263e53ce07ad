"""``maestro runs``, ``show`` and ``history``: tables for people, JSON for programs, and errors that name the nearest."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.cli.history import COMMANDS, history, runs, show
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Artifact, Attempt, Case, CaseId, Fault, Location, Mark, Outcome, RunInfo, Status, StepResult
from maestro_fabric.testing import FakeClock

RUN = "01900000-0000-7000-8000-000000000001"
FAILING = Outcome(
    status=Status.FAILED,
    fault=Fault(type="ExpectationFailed", message="expected 'Thanks'\nseen 'Sorry'", location=Location("qa.yaml", 14)),
    steps=(StepResult(number=2, title="click '#buy'", status=Status.FAILED, duration_s=0.5, message="not there"),),
    artifacts=(Artifact("screenshot", "buy/failed.png"),),
)


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "h.db"
    clock = FakeClock()
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id=RUN, started_at=clock.now(), orchestration_id="job 7", facts={"git_branch": "[main]"})))
    case = Case(id=CaseId("", "shop", "buy", "tea"))
    for number, outcome in enumerate((FAILING, Outcome(status=Status.PASSED)), start=1):
        writer.receive(AttemptFinished(case, Attempt(number=number, outcome=outcome, started_at=clock.now(), duration_s=1.0), number == 2))
    writer.receive(CaseFinished(case, Status.PASSED, frozenset({Mark.FLAKY}), clock.now(), 2.0))
    writer.receive(CaseFinished(Case(id=CaseId("", "shop", "pay")), Status.BLOCKED, frozenset(), clock.now(), 0.0, "down"))
    writer.receive(RunFinished(RUN, "failed", clock.now() + 3))
    writer.close()
    return path


def write_one(path, outcome):
    clock = FakeClock()
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id=RUN, started_at=clock.now())))
    case = Case(id=CaseId("", "shop", "buy"))
    writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=clock.now(), duration_s=1.0), True))
    writer.receive(CaseFinished(case, outcome.status, frozenset(), clock.now(), 1.0))
    writer.receive(RunFinished(RUN, "failed", clock.now() + 3))
    writer.close()


def call(command, *arguments, store, exit_code=0, **environment):
    result = CliRunner(env=environment).invoke(command, [*arguments, *(["--store", str(store)] if store else [])])
    assert result.exit_code == exit_code, result.output
    return result.output


def test_runs_are_listed_with_their_counts(store):
    output = call(runs, store=store)
    assert RUN in output
    assert "failed" in output
    assert "2023-11-14 22:13:20" in output
    assert "[main]" in output


@pytest.mark.parametrize("command", [[runs], [history, "buy"]])
def test_a_narrow_terminal_still_shows_the_ids_to_ask_for(store, command):
    output = call(*command, store=store, FORCE_COLOR="1", NO_COLOR="1", COLUMNS="80")
    assert f" {RUN[:13]} " in output
    assert "2023-11-14 22:13 " in output
    assert RUN[:13] in call(show, RUN[:13], store=store)


def test_columns_in_which_no_run_has_anything_are_left_out(store):
    head, _ = call(runs, store=store).splitlines()
    assert head.split() == ["run", "status", "started", "(UTC)", "time", "cases", "passed", "blocked", "flaky", "branch"]


def test_runs_are_json_for_programs(store):
    (run,) = json.loads(call(runs, "--json", store=store))
    assert (run["run_id"], run["status"], run["total"], run["counts"]["flaky"]) == (RUN, "failed", 2, 1)


@pytest.mark.parametrize("name", [[], ["latest"], ["01900000"]])
def test_a_run_is_shown_with_what_failed_its_error_steps_and_artifacts(store, name):
    output = call(show, *name, store=store)
    shown = [
        "shop::buy[tea]",
        "flaky",
        "expected 'Thanks'",
        "seen 'Sorry'",
        "at qa.yaml:14",
        "2. click '#buy'",
        "not there",
        "buy/failed.png",
    ]
    assert [text for text in shown if text not in output] == []
    assert "orchestration job 7" in output
    assert "1 passed, 1 blocked, 1 flaky" in output


def write_results(path, *results, facts=()):
    clock = FakeClock()
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id=RUN, started_at=clock.now(), facts=dict(facts))))
    for name, status, marks in results:
        case = Case(id=CaseId("", "shop", name))
        outcome = Outcome(status=status, artifacts=() if status is Status.PASSED else (Artifact("html", "page.html"),))
        writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=clock.now(), duration_s=1.0), True))
        writer.receive(CaseFinished(case, status, frozenset(marks), clock.now(), 1.0))
    writer.receive(RunFinished(RUN, "failed", clock.now() + 3))
    writer.close()


def cases_listed(output):
    return [line.split()[0].removeprefix("shop::") for line in output.splitlines() if line.startswith(" shop::")]


def test_a_shown_run_begins_with_what_a_person_looks_for(tmp_path):
    passed = [(f"plain{number}", Status.PASSED, ()) for number in range(3)]
    others = [("marked", Status.PASSED, [Mark.HEALED]), ("broke", Status.ERROR, ()), ("wrong", Status.FAILED, ())]
    write_results(tmp_path / "h.db", *passed, *others)

    assert cases_listed(call(show, store=tmp_path / "h.db")) == ["wrong", "broke", "marked", "plain0", "plain1", "plain2"]


def test_many_cases_that_passed_are_counted_unless_all_are_asked_for(tmp_path):
    passed = [(f"plain{number}", Status.PASSED, ()) for number in range(21)]
    write_results(tmp_path / "h.db", *passed, ("wrong", Status.FAILED, ()))

    output = call(show, store=tmp_path / "h.db")
    assert cases_listed(output) == ["wrong"]
    assert "21 cases passed, --all lists them" in output
    assert len(cases_listed(call(show, "--all", store=tmp_path / "h.db"))) == 22


def test_evidence_is_found_where_the_config_put_it(tmp_path):
    evidence = tmp_path / "elsewhere"
    write_results(tmp_path / "h.db", ("wrong", Status.FAILED, ()), facts={"artifacts": str(evidence)})
    assert "evidence, removed since:\n    html: page.html" in call(show, store=tmp_path / "h.db")

    (evidence / RUN).mkdir(parents=True)

    output = call(show, store=tmp_path / "h.db")
    assert f"evidence in {evidence / RUN}:\n    html: page.html" in output
    assert "artifacts=" not in output


def test_a_shown_run_says_why_a_case_was_blocked(store):
    (line,) = [line for line in call(show, store=store).splitlines() if "shop::pay" in line]
    assert line.split() == ["shop::pay", "blocked", "0.00", "s", "down"]


def test_a_shown_run_says_each_thing_once(tmp_path):
    message = "step 1.2 (qa.yaml:14): click '#buy'\n  not there"
    step = StepResult(number=2, title="click '#buy'", status=Status.ERROR, duration_s=0.5, message=message, label="1.2")
    fault = Fault(type="TransportError", message=message)
    outcome = Outcome(status=Status.ERROR, fault=fault, steps=(step,), artifacts=(Artifact("html", "page.html"),))
    write_one(tmp_path / "h.db", outcome)
    (tmp_path / "artifacts" / RUN).mkdir(parents=True)

    output = call(show, store=tmp_path / "h.db")

    assert output.count("not there") == 1
    assert "1.2. click '#buy'  error" in output
    assert f"evidence in {tmp_path / 'artifacts' / RUN}:\n    html: page.html" in output
    assert "1 case in 1 attempt: 1 error" in output


def test_a_shown_run_has_what_a_failing_attempt_printed(tmp_path):
    write_one(tmp_path / "h.db", Outcome(status=Status.FAILED, output="first\nsecond\n"))

    assert "  output:\n    first\n    second" in call(show, store=tmp_path / "h.db")


def test_a_shown_run_is_json_for_programs(store):
    shown = json.loads(call(show, "--json", store=store))
    assert [row["status"] for row in shown["attempts"]] == ["failed", "passed"]
    assert [row["error_message"] for row in shown["results"] if row["name"] == "pay"] == ["down"]


def test_a_case_s_attempts_are_listed_newest_first(store):
    output = call(history, "buy", store=store)
    assert output.index("passed") < output.index("failed")
    assert [row["attempt"] for row in json.loads(call(history, "buy[tea]", "--json", store=store))] == [2, 1]


def test_a_case_that_was_never_tried_says_so(store):
    assert "'pay' has never been tried" in call(history, "pay", store=store)


def test_an_unknown_run_or_case_names_the_nearest(store):
    assert f"no run '01900001'; did you mean '{RUN}'?" in call(show, "01900001", store=store, exit_code=2)
    assert "no case 'bvy[tea]'; did you mean 'shop::buy[tea]'?" in call(history, "bvy[tea]", store=store, exit_code=2)


def test_a_case_like_no_other_says_where_the_names_are(store):
    assert "no case 'zzzz'; `maestro show --all` lists those" in call(history, "zzzz", store=store, exit_code=2)


def test_a_store_that_is_not_there_says_how_to_make_it(tmp_path):
    assert "there is no store" in call(runs, store=tmp_path / "none.db", exit_code=2)


def test_a_store_without_runs_says_so(tmp_path):
    StoreWriter(tmp_path / "h.db", clock=FakeClock(), is_ticking=False).close()
    assert "holds no run yet" in call(runs, store=tmp_path / "h.db")


def test_the_store_may_come_from_the_environment(store):
    assert RUN in call(runs, store=None, MAESTRO_STORE=str(store))


def test_statuses_are_coloured_on_a_terminal(store):
    assert "\x1b[32mpassed" in call(show, store=store, FORCE_COLOR="1", COLUMNS="160", TERM="xterm-256color")


def test_all_three_are_offered_to_the_command():
    assert [command.name for command in COMMANDS] == ["runs", "show", "history"]
