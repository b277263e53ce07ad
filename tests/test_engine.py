from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.config.models import Config
from maestro_fabric.engine import RunResult, SuiteSessions, exit_status, needs_unmet, run_case, run_plan
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event, RunFinished, Warned
from maestro_fabric.model import (
    Attempt,
    Backoff,
    Case,
    CaseId,
    CaseResult,
    Fault,
    Mark,
    Outcome,
    Policy,
    Retry,
    RunInfo,
    Skip,
    Status,
    StepResult,
    Xfail,
)
from maestro_fabric.plan import Plan, build_plan, select_cases
from maestro_fabric.ports import Deadline, Emit
from maestro_fabric.testing import (
    FakeAdapter,
    FakeClock,
    FakeServices,
    FakeSuite,
    FixedChance,
    RecordingSink,
    failing,
    make_context,
    passing,
)

BROKEN = Status.ERROR
ONE_SECOND = Backoff(kind="constant", first_s=1.0, max_s=9.0, jitter="none")
RETRY_ONCE = Policy(retry=Retry(times=1, backoff=ONE_SECOND))
RETRY_ALL = Policy(retry=Retry(times=1, on=frozenset({Status.ERROR, Status.FAILED}), backoff=ONE_SECOND))


@dataclass
class Bench:
    """One case on a fake adapter."""

    script: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    sink: RecordingSink = field(default_factory=RecordingSink)
    chance: FixedChance = field(default_factory=FixedChance)
    open_errors: Sequence[BaseException] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.adapter = FakeAdapter(self.script, open_errors=self.open_errors)
        context = make_context(clock=self.clock, secrets=self.secrets)
        self.sessions = SuiteSessions(self.adapter, FakeSuite(name="s"), context)

    def run(self, limit_s: float | None = None, **case: Any) -> CaseResult:
        deadline = Deadline.after(limit_s, self.clock)
        case_ = Case(id=CaseId("p", "s", "c"), **case)
        return run_case(case_, self.sessions, self.sink.receive, clock=self.clock, chance=self.chance, worker="gw1", deadline=deadline)

    @property
    def last(self) -> Outcome:
        return self.sink.of(AttemptFinished)[-1].attempt.outcome


