"""The circuit breaker: when it opens, what it lets through, and when it closes again."""

from __future__ import annotations

import asyncio
import math
import pickle

import pytest

from maestro_fabric.errors import BulkheadFullError, MaestroError
from maestro_fabric.resilience import CircuitBreaker, CircuitBreakerOpenError, State
from maestro_fabric.resilience.events import BreakerChanged, CallRejected
from maestro_fabric.testing import FakeClock


def succeed() -> str:
    return "up"


def fail(error: BaseException | None = None) -> None:
    raise error or ConnectionError("down")


def fail_times(breaker: CircuitBreaker, times: int, error: type[BaseException] = ConnectionError) -> None:
    for _ in range(times):
        with pytest.raises(error):
            breaker.call(fail, error("down"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_it_opens_at_the_threshold_and_says_who_it_is_why_and_for_how_long(clock: FakeClock) -> None:
    breaker = CircuitBreaker(3, timeout=60, name="shop", clock=clock)
    fail_times(breaker, 3)
    clock.advance(20)

    with pytest.raises(
        CircuitBreakerOpenError, match=r"circuit breaker 'shop' is open \(3 failures\): a probe is let through in 40 s"
    ) as caught:
        breaker.call(succeed)

    assert (caught.value.name, caught.value.state, caught.value.retry_in_s) == ("shop", "open", 40)
    assert isinstance(caught.value, MaestroError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own
    assert breaker.retry_in_s == 40


def test_a_success_ends_a_row_of_failures(clock: FakeClock) -> None:
    breaker = CircuitBreaker(3, clock=clock)
    fail_times(breaker, 2)
    breaker.call(succeed)
    fail_times(breaker, 2)
    assert breaker.state is State.CLOSED


def test_a_probe_that_goes_well_closes_it_and_the_old_failures_are_forgotten(clock: FakeClock) -> None:
    events: list[object] = []
    breaker = CircuitBreaker(2, timeout=60, name="shop", clock=clock, on_event=events.append)
    fail_times(breaker, 2)
    clock.advance(60)
    assert breaker.call(succeed) == "up"
    fail_times(breaker, 1)

    assert breaker.state is State.CLOSED
    assert events == [
        BreakerChanged("shop", "closed", "open", "2 failures"),
        BreakerChanged("shop", "open", "half_open", "time for a probe"),
        BreakerChanged("shop", "half_open", "closed", "a probe went well"),
    ]


def test_a_probe_that_fails_opens_it_for_the_whole_time_again(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, clock=clock)
    fail_times(breaker, 1)
    clock.advance(60)
    fail_times(breaker, 1)
    assert breaker.state is State.OPEN
    assert breaker.retry_in_s == 60


def test_one_probe_is_let_through_at_a_time(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, clock=clock)
    fail_times(breaker, 1)
    clock.advance(60)

    with breaker:
        with pytest.raises(CircuitBreakerOpenError, match=r"half_open.*another call is probing") as caught:
            breaker.call(succeed)
        assert caught.value.retry_in_s == 0

    assert breaker.call(succeed) == "up"


def test_a_probe_that_never_ends_is_given_up_and_its_late_answer_counts_no_more(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, probe_within_s=5, clock=clock)
    fail_times(breaker, 1)
    clock.advance(60)
    lost = breaker.admit()
    clock.advance(5)
    second = breaker.admit()
    breaker.record_failure(lost)
    assert breaker.state is State.HALF_OPEN
    breaker.record_success(second)
    assert breaker.state is State.CLOSED


def test_several_probes_in_a_row_can_be_asked_for(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, probes_to_close=2, clock=clock)
    fail_times(breaker, 1)
    clock.advance(60)
    breaker.call(succeed)
    assert breaker.state is State.HALF_OPEN
    breaker.call(succeed)
    assert breaker.state is State.CLOSED


def test_the_answer_of_a_call_from_before_the_outage_does_not_count(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, clock=clock)
    slow = breaker.admit()
    fail_times(breaker, 1)
    clock.advance(60)
    probe = breaker.admit()
    breaker.record_success(slow)
    assert breaker.state is State.HALF_OPEN
    breaker.record_success(probe)
    assert breaker.state is State.CLOSED


@pytest.mark.parametrize("error", [ValueError, BulkheadFullError, asyncio.CancelledError, KeyboardInterrupt])
def test_what_is_no_evidence_passes_through_and_frees_the_probe(clock: FakeClock, error: type[BaseException]) -> None:
    breaker = CircuitBreaker(1, timeout=60, expected_exception=(ConnectionError, BulkheadFullError), clock=clock)
    raised = error("shop", 1) if error is BulkheadFullError else error("other")
    with pytest.raises(error):
        breaker.call(fail, raised)
    assert breaker.state is State.CLOSED
    fail_times(breaker, 1)
    clock.advance(60)
    with pytest.raises(error):
        breaker.call(fail, raised)
    assert breaker.state is State.HALF_OPEN
    assert breaker.call(succeed) == "up"


def test_predicates_judge_exceptions_and_results(clock: FakeClock) -> None:
    breaker = CircuitBreaker(2, expected_exception=lambda error: "down" in str(error), is_failure=lambda status: status >= 500, clock=clock)
    with pytest.raises(OSError, match="mine"):
        breaker.call(fail, OSError("mine"))
    assert breaker.call(lambda: 503) == 503
    assert breaker.call(lambda: 200) == 200
    fail_times(breaker, 1)
    assert breaker.call(lambda: 503) == 503
    assert breaker.state is State.OPEN


def test_a_rate_over_the_last_calls_needs_enough_calls(clock: FakeClock) -> None:
    breaker = CircuitBreaker(failure_rate=0.5, window_calls=10, minimum_calls=6, clock=clock)
    fail_times(breaker, 5)
    assert breaker.state is State.CLOSED
    breaker.call(succeed)
    assert breaker.state is State.OPEN


def test_calls_leave_a_window_of_calls(clock: FakeClock) -> None:
    breaker = CircuitBreaker(failure_rate=0.5, window_calls=4, minimum_calls=4, clock=clock)
    fail_times(breaker, 1)
    for _ in range(4):
        breaker.call(succeed)
    fail_times(breaker, 1)
    assert breaker.state is State.CLOSED
    fail_times(breaker, 1)
    assert breaker.state is State.OPEN


def test_failures_leave_a_window_of_time(clock: FakeClock) -> None:
    breaker = CircuitBreaker(3, window_s=30, clock=clock)
    fail_times(breaker, 2)
    breaker.call(succeed)  # no row: a success does not end it
    clock.advance(31)
    fail_times(breaker, 2)
    assert breaker.state is State.CLOSED
    clock.advance(10)
    fail_times(breaker, 1)
    assert breaker.state is State.OPEN


def test_slow_calls_open_it_too(clock: FakeClock) -> None:
    breaker = CircuitBreaker(slow_call_s=2, slow_rate=0.5, window_calls=4, minimum_calls=4, timeout=60, clock=clock)
    for seconds in (0, 3, 0, 2):
        breaker.call(clock.advance, seconds)
    assert breaker.state is State.OPEN
    clock.advance(60)
    breaker.call(clock.advance, 3)
    assert breaker.state is State.OPEN  # a slow probe is no good one


def test_one_bad_source_cannot_open_a_breaker_that_wants_two(clock: FakeClock) -> None:
    breaker = CircuitBreaker(3, window_s=30, minimum_sources=2, clock=clock)
    fail_times(breaker.by("case a"), 5)
    assert breaker.state is State.CLOSED
    fail_times(breaker.by("case b"), 1)
    assert breaker.state is State.OPEN


@pytest.mark.parametrize("window", [{"window_calls": 4}, {"window_s": 30}], ids=str)
def test_old_sources_are_no_evidence(clock: FakeClock, window: dict[str, float]) -> None:
    breaker = CircuitBreaker(2, minimum_sources=2, clock=clock, **window)  # type: ignore[arg-type]
    fail_times(breaker.by("case a"), 1)
    clock.advance(31)
    for _ in range(4):
        breaker.call(succeed)
    fail_times(breaker.by("case b"), 2)
    assert breaker.state is State.CLOSED
    fail_times(breaker.by("case c"), 1)
    assert breaker.state is State.OPEN


def test_it_can_be_opened_and_closed_by_hand(clock: FakeClock) -> None:
    events: list[object] = []
    breaker = CircuitBreaker(name="shop", clock=clock, on_event=events.append)
    breaker.open("maintenance")
    clock.advance(1e9)
    with pytest.raises(CircuitBreakerOpenError, match=r"maintenance.*opened by hand, close\(\)") as caught:
        breaker.call(succeed)
    assert math.isinf(caught.value.retry_in_s)
    breaker.close()
    assert breaker.call(succeed) == "up"
    assert [type(event) for event in events] == [BreakerChanged, CallRejected, BreakerChanged]


@pytest.mark.asyncio
async def test_a_coroutine_is_guarded_by_the_same_breaker(clock: FakeClock) -> None:
    breaker = CircuitBreaker(2, clock=clock)

    @breaker
    async def call(error: Exception | None = None) -> str:
        await asyncio.sleep(0)
        if error:
            raise error
        return "up"

    assert await call() == "up"
    fail_times(breaker, 1)
    with pytest.raises(OSError, match="down"):
        await call(OSError("down"))
    with pytest.raises(CircuitBreakerOpenError):
        await call()
    with pytest.raises(CircuitBreakerOpenError):
        async with breaker:
            pass


@pytest.mark.asyncio
async def test_a_cancelled_probe_lets_the_next_one_through(clock: FakeClock) -> None:
    breaker = CircuitBreaker(1, timeout=60, clock=clock)
    fail_times(breaker, 1)
    clock.advance(60)
    probe = asyncio.create_task(breaker.call(asyncio.sleep, 60))
    await asyncio.sleep(0)
    assert breaker.state is State.HALF_OPEN
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert await breaker.call(asyncio.sleep, 0, "up") == "up"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"failure_threshold": 0}, "failure_threshold must be above 0, not 0"),
        ({"failure_rate": 1.5}, "failure_rate is a share of calls"),
        ({"slow_rate": 0.5}, "slow_rate needs slow_call_s"),
        ({"window_calls": 5, "window_s": 5}, "give one of them"),
        ({"timeout": 0}, "timeout must be above 0"),
    ],
)
def test_numbers_that_make_no_breaker_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CircuitBreaker(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("errors", [int, "ConnectionError", (ConnectionError, 3)])
def test_what_says_nothing_about_exceptions_is_refused(errors: object) -> None:
    with pytest.raises(TypeError, match="exceptions"):
        CircuitBreaker(expected_exception=errors)  # type: ignore[arg-type]
