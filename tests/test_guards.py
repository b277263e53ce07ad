"""Circuit breakers and bulkheads between the engine's cases and what they depend on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.engine import Guards, SuiteSessions, run_case
from maestro_fabric.errors import SessionLost, StoreError, TransportError
from maestro_fabric.events import AttemptFinished, BreakerChanged, FallbackUsed, RunFinished, RunStarted, Warned
from maestro_fabric.model import (
    Backoff,
    Breaker,
    Bulkhead,
    Case,
    CaseId,
    CaseResult,
    Fault,
    Mark,
    Outcome,
    Policy,
    Retry,
    RunInfo,
    Status,
    StepResult,
)
from maestro_fabric.outages import is_about, is_outage, with_outage
from maestro_fabric.ports import Deadline
from maestro_fabric.resilience.books import Book
from maestro_fabric.resilience.ledger import Ledger, Rules
from maestro_fabric.resilience.places import LocalPlaces, Places
from maestro_fabric.testing import FakeAdapter, FakeClock, FakeSuite, FixedChance, RecordingSink, failing, make_context, passing

DOWN = TransportError("connection to http://shop.test:80/ refused")
WEB = Policy(breakers=(Breaker(dependency="shop", failures=2, open_for_s=10.0),))
AGAIN = Retry(times=1, backoff=Backoff(kind="constant", first_s=1.0, jitter="none"))
SHUT = "shop is down: its circuit breaker is open"


class OneBook:
    """A book for the tests of one process, by the wall clock as the shared ones."""

    def __init__(self, rules: Rules) -> None:
        import threading

        self.ledger, self.lock = Ledger(rules), threading.Lock()

    def read(self) -> Ledger:
        return self.ledger


@dataclass
class FakeDependencies:
    """A shop that is asked whether it is back."""

    problem: str = ""
    probed: list[str] = field(default_factory=list)
    broken: StoreError | None = None
    room: LocalPlaces = field(default_factory=lambda: LocalPlaces(1, 10))
    is_closed: bool = False

    @property
    def breakers(self) -> FakeDependencies:
        return self

    def open_book(self, name: str, rules: Rules) -> Book:
        if self.broken:
            raise self.broken
        return OneBook(rules)

    def places(self, wanted: Bulkhead) -> Places:
        return self.room

    def probe(self, dependency: str) -> str:
        self.probed.append(dependency)
        return self.problem

    def address(self, dependency: str) -> str:
        return "http://shop.test"

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Bench:
    """Cases on a fake adapter, all behind the same guards."""

    dependencies: FakeDependencies = field(default_factory=FakeDependencies)
    clock: FakeClock = field(default_factory=FakeClock)
    sink: RecordingSink = field(default_factory=RecordingSink)

    def __post_init__(self) -> None:
        self.guards = Guards(self.dependencies, self.clock, "w1")

    def run(self, name: str, *script: Any, policy: Policy = WEB, **case: Any) -> CaseResult:
        sessions = SuiteSessions(FakeAdapter({name: list(script)}), FakeSuite(name="s"), make_context(clock=self.clock))
        whole = Case(id=CaseId("p", "s", name), policy=policy, **case)
        never = Deadline.after(None, self.clock)
        emit = self.sink.receive
        return run_case(whole, sessions, emit, clock=self.clock, chance=FixedChance(), deadline=never, guards=self.guards)

    def changes(self) -> Sequence[tuple[str, str]]:
        return [(change.before, change.after) for change in self.sink.of(BreakerChanged)]


def test_a_dependency_that_dies_gives_a_few_errors_and_blocks_the_rest_at_once() -> None:
    bench = Bench()

    statuses = [bench.run(name, DOWN).status for name in "abcde"]

    assert statuses == [Status.ERROR, Status.ERROR, Status.BLOCKED, Status.BLOCKED, Status.BLOCKED]
    assert bench.run("f", passing()).reason == SHUT
    (change,) = bench.sink.of(BreakerChanged)
    assert (change.dependency, change.after, change.worker) == ("shop", "open", "w1")
    assert change.reason == "2 failures, the last in s::b: connection to http://shop.test:80/ refused"


def test_one_bad_case_never_opens_a_breaker_alone() -> None:
    bench = Bench()

    bench.run("a", *[DOWN] * 6, policy=Policy(breakers=WEB.breakers, retry=Retry(times=5, backoff=AGAIN.backoff)))

    assert bench.run("b", passing()).status is Status.PASSED
    assert bench.changes() == []


def test_failed_assertions_and_faults_of_others_are_no_evidence() -> None:
    bench = Bench()

    for name, outcome in {
        "a": failing("no", status=Status.FAILED),
        "b": RuntimeError("a bug in the test"),
        "c": SessionLost("the browser has gone"),
        "d": TransportError("connection to http://mail.test/ refused"),
    }.items():
        bench.run(name, outcome)

    assert bench.run("e", passing()).status is Status.PASSED
    assert bench.changes() == []


def test_a_probe_by_the_readiness_check_lets_the_cases_go_on() -> None:
    bench = Bench()
    bench.run("a", DOWN)
    bench.run("b", DOWN)
    bench.clock.advance(10)

    assert bench.run("c", passing()).status is Status.PASSED
    assert bench.dependencies.probed == ["shop"]
    assert bench.changes() == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]


def test_a_probe_that_fails_blocks_for_another_while_and_says_what_it_saw() -> None:
    bench = Bench(FakeDependencies(problem="GET /health answered 503"))
    bench.run("a", DOWN)
    bench.run("b", DOWN)
    bench.clock.advance(10)

    assert [bench.run(name, passing()).status for name in "cd"] == [Status.BLOCKED, Status.BLOCKED]
    assert bench.dependencies.probed == ["shop"]
    assert bench.sink.of(BreakerChanged)[-1].reason == "a probe failed, GET /health answered 503"


def test_an_open_breaker_is_not_retried_and_the_real_error_stays() -> None:
    bench = Bench()
    policy = Policy(breakers=WEB.breakers, retry=AGAIN)
    bench.run("a", DOWN, policy=Policy(breakers=WEB.breakers))

    result = bench.run("b", DOWN, DOWN, policy=policy)

    assert (result.status, len(result.attempts), bench.clock.slept) == (Status.ERROR, 1, [])
    fault = result.attempts[-1].outcome.fault
    assert fault is not None
    assert fault.message == f"connection to http://shop.test:80/ refused\nnot tried again: {SHUT}"


def test_a_breaker_that_opens_while_a_case_waits_ends_its_tries() -> None:
    bench = Bench()
    policy = Policy(breakers=WEB.breakers, retry=AGAIN)
    bench.run("a", DOWN)
    sleep = bench.clock.sleep

    def others_fail(seconds: float) -> None:
        sleep(seconds)
        bench.guards._breakers["shop"].open("another worker saw it die")

    bench.clock.sleep = others_fail  # type: ignore[method-assign]
    result = bench.run("b", RuntimeError("a bug"), passing(), policy=policy)

    assert (result.status, result.reason) == (Status.ERROR, f"not tried again: {SHUT}")


def test_an_attempt_waits_for_a_place_and_is_blocked_without_one() -> None:
    bench = Bench()
    taken = bench.dependencies.room.take()
    narrow = Policy(bulkheads=(Bulkhead(dependency="staging", limit=1, wait_s=0.01),))

    blocked = bench.run("a", passing(), policy=narrow)
    bench.dependencies.room.leave(taken)

    assert blocked.status is Status.BLOCKED
    assert "no place at staging within" in blocked.reason
    assert bench.run("b", passing(), policy=narrow).status is Status.PASSED
    assert bench.dependencies.room.inside == 0


def test_a_store_that_cannot_be_shared_is_warned_of_once_and_the_cases_run() -> None:
    bench = Bench(FakeDependencies(broken=StoreError("no locks here")))

    assert [bench.run(name, passing()).status for name in "ab"] == [Status.PASSED, Status.PASSED]
    assert [warning.message for warning in bench.sink.of(Warned)] == [
        "circuit breakers and bulkheads do not hold in this run: no locks here"
    ]


def test_what_a_plugin_calls_blocked_blocks_the_case_and_is_evidence() -> None:
    bench = Bench()
    for name in "ab":
        bench.run(name, Outcome(status=Status.BLOCKED, fault=Fault(type="Maintenance", message="back at nine")))

    assert bench.changes() == [("closed", "open")]


def test_a_fallback_that_passes_makes_the_case_degraded() -> None:
    bench = Bench()
    spare = Case(id=CaseId("p", "s", "a"), body="spare")

    result = bench.run("a", DOWN, passing(), policy=Policy(fallback="from cache"), spare=spare)

    assert (result.status, result.marks, len(result.attempts)) == (Status.PASSED, frozenset({Mark.DEGRADED}), 2)
    assert [event.name for event in bench.sink.of(FallbackUsed)] == ["from cache"]
    assert [event.is_last for event in bench.sink.of(AttemptFinished)] == [False, True]


@pytest.mark.parametrize(
    "outcome", [failing("no", status=Status.FAILED), failing("lost", must_not_retry=True)], ids=["assertion", "healer"]
)
def test_a_fallback_hides_no_failed_assertion_and_no_answer_of_the_healer(outcome: Outcome) -> None:
    result = Bench().run("a", outcome, passing(), policy=Policy(fallback="x"), spare=Case(id=CaseId("p", "s", "a")))

    assert (result.status, len(result.attempts)) == (outcome.status, 1)


def test_a_fallback_that_fails_leaves_the_real_error() -> None:
    bench = Bench()
    result = bench.run("a", DOWN, failing("no spare"), policy=Policy(fallback="x"), spare=Case(id=CaseId("p", "s", "a")))

    assert (result.status, result.marks) == (Status.ERROR, frozenset())
    assert result.attempts[0].outcome.fault == Fault(type="TransportError", message=str(DOWN), is_outage=True)
    said = f"{DOWN}\nits fallback 'x' did not pass either: no spare"
    assert result.attempts[1].outcome.fault == Fault(type="TransportError", message=said, is_outage=True)


def test_a_blocked_case_stays_blocked_when_its_fallback_fails() -> None:
    bench = Bench()
    bench.run("a", DOWN)
    bench.run("b", DOWN)

    result = bench.run("c", failing("no spare"), policy=replace(WEB, fallback="x"), spare=Case(id=CaseId("p", "s", "c")))

    assert (result.status, result.reason) == (Status.BLOCKED, SHUT)
    assert [attempt.outcome.status for attempt in result.attempts] == [Status.BLOCKED]


@pytest.mark.parametrize(("label", "mark"), [("2", Mark.FLAKY), ("2 fallback 1", Mark.DEGRADED)])
def test_a_case_that_passed_after_a_step_did_not_is_never_plainly_green(label: str, mark: Mark) -> None:
    steps = (
        StepResult(number=1, title="open /", status=Status.ERROR, duration_s=0.1, label="2"),
        StepResult(number=2, title="open /", status=Status.PASSED, duration_s=0.1, label=label),
    )

    assert Bench().run("a", passing(steps=steps)).marks == {mark}


class Answer(Exception):
    """As HTTP clients raise it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.response = type("Response", (), {"status_code": status})()


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("raised", "is_one"),
    [
        (ConnectionRefusedError("no"), True),
        (TimeoutError("slow"), True),
        (TransportError("no"), True),
        (TransportError("the page crashed"), False),
        (SessionLost("browser"), False),
        (Answer(503), True),
        (Answer(404), False),
        (chained(RuntimeError("no list"), ConnectionResetError("gone")), True),
        (chained(AssertionError("no list"), ConnectionResetError("gone")), False),
        (ExceptionGroup("two", [ValueError("a"), ConnectionResetError("b")]), True),
        (ValueError("a bug"), False),
    ],
    ids=str,
)
def test_what_speaks_of_an_outage(raised: Exception, is_one: bool) -> None:
    assert is_outage(raised) is is_one