def takes(clock: FakeClock, seconds: float, outcome: Outcome) -> Callable[[Case, Emit, Deadline], Outcome]:
    def run(case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        clock.advance(seconds)
        return outcome

    return run


def test_a_case_that_passes_has_one_attempt_and_three_events() -> None:
    bench = Bench()

    result = bench.run()

    assert (result.status, result.marks, len(result.attempts)) == (Status.PASSED, frozenset(), 1)
    assert bench.sink.kinds == ["AttemptStarted", "AttemptFinished", "CaseFinished"]


def test_an_attempt_is_timed_by_the_clock_and_names_its_worker() -> None:
    clock = FakeClock(now=1000.0)
    bench = Bench({"c": [takes(clock, 2.5, passing())]}, clock=clock)

    attempt = bench.run().attempts[0]

    assert (attempt.number, attempt.started_at, attempt.duration_s, attempt.worker) == (1, 1000.0, 2.5, "gw1")
    assert bench.sink.of(CaseFinished)[0].finished_at == 1002.5


def test_an_adapters_own_measure_is_used_when_it_gives_one() -> None:
    assert Bench({"c": [passing(duration_s=0.25)]}).run().duration_s == 0.25


def test_a_case_to_be_skipped_has_no_attempt_and_opens_no_session() -> None:
    bench = Bench()

    result = bench.run(skip=Skip("not on Mondays"))

    assert (result.status, result.reason, result.attempts) == (Status.SKIPPED, "not on Mondays", ())
    assert bench.sink.kinds == ["CaseFinished"]
    assert bench.adapter.sessions == []


def test_an_exception_of_the_session_is_an_error_with_its_trace_and_a_new_session() -> None:
    bench = Bench({"c": [ConnectionError("the browser is gone")]})

    result = bench.run(policy=RETRY_ONCE)

    first = result.attempts[0].outcome
    assert first.status is Status.ERROR
    assert first.fault is not None
    assert (first.fault.type, first.fault.message) == ("ConnectionError", "the browser is gone")
    assert "Traceback" in first.fault.trace
    assert [session.is_closed for session in bench.adapter.sessions] == [True, False]


def test_an_error_of_our_own_is_a_fault_without_the_engine_s_traceback() -> None:
    bench = Bench({"c": [DeadlineExceeded("test 'c'", 2.0)]})

    fault = bench.run().attempts[0].outcome.fault

    assert fault == Fault(type="DeadlineExceeded", message="test 'c' took longer than 2 s", is_outage=True)


def test_a_session_that_cannot_be_opened_is_an_error() -> None:
    bench = Bench(open_errors=[OSError("no display")])

    assert bench.run().attempts[0].outcome.status is Status.ERROR
    assert bench.run().status is Status.PASSED


def test_a_pass_after_an_error_is_flaky_and_every_attempt_is_told() -> None:
    bench = Bench({"c": [failing("gone", status=BROKEN), passing()]})

    result = bench.run(policy=RETRY_ONCE)

    assert (result.status, result.marks) == (Status.PASSED, {Mark.FLAKY})
    assert [event.is_last for event in bench.sink.of(AttemptFinished)] == [False, True]
    assert [event.number for event in bench.sink.of(AttemptStarted)] == [1, 2]
    assert bench.sink.of(CaseFinished)[0].marks == {Mark.FLAKY}


def test_a_session_that_gave_an_outcome_serves_the_next_attempt_too() -> None:
    bench = Bench({"c": [failing(status=BROKEN), passing()]})

    bench.run(policy=RETRY_ONCE)

    assert len(bench.adapter.sessions) == 1


def test_a_failed_assertion_is_not_tried_again_by_default() -> None:
    assert len(Bench({"c": [failing()]}).run(policy=RETRY_ONCE).attempts) == 1


def test_a_failed_assertion_is_tried_again_when_the_policy_says_so() -> None:
    result = Bench({"c": [failing(), passing()]}).run(policy=RETRY_ALL)

    assert (result.status, result.marks, len(result.attempts)) == (Status.PASSED, {Mark.FLAKY}, 2)


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.SKIPPED])
def test_what_its_session_blocks_or_skips_has_no_attempt_and_is_never_tried_again(status: Status) -> None:
    everything = Policy(retry=Retry(times=3, on=frozenset(Status), backoff=ONE_SECOND))
    bench = Bench({"c": [Outcome(status=status, reason="not here")]})

    result = bench.run(policy=everything)

    assert (result.status, result.reason, result.attempts) == (status, "not here", ())
    assert bench.sink.kinds == ["AttemptStarted", "CaseFinished"]


