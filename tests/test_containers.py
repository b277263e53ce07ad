"""Containers in the engine: a file whose cases are known only while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from maestro_fabric.config.models import Config
from maestro_fabric.engine import RunResult, SuiteSessions, run_case, run_plan
from maestro_fabric.errors import SessionLost
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Warned
from maestro_fabric.model import Backoff, Case, CaseId, CaseResult, Mark, Policy, Retry, RunInfo, Skip, Status
from maestro_fabric.plan import build_plan
from maestro_fabric.ports import Deadline, Emit
from maestro_fabric.testing import (
    FakeAdapter,
    FakeClock,
    FakeServices,
    FakeSuite,
    FixedChance,
    RecordingSink,
    failing,
    holding,
    make_context,
    passing,
)

BOTH = frozenset({Status.ERROR, Status.FAILED})
RETRY = Policy(retry=Retry(times=1, on=BOTH, backoff=Backoff(kind="constant", first_s=1.0, jitter="none")))


class Bench:
    """A container with a script."""

    def __init__(self, *tries: Any, policy: Policy = Policy(), secrets: Mapping[str, str] = {}) -> None:  # noqa: B008 - frozen
        self.clock = FakeClock()
        self.sink = RecordingSink()
        self.adapter = FakeAdapter({"a.js": list(tries)})
        sessions = SuiteSessions(self.adapter, FakeSuite(name="s"), make_context(clock=self.clock, secrets=secrets))
        case = Case(id=CaseId("p", "s", "a.js"), container=True, policy=policy)
        never = Deadline.after(None, self.clock)
        self.result: CaseResult = run_case(
            case, sessions, self.sink.receive, clock=self.clock, chance=FixedChance(), worker="gw1", deadline=never
        )

    @property
    def inner(self) -> dict[str, str]:
        """What the cases inside came to, by name: the status, then the marks."""
        return {
            result.case.id.name.removeprefix("a.js > "): " ".join([result.status, *sorted(result.marks)]) for result in self.result.inner
        }

    def told(self, kind: type) -> list[tuple[str, Any]]:
        return [(event.case.id.name, event) for event in self.sink.events if isinstance(event, kind)]


def test_the_cases_inside_are_told_while_it_runs_and_the_container_ends_last() -> None:
    bench = Bench(holding({"adds": passing(), "subtracts": failing("3 != 2"), "divides": Skip("todo")}))

    assert bench.inner == {"adds": "passed", "subtracts": "failed", "divides": "skipped"}
    assert bench.result.status is Status.PASSED
    assert bench.sink.kinds == [
        "AttemptStarted",
        *["AttemptStarted", "AttemptFinished", "CaseFinished"] * 2,
        "CaseFinished",
        "CaseFinished",
    ]
    assert [name for name, _ in bench.told(CaseFinished)] == ["a.js > adds", "a.js > subtracts", "a.js > divides", "a.js"]
    assert not bench.told(CaseFinished)[-1][1].is_counted
    assert {event.case.inside for name, event in bench.told(CaseFinished) if name != "a.js"} == {"a.js"}


def test_only_the_cases_inside_a_container_without_trouble_are_counted() -> None:
    fine = Bench(holding({"adds": passing()})).result
    broken = Bench(holding({"adds": passing()}, then=failing("syntax", status=Status.ERROR))).result

    assert [result.case.id.name for result in fine.counted] == ["a.js > adds"]
    assert [result.case.id.name for result in broken.counted] == ["a.js", "a.js > adds"]


def test_an_attempt_inside_is_redacted_and_says_its_worker() -> None:
    bench = Bench(holding({"adds": failing("hunter2 is wrong"), "later": Skip("until hunter2")}), secrets={"p": "hunter2"})

    adds, later = bench.result.inner
    assert adds.attempts[0].outcome.fault is not None
    assert adds.attempts[0].outcome.fault.message == "*** is wrong"
    assert adds.attempts[0].worker == "gw1"
    assert later.reason == "until ***"


def test_tries_that_the_framework_made_by_itself_are_attempts_and_make_it_flaky() -> None:
    bench = Bench(holding({"adds": [failing(), failing(), passing()]}))

    assert bench.inner == {"adds": "passed flaky"}
    told = [(event.attempt.number, event.is_last) for _, event in bench.told(AttemptFinished)]
    assert told == [(1, False), (2, False), (3, True)]


def test_a_container_is_tried_again_when_a_case_inside_asks_for_it_and_all_attempts_are_kept() -> None:
    bench = Bench(holding({"adds": passing(), "subtracts": failing()}), holding({"adds": passing(), "subtracts": passing()}), policy=RETRY)

    assert bench.inner == {"adds": "passed", "subtracts": "passed flaky"}
    assert [len(result.attempts) for result in bench.result.inner] == [2, 2]
    told = [(name, event.attempt.number, event.is_last) for name, event in bench.told(AttemptFinished)]
    assert told == [("a.js > adds", 1, False), ("a.js > subtracts", 1, False), ("a.js > adds", 2, True), ("a.js > subtracts", 2, True)]
    assert [name for name, _ in bench.told(CaseFinished)] == ["a.js > adds", "a.js > subtracts", "a.js"]
    assert bench.clock.slept == [1.0]


def test_the_last_words_that_were_held_back_come_when_no_further_try_follows() -> None:
    bench = Bench(holding({"adds": passing(), "later": Skip("todo")}), policy=RETRY)

    assert bench.adapter.sessions[0].ran == ["a.js"]
    assert [name for name, _ in bench.told(CaseFinished)] == ["a.js > adds", "a.js > later", "a.js"]
    assert bench.inner == {"adds": "passed", "later": "skipped"}


def test_a_container_that_broke_and_was_tried_again_is_flaky_itself() -> None:
    bench = Bench(holding({"adds": passing()}, then=SessionLost("node died")), holding({"adds": passing()}), policy=RETRY)

    assert bench.result.marks == {Mark.FLAKY}
    own = [(event.attempt.number, event.attempt.outcome.status) for name, event in bench.told(AttemptFinished) if name == "a.js"]
    assert own == [(1, Status.ERROR), (2, Status.PASSED)]
    assert bench.told(CaseFinished)[-1][1].is_counted


def test_an_own_try_without_trouble_is_told_once_another_had_some() -> None:
    bench = Bench(holding({"adds": failing()}), holding({}, then=failing("syntax", status=Status.ERROR)), policy=RETRY)

    own = [(event.attempt.number, event.attempt.outcome.status) for name, event in bench.told(AttemptFinished) if name == "a.js"]
    assert own == [(1, Status.PASSED), (2, Status.ERROR)]
    assert bench.inner == {"adds": "failed"}


def test_a_case_that_ran_when_its_container_died_could_not_be_judged_and_says_why() -> None:
    def dies(case: Case, emit: Emit, deadline: Deadline) -> Any:
        holding({"adds": passing()})(case, emit, deadline)
        emit(AttemptStarted(Case(id=CaseId("p", "s", "a.js > hangs")), 1, deadline.clock.now()))
        raise SessionLost("node died\nat line 3")

    bench = Bench(dies)

    assert bench.inner == {"adds": "passed", "hangs": "error"}
    fault = bench.result.inner[1].attempts[0].outcome.fault
    assert fault is not None
    assert (fault.type, fault.message) == ("SessionLost", "a.js ended while this ran: node died")
    assert bench.result.status is Status.ERROR


def test_a_second_case_of_one_name_is_another_case_and_no_attempt() -> None:
    def doubles(case: Case, emit: Emit, deadline: Deadline) -> Any:
        holding({"adds": passing()})(case, emit, deadline)
        return holding({"adds": failing()})(case, emit, deadline)

    bench = Bench(doubles, doubles, policy=RETRY)

    assert bench.inner == {"adds": "passed", "adds (2)": "failed"}
    assert [len(result.attempts) for result in bench.result.inner] == [2, 2]


def test_a_session_may_say_the_end_of_a_tried_case_without_changing_it() -> None:
    def chatty(case: Case, emit: Emit, deadline: Deadline) -> Any:
        outcome = holding({"adds": failing()})(case, emit, deadline)
        emit(CaseFinished(Case(id=CaseId("p", "s", "a.js > adds")), Status.PASSED, frozenset(), 0.0, 0.0))
        emit(Warned("slow"))
        return outcome

    bench = Bench(chatty)

    assert bench.inner == {"adds": "failed"}
    assert bench.sink.of(Warned) == [Warned("slow")]


def test_a_case_that_was_blocked_or_not_told_to_its_end_has_a_result() -> None:
    def odd(case: Case, emit: Emit, deadline: Deadline) -> Any:
        holding({"waits": failing("no grid", status=Status.BLOCKED)})(case, emit, deadline)
        return holding({"adds": [failing()], "last": [failing(), passing()]})(case, lambda event: emit(unended(event)), deadline)

    def unended(event: Any) -> Any:
        return AttemptFinished(event.case, event.attempt, is_last=False) if isinstance(event, AttemptFinished) else event

    bench = Bench(odd)

    assert bench.inner == {"waits": "blocked", "adds": "failed", "last": "passed flaky"}


def test_a_further_try_that_does_not_fit_is_said_of_a_container_too() -> None:
    policy = Policy(deadline_s=0.5, retry=RETRY.retry)

    bench = Bench(holding({"adds": failing()}), policy=policy)

    assert bench.sink.of(Warned) == [Warned("s::a.js: not tried again: 0.5s left of 0.5s")]
    assert bench.inner == {"adds": "failed"}


@pytest.mark.parametrize("own", [Status.BLOCKED, Status.SKIPPED])
def test_a_blocked_or_skipped_container_is_a_result_of_its_own(own: Status) -> None:
    from dataclasses import replace

    bench = Bench(replace(failing(status=own), reason="npm install"))

    assert [(result.status, result.reason) for result in bench.result.counted] == [(own, "npm install")]


def run(script: Mapping[str, Sequence[Any]], suites: list[dict[str, Any]], maxfail: int = 0) -> tuple[RunResult, RecordingSink]:
    clock, sink, adapter = FakeClock(), RecordingSink(), FakeAdapter(script)
    config = Config(version=1, project="p", suites=[FakeSuite(**suite) for suite in suites])
    context = make_context(config, clock=clock)
    plan = build_plan(config, {suite.name: adapter.discover(suite, context) for suite in config.suites})
    result = run_plan(
        plan,
        run=RunInfo(run_id="r", started_at=0.0),
        sessions_for=lambda suite: SuiteSessions(adapter, suite.config, context, suite.cases),
        services=FakeServices(),
        emit=sink.receive,
        clock=clock,
        chance=FixedChance(),
        maxfail=maxfail,
    )
    return result, sink


def test_exit_status_needs_and_counts_look_inside() -> None:
    suites = [{"name": "web", "containers": ["a.js"]}, {"name": "after", "needs": ["web"], "cases": ["z"]}]

    result, _ = run({"a.js": [holding({"adds": passing(), "subtracts": failing()})]}, suites)

    assert result.exit_status == 1
    assert [(case.case.id.name, case.status) for case in result.cases] == [
        ("a.js > adds", Status.PASSED),
        ("a.js > subtracts", Status.FAILED),
        ("z", Status.BLOCKED),
    ]
    assert "needs web, which did not pass (1 failed)" in result.cases[-1].reason


def test_maxfail_counts_cases_inside_and_stops_after_their_container() -> None:
    script = {"a.js": [holding({"adds": failing(), "subtracts": failing(), "divides": passing()})]}

    result, sink = run(script, [{"name": "web", "containers": ["a.js", "b.js"]}], maxfail=1)

    assert len(result.cases) == 3
    assert all(event.case.id.name != "b.js" for event in sink.of(CaseFinished))


def test_a_run_of_containers_without_trouble_passes() -> None:
    result, _ = run({"a.js": [holding({"adds": passing()})]}, [{"name": "web", "containers": ["a.js"]}])

    assert (result.exit_status, len(result.cases)) == (0, 1)
