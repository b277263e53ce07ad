"""Retry: how often, how long it waits, when it stops, and what it raises."""

from __future__ import annotations

import asyncio
import gc
import threading
from email.message import Message
from itertools import islice

import pytest

from maestro_fabric.resilience import (
    Backoff,
    CircuitBreaker,
    CircuitBreakerOpenError,
    Constant,
    Decorrelated,
    Exponential,
    FullJitter,
    Linear,
    RetryBudget,
    deadline,
    retry,
)
from maestro_fabric.resilience.events import RetryScheduled, RetryStopped, RetrySucceeded
from maestro_fabric.testing import FakeClock, FixedChance


class Flaky:
    """Raises what it was given, one after the other, then returns its number of calls."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


class HttpError(Exception):
    def __init__(self, retry_after: str) -> None:
        super().__init__("503")
        self.headers = Message()
        self.headers["Retry-After"] = retry_after


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=1_700_000_000)


def test_it_waits_longer_each_time(clock: FakeClock) -> None:
    events: list[object] = []
    first, second = OSError("1"), OSError("2")
    flaky = Flaky(first, second)
    assert retry(3, delay=1.0, backoff=2.0, clock=clock, name="shop", on_event=events.append).call(flaky) == 3
    assert clock.slept == [1.0, 2.0]
    assert events == [RetryScheduled("shop", 1, 1.0, first), RetryScheduled("shop", 2, 2.0, second), RetrySucceeded("shop", 3, 3.0)]


@pytest.mark.asyncio
async def test_a_coroutine_is_retried_by_the_same_rules(clock: FakeClock) -> None:
    flaky = Flaky(OSError("1"), OSError("2"))

    @retry(3, delay=1.0, clock=clock)
    async def call() -> int:
        await asyncio.sleep(0)
        return flaky()

    assert await call() == 3
    assert clock.slept == [1.0, 2.0]

    real = Flaky(OSError("1"))

    @retry(2, delay=0)
    async def by_the_machines_clock() -> int:
        return real()

    assert await by_the_machines_clock() == 2


def test_the_last_real_exception_is_raised_with_a_note_of_attempts_and_time(clock: FakeClock) -> None:
    last = OSError("number 2")
    with pytest.raises(OSError, match="number 2") as caught:
        retry(2, delay=0.5, clock=clock, name="shop").call(Flaky(OSError("number 1"), last))
    assert caught.value is last
    assert caught.value.__notes__ == ["shop: 2 attempts in 0.5 s; no attempt is left"]
    assert caught.value.__context__ is None


def test_only_what_is_meant_is_tried_again(clock: FakeClock) -> None:
    once = retry(3, on=OSError, unless=FileNotFoundError, clock=clock)
    for error in (ValueError("no"), FileNotFoundError("no")):
        flaky = Flaky(error)
        with pytest.raises(type(error)) as caught:
            once.call(flaky)
        assert flaky.calls == 1
        assert not hasattr(caught.value, "__notes__")
    flaky = Flaky(OSError("1"), ValueError("2"))
    with pytest.raises(ValueError, match="2") as changed:
        once.call(flaky)
    assert changed.value.__notes__ == ["retry: 2 attempts in 1 s; this error is not one to retry"]


def test_results_can_be_no_good(clock: FakeClock) -> None:
    events: list[object] = []
    statuses = iter([503, 503, 200, 503, 503, 503])
    guarded = retry(3, on_result=lambda status: status == 503, clock=clock, on_event=events.append)(lambda: next(statuses))
    assert guarded() == 200
    assert guarded() == 503  # no attempt is left: the last result
    assert [type(event) for event in events][-1] is RetryStopped


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        (Constant(2), [2, 2, 2, 2]),
        (Linear(2, max_s=5), [2, 4, 5, 5]),
        (Exponential(1, factor=3, max_s=10), [1, 3, 9, 10]),
        (FullJitter(Exponential(1)), [0.5, 1, 2, 4]),
        (Decorrelated(1, max_s=5), [2.0, 3.5, 5, 5]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_backoff_gives_its_waits(backoff: Backoff, waits: list[float]) -> None:
    assert list(islice(backoff.waits(FixedChance(0.5)), 4)) == waits


def test_no_number_of_attempts_overflows_a_wait() -> None:
    assert list(islice(Exponential(1).waits(FixedChance()), 5000))[-1] == 60


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7", [7.0]),
        ("0", [1.0]),
        ("Tue, 14 Nov 2023 22:13:50 GMT", [30.0]),
        ("Tue, 14 Nov 2023 22:13:50 -0000", [30.0]),
        ("Tue, 14 Nov 2023 22:00:00 GMT", [1.0]),
        ("soon", [1.0]),
    ],
)
def test_what_the_server_asks_for_is_waited(clock: FakeClock, asked: str, waits: list[float]) -> None:
    assert retry(2, delay=1, clock=clock).call(Flaky(HttpError(asked))) == 2
    assert clock.slept == waits


def test_a_wait_can_be_asked_for_by_an_attribute_a_response_or_a_result(clock: FakeClock) -> None:
    own, wrapped = OSError("1"), OSError("2")
    own.retry_after = 5  # type: ignore[attr-defined]
    wrapped.response = HttpError("6")  # type: ignore[attr-defined]
    assert retry(3, clock=clock).call(Flaky(own, wrapped)) == 3
    answers = iter([HttpError("8"), "fine"])
    assert retry(on_result=lambda answer: answer != "fine", clock=clock).call(lambda: next(answers)) == "fine"
    assert clock.slept == [5, 6, 8]


def test_a_wait_that_is_asked_for_and_too_long_is_not_begun(clock: FakeClock) -> None:
    with pytest.raises(HttpError) as caught:
        retry(3, clock=clock, max_retry_after_s=60).call(Flaky(HttpError("3600")))
    assert caught.value.__notes__ == ["retry: 1 attempt in 0 s; the server asked for a longer wait than allowed"]
    assert clock.slept == []


def test_it_never_sleeps_past_the_deadline(clock: FakeClock) -> None:
    flaky = Flaky(OSError("1"), OSError("2"), OSError("3"))
    with pytest.raises(OSError, match="2") as caught:
        deadline(3, clock=clock)(retry(5, delay=2, clock=clock)(flaky))()
    assert clock.slept == [2]
    assert caught.value.__notes__ == ["retry: 2 attempts in 2 s; the wait would end after the deadline"]


def test_an_open_breaker_is_not_retried_unless_told(clock: FakeClock) -> None:
    breaker = CircuitBreaker(timeout=1.5, clock=clock)
    breaker.open()
    with pytest.raises(CircuitBreakerOpenError):
        retry(3, clock=clock)(breaker(Flaky()))()
    assert clock.slept == []
    with pytest.raises(CircuitBreakerOpenError):
        retry(3, unless=(), clock=clock)(breaker(Flaky()))()
    assert clock.slept == [1, 2]


def test_a_budget_keeps_retries_to_a_share_of_the_calls(clock: FakeClock) -> None:
    budget = RetryBudget(0.1, per_second=0, reserve=2, clock=clock)
    calls = 0

    @retry(3, delay=0, budget=budget, clock=clock)
    def down() -> None:
        nonlocal calls
        calls += 1
        raise ConnectionError

    for _ in range(100):
        with pytest.raises(ConnectionError) as caught:
            down()
    assert caught.value.__notes__[0].endswith("the retry budget is spent")
    assert calls <= 100 + 2 + 10


def test_a_budget_grows_with_time_up_to_its_reserve(clock: FakeClock) -> None:
    budget = RetryBudget(0, per_second=0.5, reserve=3, clock=clock)
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]
    clock.advance(2)
    assert [budget.withdraw(), budget.withdraw()] == [True, False]
    clock.advance(1000)
    assert budget.tokens == 3


def test_calls_in_many_threads_share_no_state(clock: FakeClock) -> None:
    """tenacity#93: one decorated function, two threads, and the attempts of one counted for the other."""
    barrier = threading.Barrier(8)
    attempts: dict[int, int] = {}

    @retry(4, delay=0, clock=clock)
    def call(who: int) -> int:
        attempts[who] = attempts.get(who, 0) + 1
        barrier.wait(10)  # all calls are in the same attempt at once
        if attempts[who] < 4:
            raise OSError(f"{who}: {attempts[who]}")
        return who

    results: list[int] = []
    threads = [threading.Thread(target=lambda who=who: results.append(call(who))) for who in range(8)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == list(range(8))
    assert set(attempts.values()) == {4}


def test_a_call_inside_its_own_retry_begins_at_one(clock: FakeClock) -> None:
    calls: list[str] = []

    @retry(2, delay=0, clock=clock)
    def call(depth: int) -> None:
        calls.append(f"{depth}")
        if depth:
            call(depth - 1)
        raise OSError("no")

    with pytest.raises(OSError, match="no") as caught:
        call(1)
    assert calls == ["1", "0", "0", "1", "0", "0"]
    assert len(caught.value.__notes__) == 2


def test_a_stop_iteration_comes_through() -> None:
    with pytest.raises(StopIteration) as caught:
        retry(2, delay=0).call(next, iter(()))
    assert caught.value.__cause__ is None


def test_nothing_is_left_for_the_garbage_collector(clock: FakeClock) -> None:
    guarded = retry(2, delay=0, clock=clock)(Flaky(*(OSError("no") for _ in range(4))))
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(OSError, match="no"):
            guarded()
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(("arguments", "message"), [({"max_attempts": 0}, "at least one attempt"), ({"delay": -1}, "no wait is negative")])
def test_numbers_that_make_no_retry_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        retry(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="less than nothing"):
        RetryBudget(-1)


def test_brackets_are_asked_for() -> None:
    with pytest.raises(TypeError, match=r"@retry\(\)"):

        @retry  # type: ignore[arg-type]
        def call() -> None: ...