def test_tries_that_a_session_made_by_itself_are_attempts_too_and_use_up_no_retry() -> None:
    def tries_twice(case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        emit(AttemptFinished(case, Attempt(number=1, outcome=failing("first s3cr3t"), started_at=5.0, duration_s=0.5), is_last=False))
        return failing("second", status=BROKEN)

    bench = Bench({"c": [tries_twice, passing()]}, secrets={"PASSWORD": "s3cr3t"})

    result = bench.run(policy=RETRY_ONCE)

    assert (result.status, result.marks) == (Status.PASSED, {Mark.FLAKY})
    assert [attempt.number for attempt in result.attempts] == [1, 2, 3]
    assert [attempt.outcome.fault and attempt.outcome.fault.message for attempt in result.attempts] == ["first ***", "second", None]
    assert [(event.attempt.number, event.is_last) for event in bench.sink.of(AttemptFinished)] == [(1, False), (2, False), (3, True)]
    assert [event.number for event in bench.sink.of(AttemptStarted)] == [1, 2, 3]


def test_an_outcome_that_rules_out_another_try_gets_none() -> None:
    result = Bench({"c": [failing(status=BROKEN, must_not_retry=True)]}).run(policy=RETRY_ONCE)

    assert (result.status, len(result.attempts)) == (Status.ERROR, 1)


@pytest.mark.parametrize(("kind", "waits"), [("constant", [2, 2, 2]), ("linear", [2, 4, 5]), ("exponential", [2, 4, 5])])
def test_tries_wait_as_the_backoff_says(kind: str, waits: list[float]) -> None:
    bench = Bench({"c": [failing(status=BROKEN)] * 4})
    retry = Retry(times=3, backoff=Backoff(kind=kind, first_s=2, max_s=5, jitter="none"))

    bench.run(policy=Policy(retry=retry))

    assert bench.clock.slept == waits


def test_full_jitter_waits_a_part_of_the_time() -> None:
    bench = Bench({"c": [failing(status=BROKEN)]}, chance=FixedChance(0.25))

    bench.run(policy=Policy(retry=Retry(times=1, backoff=Backoff(kind="constant", first_s=4, max_s=9, jitter="full"))))

    assert bench.clock.slept == [1.0]


def test_a_try_that_does_not_fit_is_not_started_and_the_real_error_is_kept() -> None:
    clock = FakeClock()
    bench = Bench({"c": [takes(clock, 88.8, failing("no such button", status=BROKEN))]}, clock=clock)
    slow = Retry(times=1, backoff=Backoff(kind="constant", first_s=5, max_s=5, jitter="none"))

    result = bench.run(policy=Policy(deadline_s=90, retry=slow))

    assert len(result.attempts) == 1
    assert bench.last.fault is not None
    assert bench.last.fault.message == "no such button\nnot tried again: 1.2s left of 90s"
    assert bench.clock.slept == []
    assert bench.sink.of(AttemptFinished)[0].is_last


def test_an_attempt_gets_the_shorter_of_its_timeout_and_what_is_left() -> None:
    clock = FakeClock()
    seen = []

    def run(case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        seen.append(deadline.left_s)
        clock.advance(20)
        raise DeadlineExceeded("case 'c'", deadline.limit_s)

    bench = Bench({"c": [run, run]}, clock=clock)
    bench.run(policy=Policy(deadline_s=40, attempt_timeout_s=30, retry=Retry(times=1, backoff=ONE_SECOND)))

    assert seen == [30, 19]


def test_the_runs_deadline_is_a_limit_for_every_case() -> None:
    seen = []
    bench = Bench({"c": [lambda case, emit, deadline: seen.append(deadline.left_s) or passing()]})

    bench.run(limit_s=10, policy=Policy(deadline_s=90))

    assert seen == [10]


def test_a_case_whose_time_is_over_before_it_began_is_blocked() -> None:
    bench = Bench()

    result = bench.run(limit_s=0)

    assert (result.status, result.reason, result.attempts) == (Status.BLOCKED, "not started: 0.0s left of 0s", ())


@given(st.lists(st.tuples(st.floats(0, 60), st.sampled_from(Status)), min_size=1, max_size=6), st.floats(1, 100), st.integers(0, 5))
def test_no_attempt_begins_and_no_wait_ends_after_the_deadline(tries: list[tuple[float, Status]], deadline_s: float, times: int) -> None:
    clock = FakeClock()
    bench = Bench({"c": [takes(clock, seconds, Outcome(status=status)) for seconds, status in tries]}, clock=clock)
    everything = Retry(times=times, on=frozenset(Status), backoff=Backoff(kind="exponential", first_s=3, max_s=20))

    result = bench.run(policy=Policy(deadline_s=deadline_s, retry=everything))

    begun = [event.started_at - 1_700_000_000.0 for event in bench.sink.of(AttemptStarted)]
    assert all(at < deadline_s for at in begun)
    assert len(result.attempts) <= times + 1
    last = [True] * bool(result.attempts)
    assert [event.is_last for event in bench.sink.of(AttemptFinished)] == [False] * (len(result.attempts) - 1) + last
    assert bench.sink.kinds[-1] == "CaseFinished"
    assert bench.sink.kinds.count("CaseFinished") == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR])
def test_an_expected_failure_is_skipped_and_marked_and_not_tried_again(status: Status) -> None:
    bench = Bench({"c": [failing("boom", status=status)]})

    result = bench.run(xfail=Xfail("#123"), policy=RETRY_ALL)

    assert (result.status, result.marks, result.reason, len(result.attempts)) == (Status.SKIPPED, {Mark.XFAILED}, "#123", 1)
    assert bench.last.fault is not None
    assert bench.last.fault.message == "boom"


