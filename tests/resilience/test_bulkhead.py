"""Bulkheads and rate limits: who is let in, in which order, and who is refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from maestro_fabric.resilience import BulkheadFullError, RateLimitExceeded, bulkhead, deadline, rate_limit
from maestro_fabric.resilience.events import CallRejected, Waited
from maestro_fabric.resilience.places import LocalPlaces
from maestro_fabric.testing import FakeClock
from support import wait_until


class Inside:
    """Calls that stay inside until they are released, one by one, in the order in which they came in."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._gates: dict[str, threading.Event] = {}

    def stay(self, name: str) -> str:
        gate = self._gates[name] = threading.Event()
        self.names.append(name)
        assert gate.wait(20)
        return name

    def is_held(self, name: str) -> bool:
        return not self._gates[name].is_set()

    def release(self, name: str) -> None:
        self._gates[name].set()


def start(call: Callable[..., object], *args: object) -> threading.Thread:
    thread = threading.Thread(target=call, args=args)
    thread.start()
    return thread


def test_no_more_than_the_limit_are_inside_and_those_who_wait_come_in_order() -> None:
    inside, events = Inside(), list[object]()
    places = LocalPlaces(2, 2)
    guarded = bulkhead(2, 2, places=places, on_event=events.append)(inside.stay)
    threads = []
    for number, name in enumerate("abcd", 1):
        threads.append(start(guarded, name))
        wait_until(lambda number=number: len(inside.names) + len(places.waiting) == number, what=f"{name} has come")
    assert inside.names == ["a", "b"]

    with pytest.raises(BulkheadFullError, match="2 inside, and nobody else may wait"):
        guarded("e")
    inside.release("b")
    wait_until(lambda: inside.names == ["a", "b", "c"])
    inside.release("a")
    wait_until(lambda: inside.names == ["a", "b", "c", "d"])
    inside.release("c")
    inside.release("d")
    for thread in threads:
        thread.join(20)
    assert (places.inside, len(places.waiting)) == (0, 0)
    assert sorted(type(event).__name__ for event in events) == ["CallRejected", "Waited", "Waited"]


def test_a_wait_that_is_over_leaves_the_queue() -> None:
    places = LocalPlaces(1, 5)
    limited = bulkhead(1, 5, wait=0.02, name="shop", places=places)
    with limited:
        with pytest.raises(BulkheadFullError, match=r"bulkhead 'shop' is full: 1 inside, no place within 0\.0"):
            limited.call(str)
        with pytest.raises(BulkheadFullError), deadline(0.02):
            bulkhead(1, 5, places=places).call(str)
    assert (places.inside, len(places.waiting)) == (0, 0)


def test_a_block_waits_like_a_call() -> None:
    limited, inside = bulkhead(1, 1, wait=20), Inside()
    thread = start(limited.call, inside.stay, "a")
    wait_until(lambda: inside.names)
    release = threading.Timer(0.02, inside.release, "a")
    release.start()
    with limited:
        assert not inside.is_held("a")
        with pytest.raises(BulkheadFullError), deadline(0.01), limited:
            pass
    thread.join(20)
    release.join()


def test_a_call_that_raises_leaves_its_place() -> None:
    limited = bulkhead(1)
    with pytest.raises(ValueError, match="no"):
        limited.call(int, "no")
    assert limited.call(int, "1") == 1


@pytest.mark.asyncio
async def test_tasks_wait_in_the_same_queue() -> None:
    places = LocalPlaces(1, 3)
    limited = bulkhead(1, 3, places=places)
    order: list[str] = []

    @limited
    async def call(name: str) -> None:
        order.append(name)
        await asyncio.sleep(0)

    thread_has_left = threading.Event()
    thread = start(limited.call, thread_has_left.wait, 20)
    await asyncio.to_thread(wait_until, lambda: places.inside == 1)
    tasks = [asyncio.create_task(call(name)) for name in "abc"]
    await asyncio.sleep(0)
    assert len(places.waiting) == 3
    tasks[1].cancel()
    thread_has_left.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(thread.join, 20)
    assert order == ["a", "c"]
    assert (places.inside, len(places.waiting)) == (0, 0)


@pytest.mark.asyncio
async def test_a_task_waits_only_so_long() -> None:
    limited = bulkhead(1, 1, wait=0.01)
    async with limited:
        with pytest.raises(BulkheadFullError, match="no place within"):
            async with limited:
                pass
        waits = asyncio.create_task(_enter(bulkhead(1, 1, places=limited._places)))
        await asyncio.sleep(0)
    assert await waits


@pytest.mark.asyncio
async def test_a_task_that_is_cancelled_while_it_waits_leaves_the_queue() -> None:
    places = LocalPlaces(1, 1)
    limited = bulkhead(places=places)
    async with limited:
        waits = asyncio.create_task(_enter(limited))
        await asyncio.sleep(0)
        assert len(places.waiting) == 1
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
    assert (places.inside, len(places.waiting)) == (0, 0)


async def _enter(limited: bulkhead) -> bool:
    async with limited:
        return True


def test_somebody_new_does_not_go_in_before_who_waits() -> None:
    places = LocalPlaces(1, 1)
    first = places.take()
    waiting = places.ask()
    assert first is not None
    assert waiting is not None
    places.leave(first)
    assert waiting.is_inside
    assert places.take() is None


@pytest.mark.parametrize("arguments", [(0,), (1, -1), (1, 0, -1.0)])
def test_numbers_that_make_no_bulkhead_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one must be let in"):
        bulkhead(*arguments)


def test_a_rate_limit_lets_a_burst_through_and_then_even_calls() -> None:
    clock = FakeClock()
    limited = rate_limit(2, per=1.0, name="api", clock=clock)
    assert [limited.call(str), limited.call(str)] == ["", ""]
    with pytest.raises(RateLimitExceeded, match=r"rate limit 'api' is reached: the next call fits in 0\.5 s") as caught:
        limited.call(str)
    assert caught.value.retry_in_s == 0.5
    clock.advance(0.5)
    assert limited.call(str) == ""
    with pytest.raises(RateLimitExceeded), limited:
        pass


def test_a_rate_limit_makes_calls_wait_their_turn() -> None:
    clock, events = FakeClock(), list[object]()
    limited = rate_limit(1, per=2.0, wait=5, clock=clock, on_event=events.append)
    for _ in range(3):
        limited.call(str)
    assert clock.slept == [2, 2]
    with pytest.raises(RateLimitExceeded), deadline(1, clock=clock):
        limited.call(str)
    assert [type(event) for event in events] == [Waited, Waited, CallRejected]


@pytest.mark.asyncio
async def test_a_rate_limit_holds_for_tasks() -> None:
    clock = FakeClock()
    limited = rate_limit(1, wait=5, clock=clock)
    await limited.call(asyncio.sleep, 0)
    async with limited:
        assert clock.slept == [1]


@pytest.mark.parametrize("arguments", [{"calls": 0}, {"calls": 1, "per": 0}, {"calls": 1, "burst": 0.5}, {"calls": 1, "wait": -1}])
def test_numbers_that_make_no_rate_limit_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        rate_limit(**arguments)