@pytest.mark.parametrize(
    ("fault", "is_one"),
    [
        (Fault(type="Error", message="connect ECONNREFUSED 127.0.0.1:80"), True),
        (Fault(type="TransportError", message="no answer"), True),
        (Fault(type="TransportError", message="x (the page crashed)"), False),
        (Fault(type="Error", message="expected 1 to be 2"), False),
    ],
)
def test_what_another_program_says_is_read_from_its_text(fault: Fault, is_one: bool) -> None:
    assert with_outage(fault).is_outage is is_one


@pytest.mark.parametrize(
    ("message", "address", "is_so"),
    [
        ("GET http://127.0.0.1:8000/x failed", "http://localhost:8000", True),
        ("GET http://127.0.0.1:8001/x failed", "http://localhost:8000", False),
        ("GET https://staging.example.org/x", "staging.example.org", True),
        ("GET https://mail.example.org/x", "staging.example.org", False),
        ("HTTPConnectionPool(host='shop', port=80)", "http://shop", True),
        ("no address at all", "http://shop", True),
        ("GET http://mail.test/x", "", True),
        ("GET http://[::1]:80/x", "http://localhost", True),
    ],
)
def test_a_fault_that_names_another_address_is_not_about_the_dependency(message: str, address: str, is_so: bool) -> None:
    assert is_about(Fault(type="E", message=message), address) is is_so


def test_guards_let_go_of_what_they_share() -> None:
    bench = Bench()

    bench.guards.close()

    assert bench.dependencies.is_closed


def test_the_history_keeps_what_breakers_did_with_the_run(tmp_path: Path) -> None:
    clock = FakeClock(now=100.0)
    store = StoreWriter(tmp_path / "history.db", clock=clock, is_ticking=False)
    store.receive(RunStarted(RunInfo(run_id="01a1fd81-1156-7f8f-8318-38de1c1ed44d", started_at=100.0, facts={"host": "here"})))
    for before, after in (("closed", "open"), ("open", "half_open")):
        store.receive(BreakerChanged("shop", before, after, "3 failures", 101.0, "gw1"))
    store.receive(RunFinished("01a1fd81-1156-7f8f-8318-38de1c1ed44d", "failed", 102.0))
    store.close()

    with open_history(tmp_path / "history.db") as history:
        (run,) = history.runs(1)

    assert run.facts["host"] == "here"
    told = json.loads(run.facts["breakers"])
    assert [(change["dependency"], change["after"], change["reason"]) for change in told] == [
        ("shop", "open", "3 failures"),
        ("shop", "half_open", "3 failures"),
    ]