def test_an_unexpected_pass_is_passed_and_marked() -> None:
    result = Bench().run(xfail=Xfail("#123"))

    assert (result.status, result.marks, result.reason) == (Status.PASSED, {Mark.XPASSED}, "#123")


def test_an_unexpected_pass_of_a_strict_case_is_failed() -> None:
    bench = Bench()

    result = bench.run(xfail=Xfail("#123", strict=True))

    assert (result.status, result.reason) == (Status.FAILED, "unexpected pass: #123")
    assert bench.last.fault is not None
    assert bench.last.fault.type == "UnexpectedPass"


def test_an_expected_failure_that_is_skipped_stays_skipped_without_a_mark() -> None:
    result = Bench({"c": [Outcome(status=Status.SKIPPED, reason="no camera")]}).run(xfail=Xfail("#123"))

    assert (result.status, result.marks, result.reason) == (Status.SKIPPED, frozenset(), "no camera")


def test_an_interrupt_closes_the_session_and_goes_on() -> None:
    bench = Bench({"c": [KeyboardInterrupt()]})

    with pytest.raises(KeyboardInterrupt):
        bench.run()

    assert bench.adapter.sessions[0].is_closed
    assert bench.sink.kinds == ["AttemptStarted"]


def test_secrets_are_redacted_in_every_text_of_an_outcome() -> None:
    step = StepResult(number=1, title="fill hunter2", status=Status.FAILED, duration_s=0.1, message="hunter2?")
    outcome = failing("saw hunter2", reason="hunter2", steps=(step,), output="log: hunter2", metadata={"password": "hunter2"})
    bench = Bench({"c": [replace(outcome, fault=replace(outcome.fault, trace="hunter2"))]}, secrets={"PASSWORD": "hunter2"})

    result = bench.run()

    assert "hunter2" not in repr((result, bench.sink.events))
    assert "***" in repr(bench.last)


def test_what_closing_a_session_raises_is_given_back() -> None:
    class Stuck:
        def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
            return passing()

        def close(self) -> None:
            raise OSError("it does not answer")

    bench = Bench()
    bench.adapter.open = lambda suite, context: Stuck()
    bench.sessions.get()

    fault = bench.sessions.close()

    assert fault is not None
    assert fault.message == "it does not answer"
    assert bench.sessions.close() is None


def test_a_session_that_must_know_its_cases_is_told_those_that_are_left() -> None:
    class Selective:
        def __init__(self) -> None:
            self.selected: list[str] = []

        def select(self, cases: Sequence[Case]) -> None:
            self.selected = [case.id.name for case in cases]

        def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
            if case.id.name == "b":
                raise OSError("crashed")
            return passing()

        def close(self) -> None:
            pass

    opened: list[Selective] = []
    bench = Bench()
    bench.adapter.open = lambda suite, context: opened.append(Selective()) or opened[-1]
    cases = [Case(id=CaseId("p", "s", name)) for name in "abc"]
    sessions = SuiteSessions(bench.adapter, FakeSuite(name="s"), make_context(), cases)
    for case in cases:
        run_case(case, sessions, bench.sink.receive, clock=bench.clock, chance=bench.chance, deadline=Deadline.after(None, bench.clock))

    assert [session.selected for session in opened] == [["a", "b", "c"], ["c"]]


# A plan run from the first suite to the last.


@dataclass
class Shop:
    """A config of fake suites, run."""

    suites: list[dict[str, Any]]
    script: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    services: FakeServices = field(default_factory=FakeServices)
    select: Callable[[Case], bool] = lambda case: True
    policy: Policy = field(default_factory=Policy)
    maxfail: int = 0

    def __post_init__(self) -> None:
        self.sink = RecordingSink()
        self.clock = FakeClock()
        self.adapter = FakeAdapter(self.script)
        suites = [FakeSuite(**suite) for suite in self.suites]
        config = Config(version=1, project="shop", suites=suites)
        self.context = make_context(config, clock=self.clock)
        discovered = {
            suite.name: [replace(case, policy=self.policy) for case in self.adapter.discover(suite, self.context)] for suite in suites
        }
        self.plan: Plan = select_cases(build_plan(config, discovered), self.select)

    def run(self, emit: Emit | None = None) -> RunResult:
        return run_plan(
            self.plan,
            run=RunInfo(run_id="r1", started_at=self.clock.now()),
            sessions_for=lambda suite: SuiteSessions(self.adapter, suite.config, self.context, suite.cases),
            services=self.services,
            emit=emit or self.sink.receive,
            clock=self.clock,
            chance=FixedChance(),
            maxfail=self.maxfail,
        )

    def statuses(self, result: RunResult) -> dict[str, str]:
        return {str(case.case.id): str(case.status) for case in result.cases}


