"""Fallbacks, and policies that stack patterns."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from maestro_fabric.resilience import (
    CircuitBreaker,
    CircuitBreakerOpenError,
    Policy,
    PolicyOrderError,
    TimeoutError,  # noqa: A004
    bulkhead,
    current_deadline,
    deadline,
    fallback,
    listening,
    rate_limit,
    retry,
    timeout,
)
from maestro_fabric.resilience.events import BreakerChanged, FallbackUsed, RetryScheduled, RetryStopped
from maestro_fabric.resilience.pattern import Pattern
from maestro_fabric.testing import FakeClock


def down(*args: object) -> Any:
    raise ConnectionError("down")


def test_a_spare_stands_in_and_says_so() -> None:
    events: list[Any] = []
    assert fallback("spare", name="shop", on_event=events.append).call(down) == "spare"
    assert [(type(event), event.name, event.number, str(event.error)) for event in events] == [(FallbackUsed, "shop", 1, "down")]
    assert fallback("spare", on_event=events.append).call(str, 1) == "1"
    assert len(events) == 1


def test_a_spare_function_gets_the_arguments_of_the_call_if_it_takes_any() -> None:
    guarded = fallback(lambda who, *, loud=False: f"{who} {loud}")(lambda who, loud: down())
    assert guarded("ada", loud=True) == "ada True"
    assert fallback(lambda: "none taken").call(down, 1, 2) == "none taken"
    assert fallback(dict).call(down) == {}


def test_spares_are_tried_in_order_and_the_first_error_is_the_one_that_is_raised() -> None:
    events: list[Any] = []
    assert fallback(down, lambda: "second", on_event=events.append).call(down) == "second"
    assert events[0].number == 2
    with pytest.raises(ConnectionError, match="mine") as caught:
        fallback(down).call(_raise, ConnectionError("mine"))
    assert caught.value.__notes__ == ["fallback: spare 1 raised ConnectionError('down')"]


def _raise(error: BaseException) -> None:
    raise error


def test_only_what_is_meant_is_replaced() -> None:
    spare = fallback("spare", on=OSError, unless=FileNotFoundError)
    assert spare.call(_raise, OSError()) == "spare"
    for error in (FileNotFoundError(), ValueError()):
        with pytest.raises(type(error)):
            spare.call(_raise, error)


@pytest.mark.asyncio
async def test_a_coroutine_may_have_a_coroutine_as_its_spare() -> None:
    async def spare() -> str:
        await asyncio.sleep(0)
        return "spare"

    async def broken() -> str:
        raise ConnectionError

    assert await fallback(spare).call(broken) == "spare"
    assert await fallback(lambda: "plain").call(broken) == "plain"
    with pytest.raises(TypeError, match=r"is a coroutine function, and .* is not"):
        fallback(spare)(down)


def test_a_fallback_without_a_spare_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a spare"):
        fallback()


def everything(clock: FakeClock, **of_policy: Any) -> Policy:
    return Policy(
        fallback("spare", on=CircuitBreakerOpenError),
        deadline(60, clock=clock),
        retry(3, delay=1, clock=clock),
        CircuitBreaker(4, timeout=30, name="shop", clock=clock),
        rate_limit(100, clock=clock),
        bulkhead(2),
        timeout(5),
        **of_policy,
    )


def test_all_patterns_work_together_in_the_documented_order() -> None:
    clock, events = FakeClock(), list[object]()
    guarded = everything(clock, on_event=events.append)(down)

    with pytest.raises(ConnectionError, match="down"):
        guarded()
    assert clock.slept == [1, 2]
    assert guarded() == "spare"  # the fourth failure opens the breaker, which the retry then meets
    assert guarded() == "spare"
    assert clock.slept == [1, 2, 1]
    assert [type(event).__name__ for event in events] == [
        *["RetryScheduled", "RetryScheduled", "RetryStopped"],
        *["BreakerChanged", "RetryScheduled", "CallRejected", "RetryStopped", "FallbackUsed"],
        *["CallRejected", "RetryStopped", "FallbackUsed"],
    ]


@pytest.mark.asyncio
async def test_a_policy_holds_for_coroutines_too() -> None:
    clock, events = FakeClock(), list[object]()
    policy = everything(clock, on_event=events.append)

    async def broken() -> Any:
        await asyncio.sleep(0)
        down()

    async def works(number: int) -> int:
        assert current_deadline() is not None
        return number

    assert await policy.call(works, 7) == 7
    assert current_deadline() is None
    with pytest.raises(ConnectionError):
        await policy.call(broken)
    assert await policy(broken)() == "spare"
    assert any(isinstance(event, BreakerChanged) for event in events)


def test_another_order_is_refused_with_the_reason_and_the_right_one() -> None:
    with pytest.raises(PolicyOrderError, match="inside a breaker its attempts would count as one call") as caught:
        Policy(CircuitBreaker(name="shop"), retry(), name="web")
    assert "Write Policy(<retry 'retry'>, <circuit breaker 'shop'>), or as_given=True" in str(caught.value)


@pytest.mark.parametrize(
    ("outer", "inner", "why"),
    [
        (deadline(1), fallback(1), "would hide failures"),
        (retry(), deadline(1), "each attempt would get the whole time anew"),
        (rate_limit(1), retry(), "count as one call"),
        (rate_limit(1), CircuitBreaker(), "first wait for a turn"),
        (bulkhead(1), rate_limit(1), "hold a place while it waits for its turn"),
        (bulkhead(1), retry(), "hold a place while it waits between attempts"),
        (timeout(1), bulkhead(1), "the wait for a place"),
        (timeout(1), rate_limit(1), "the wait for a turn"),
        (timeout(1), CircuitBreaker(), "would not see that a call took too long"),
        (timeout(1), retry(), "would share the time of one"),
    ],
    ids=lambda given: given.kind if isinstance(given, Pattern) else "",
)
def test_every_pair_in_the_wrong_order_is_refused_with_its_own_reason(outer: Pattern, inner: Pattern, why: str) -> None:
    patterns = (outer, inner)
    with pytest.raises(PolicyOrderError, match=f"belongs outside .*{why}"):
        Policy(*patterns)
    assert Policy(*reversed(patterns)).doubts == ()


def test_two_of_a_kind_are_refused() -> None:
    with pytest.raises(PolicyOrderError, match="their attempts multiply"):
        Policy(retry(), retry())
    with pytest.raises(TypeError, match="is no pattern to stack"):
        Policy(Policy())


def test_a_policy_explains_itself_also_when_it_is_as_given() -> None:
    lines = everything(FakeClock()).explain().splitlines()
    assert " ".join(lines[0].split()) == "fallback 1 spare for a call that does not succeed"
    assert " ".join(lines[3].split()) == "circuit breaker refuses calls for 30 s after 4 failures in a row"
    assert lines[-1] == "at most 3 attempts"
    strange = Policy(timeout(1), retry(2), retry(3), as_given=True)
    assert "at most 6 attempts" in strange.explain()
    assert strange.explain().count("doubtful: ") == 2
    assert strange.describe() == "timeout of retry of retry"


def test_a_deadline_ends_the_call_itself_and_further_attempts() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        Policy(deadline(0.05), retry(50, delay=0.001)).call(time.sleep, 5)
    assert time.monotonic() - began < 2


def test_nested_deadlines_keep_the_earlier_one() -> None:
    clock = FakeClock()
    with deadline(5, clock=clock), deadline(10, clock=clock):
        current = current_deadline()
        assert current is not None
        assert current.left_s == 5
    assert current_deadline() is None


def test_listening_hears_every_pattern_in_its_block_only() -> None:
    clock, heard = FakeClock(), list[object]()
    guarded = retry(2, clock=clock)(down)
    with listening(heard.append), pytest.raises(ConnectionError):
        guarded()
    with pytest.raises(ConnectionError):
        guarded()
    assert [type(event) for event in heard] == [RetryScheduled, RetryStopped]
