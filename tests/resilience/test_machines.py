"""Breaker, bulkhead and budget under any sequence of calls, each beside a model that says what may be."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from maestro_fabric.resilience import CircuitBreaker, CircuitBreakerOpenError, RetryBudget, State
from maestro_fabric.resilience.events import BreakerChanged
from maestro_fabric.resilience.ledger import Ledger, Rules
from maestro_fabric.resilience.places import LocalPlace, LocalPlaces
from maestro_fabric.resilience.windows import InARow, LastCalls, LastSeconds
from maestro_fabric.testing import FakeClock

LEGAL = {("closed", "open"), ("open", "half_open"), ("half_open", "closed"), ("half_open", "open")}
OPEN_FOR_S = 10.0
LIMIT, QUEUE = 3, 4


class BreakerMachine(RuleBasedStateMachine):
    """Calls that begin and end in any order, while time passes."""

    @initialize(
        window=st.sampled_from([{}, {"window_calls": 5}, {"window_s": 8.0}, {"window_calls": 6, "failure_rate": 0.5, "minimum_calls": 4}])
    )
    def begin(self, window: dict[str, float]) -> None:
        self.clock = FakeClock()
        self.events: list[BreakerChanged] = []
        self.breaker = CircuitBreaker(
            3,
            timeout=OPEN_FOR_S,
            probe_within_s=5,
            clock=self.clock,
            on_event=self._hear,
            **window,  # type: ignore[arg-type]
        )
        self.running: list[int] = []
        self.probe: int | None = None

    def _hear(self, event: object) -> None:
        if isinstance(event, BreakerChanged):
            self.events.append(event)

    def _ask(self) -> int | None:
        try:
            return self.breaker.admit()
        except CircuitBreakerOpenError:
            return None

    @rule()
    def call_begins(self) -> None:
        before, left_s = self.breaker.state, self.breaker.retry_in_s
        may_begin = before is State.CLOSED or (left_s == 0 and self.probe is None)
        permit = self._ask()
        if permit is None:
            assert before is not State.CLOSED
            assert not may_begin
            return
        assert before is State.CLOSED or left_s == 0
        if before is not State.CLOSED:
            self.probe = permit
        self.running.append(permit)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["success", "failure", "nothing"]))
    def call_ends(self, data: st.DataObject, how: str) -> None:
        permit = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        before = self.breaker.state
        ends = {"success": self.breaker.record_success, "failure": self.breaker.record_failure, "nothing": self.breaker.release}
        ends[how](permit)
        if before is State.HALF_OPEN and permit == self.probe:
            assert self.breaker.state is {"success": State.CLOSED, "failure": State.OPEN, "nothing": State.HALF_OPEN}[how]
        elif before is not State.CLOSED:
            assert self.breaker.state is before  # what is not the probe changes nothing
        if permit == self.probe:
            self.probe = None

    @rule(seconds=st.sampled_from([0.5, 3.0, 5.0, OPEN_FOR_S]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(is_open=st.booleans())
    def somebody_decides(self, is_open: bool) -> None:
        (self.breaker.open if is_open else self.breaker.close)()
        self.probe = None
        if is_open:
            self.breaker.close()

    @invariant()
    def every_change_is_legal_and_follows_the_last(self) -> None:
        by_hand = [event for event in self.events if event.reason.endswith("by hand")]
        told = [event for event in self.events if event not in by_hand]
        assert {(event.before, event.after) for event in told} <= LEGAL
        for earlier, later in zip(self.events, self.events[1:], strict=False):
            assert earlier.after == later.before

    @invariant()
    def its_ledger_survives_being_written_down(self) -> None:
        ledger = self.breaker._book.read()
        copy = Ledger(ledger.rules)
        copy.load(ledger.dump())
        assert copy.dump() == ledger.dump()


class BulkheadMachine(RuleBasedStateMachine):
    """Callers that come, wait, give up and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.places = LocalPlaces(LIMIT, QUEUE)
        self.inside: list[LocalPlace] = []
        self.queue: deque[LocalPlace] = deque()

    @rule(may_wait=st.booleans())
    def one_comes(self, may_wait: bool) -> None:
        place = self.places.ask() if may_wait else self.places.take()
        is_free = len(self.inside) < LIMIT
        if place is None:
            assert not is_free
            assert not may_wait or len(self.queue) == QUEUE
            return
        assert place.is_inside == is_free
        (self.inside if is_free else self.queue).append(place)

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def one_leaves(self, data: st.DataObject) -> None:
        place = self.inside.pop(data.draw(st.integers(0, len(self.inside) - 1)))
        self.places.leave(place)
        self.places.leave(place)  # a second time changes nothing
        if self.queue:
            heir = self.queue.popleft()
            assert heir.is_inside
            self.inside.append(heir)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def one_gives_up(self, data: st.DataObject) -> None:
        place = self.queue[data.draw(st.integers(0, len(self.queue) - 1))]
        self.queue.remove(place)
        self.places.leave(place)

    @invariant()
    def never_more_than_the_limit_are_inside_and_nobody_waits_for_nothing(self) -> None:
        assert self.places.inside == len(self.inside) <= LIMIT
        assert list(self.places.waiting) == list(self.queue)
        assert not self.queue or len(self.inside) == LIMIT


class BudgetMachine(RuleBasedStateMachine):
    """Calls and further attempts, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.budget = RetryBudget(0.25, per_second=0.5, reserve=4, clock=self.clock)
        self.calls = self.retries = 0

    @rule(times=st.integers(1, 20))
    def calls_are_made(self, times: int) -> None:
        for _ in range(times):
            self.budget.deposit()
        self.calls += times

    @rule()
    def one_is_tried_again(self) -> None:
        had = self.budget.tokens
        assert self.budget.withdraw() == (had >= 1)
        self.retries += had >= 1

    @rule(seconds=st.sampled_from([0.25, 1.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def it_is_never_overdrawn(self) -> None:
        assert 0 <= self.budget.tokens <= 4
        assert self.retries <= 4 + 0.25 * self.calls + 0.5 * self.clock.monotonic()


quick = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestBreaker, TestBulkhead, TestBudget = BreakerMachine.TestCase, BulkheadMachine.TestCase, BudgetMachine.TestCase
TestBreaker.settings = TestBulkhead.settings = TestBudget.settings = quick


@pytest.mark.parametrize("make_window", [InARow, lambda: LastCalls(3), lambda: LastSeconds(5)], ids=["row", "calls", "seconds"])
def test_a_clock_that_goes_back_keeps_no_breaker_open_for_longer(make_window: object) -> None:
    ledger = Ledger(Rules(make_window=make_window, failures=1, open_for_s=60))  # type: ignore[arg-type]
    ledger.fail(1, now=1_000_000)
    assert ledger.admit(now=1_000_000) is None
    assert ledger.admit(now=10) is not None