def test_a_run_that_is_fine_begins_and_ends_and_exits_with_0() -> None:
    shop = Shop([{"name": "a", "cases": ["x", "y"]}])

    result = shop.run()

    assert (result.status, result.exit_status, result.run_id) == ("passed", 0, "r1")
    assert shop.sink.kinds[0] == "RunStarted"
    assert shop.sink.events[-1] == RunFinished("r1", "passed", shop.clock.now())
    assert [session.is_closed for session in shop.adapter.sessions] == [True]
    assert shop.services.is_stopped


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR, Status.BLOCKED])
def test_a_bad_case_makes_the_exit_status_1(status: Status) -> None:
    result = Shop([{"name": "a", "cases": ["x", "y"]}], {"x": [Outcome(status=status)]}).run()

    assert (result.status, result.exit_status) == ("failed", 1)


def test_a_quarantined_failure_does_not_fail_the_run() -> None:
    result = Shop([{"name": "a", "cases": ["x"]}], {"x": [failing(marks=frozenset({Mark.QUARANTINED}))]}).run()

    assert (result.status, result.exit_status) == ("passed", 0)


def test_a_run_without_cases_exits_with_5() -> None:
    assert Shop([{"name": "a"}]).run().exit_status == 5


def test_suites_whose_need_did_not_pass_are_blocked_all_the_way() -> None:
    shop = Shop(
        [
            {"name": "a", "cases": ["x", "y", "z"]},
            {"name": "b", "cases": ["u"], "needs": ["a"]},
            {"name": "c", "cases": ["v"], "needs": ["b"]},
        ],
        {"x": [failing()], "z": [failing()]},
    )

    result = shop.run()

    assert [case.reason for case in result.cases if case.status is Status.BLOCKED] == [
        "needs a, which did not pass (2 failed)",
        "needs b, which did not pass (1 blocked)",
    ]
    assert shop.adapter.sessions[0].ran == ["x", "y", "z"]
    assert len(shop.adapter.sessions) == 1


def test_an_independent_suite_runs_whatever_became_of_others() -> None:
    shop = Shop([{"name": "a", "cases": ["x"]}, {"name": "b", "cases": ["y"]}], {"x": [failing()]})

    assert shop.statuses(shop.run()) == {"a::x": "failed", "b::y": "passed"}


def test_left_out_cases_of_a_need_count_as_passed_with_a_warning() -> None:
    shop = Shop([{"name": "a", "cases": ["x"]}, {"name": "b", "cases": ["y"], "needs": ["a"]}], select=lambda case: case.id.suite == "b")

    result = shop.run()

    assert shop.statuses(result) == {"b::y": "passed"}
    assert [event.message for event in shop.sink.of(Warned)] == [
        "b needs a, of which the selection leaves out 1 case, which counts as passed"
    ]


def test_the_reason_names_every_need_that_did_not_pass() -> None:
    suite = Shop([{"name": "a"}, {"name": "b"}, {"name": "c", "needs": ["a", "b"], "cases": ["x"]}]).plan.suites[2]
    fine: frozenset[Mark] = frozenset()

    reason = needs_unmet(
        suite,
        {
            "a": [(Status.FAILED, fine), (Status.ERROR, fine), (Status.PASSED, fine)],
            "b": [(Status.ERROR, fine), (Status.FAILED, frozenset({Mark.QUARANTINED}))],
        },
    )

    assert reason == "needs a, which did not pass (1 failed, 1 error) and b, which did not pass (1 error)"


def test_a_need_passes_with_skipped_and_quarantined_cases() -> None:
    suite = Shop([{"name": "a"}, {"name": "b", "needs": ["a"], "cases": ["x"]}]).plan.suites[1]

    assert needs_unmet(suite, {"a": [(Status.SKIPPED, frozenset()), (Status.FAILED, frozenset({Mark.QUARANTINED}))]}) == ""


def test_services_are_started_before_the_first_suite_that_needs_them() -> None:
    shop = Shop([{"name": "a", "cases": ["x"]}, {"name": "b", "cases": ["y"], "services": ["db", "web"]}])

    shop.run()

    assert shop.services.started == ["db", "web"]


def test_a_service_that_fails_blocks_only_the_cases_that_need_it_and_is_named_once() -> None:
    shop = Shop(
        [{"name": "a", "cases": ["x"], "services": ["db"]}, {"name": "b", "cases": ["y"], "services": ["web"]}],
        services=FakeServices({"db": "the service 'db' was not ready within 20s\nlast lines: …"}),
    )

    result = shop.run()

    assert shop.statuses(result) == {"a::x": "blocked", "b::y": "passed"}
    assert result.cases[0].reason == "the service 'db' was not ready within 20s"


def test_a_reason_that_does_not_name_the_service_gets_its_name() -> None:
    shop = Shop([{"name": "a", "cases": ["x"], "services": ["db"]}], services=FakeServices({"db": "the port is taken"}))

    assert shop.run().cases[0].reason == "the service 'db' did not start: the port is taken"


def test_a_service_that_dies_in_mid_run_blocks_what_comes_after() -> None:
    shop = Shop([{"name": "a", "cases": ["x", "y"], "services": ["db"]}])

    def emit(event: Event) -> None:
        shop.sink.receive(event)
        if isinstance(event, CaseFinished):
            shop.services.dead.add("db")

    result = shop.run(emit)

    assert shop.statuses(result) == {"a::x": "passed", "a::y": "blocked"}
    assert "'db' ended during the run" in result.cases[1].reason


def test_a_run_stops_after_so_many_failures_and_blocked_cases_do_not_count() -> None:
    shop = Shop(
        [{"name": "a", "cases": ["x", "y"]}, {"name": "b", "cases": ["u", "v"], "needs": ["a"]}, {"name": "c", "cases": ["w", "z"]}],
        {"x": [failing()], "w": [failing()]},
        maxfail=2,
    )

    assert shop.statuses(shop.run()) == {"a::x": "failed", "a::y": "passed", "b::u": "blocked", "b::v": "blocked", "c::w": "failed"}


def test_an_interrupt_ends_the_run_in_good_order() -> None:
    shop = Shop([{"name": "a", "cases": ["x", "y", "z"]}], {"y": [KeyboardInterrupt()]})

    result = shop.run()

    assert (result.status, result.exit_status) == ("interrupted", 2)
    assert shop.statuses(result) == {"a::x": "passed"}
    assert shop.adapter.sessions[0].is_closed
    assert shop.services.is_stopped
    assert shop.sink.events[-1] == RunFinished("r1", "interrupted", shop.clock.now())


def test_a_session_that_cannot_be_closed_is_a_warning() -> None:
    shop = Shop([{"name": "a", "cases": ["x"]}])

    def stuck() -> None:
        raise OSError("it does not answer")

    original = shop.adapter.open

    def opening(suite: Any, context: Any) -> Any:
        session = original(suite, context)
        return type("Stuck", (), {"run": session.run, "close": staticmethod(stuck)})()

    shop.adapter.open = opening

    assert shop.run().exit_status == 0
    assert [event.message for event in shop.sink.of(Warned)] == ["the session of a could not be closed: OSError: it does not answer"]


@given(st.lists(st.tuples(st.sampled_from(Status), st.frozensets(st.sampled_from(Mark)))))
def test_the_exit_status_follows_from_the_verdicts(verdicts: list[tuple[Status, frozenset[Mark]]]) -> None:
    bad = [status for status, marks in verdicts if status in ("failed", "error", "blocked") and Mark.QUARANTINED not in marks]

    assert exit_status(verdicts) == (5 if not verdicts else 1 if bad else 0)
