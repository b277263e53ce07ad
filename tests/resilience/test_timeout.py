"""Timeouts: by a signal in the main thread, in a thread of their own elsewhere, by cancelling in a task."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from types import FrameType

import pytest

from maestro_fabric.resilience import TimeoutError as CallTimeout
from maestro_fabric.resilience import alarm, deadline, timeout
from maestro_fabric.resilience.events import TimedOut

# pytest-timeout has an alarm of its own in the main thread, and these tests look at that alarm.
pytestmark = pytest.mark.timeout(0)


def in_a_thread(function: object) -> object:
    """What a function gives, or the exception it raises, in a thread that is not the main one."""
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(function())  # type: ignore[operator]
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    return outcome[0]


def spin() -> None:
    while True:
        pass


@pytest.fixture
def foreign_alarms() -> Iterator[list[float]]:
    """When a handler of somebody else was called, in seconds on the monotonic clock."""
    rang: list[float] = []

    def ring(number: int, frame: FrameType | None) -> None:
        rang.append(time.monotonic())

    before = signal.signal(signal.SIGALRM, ring)
    yield rang
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("call", [spin, lambda: time.sleep(5), threading.Event().wait], ids=["spins", "sleeps", "waits"])
def test_the_main_thread_is_interrupted_and_the_error_shows_where(call: object) -> None:
    events: list[object] = []
    began = time.monotonic()
    with pytest.raises(CallTimeout, match=r"shop took longer than 0\.05 s") as caught:
        timeout(0.05, name="shop", on_event=events.append).call(call)  # type: ignore[arg-type]
    assert time.monotonic() - began < 2
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.__cause__ is not None
    assert events == [TimedOut("shop", 0.05)]


def test_except_exception_does_not_swallow_it() -> None:
    def stubborn() -> str:
        try:
            time.sleep(5)
        except Exception:
            return "swallowed"
        return "slept"

    with pytest.raises(CallTimeout):
        timeout(0.05).call(stubborn)


def test_a_call_in_time_leaves_no_timer_and_no_handler_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    assert timeout(5).call(lambda: "done") == "done"
    with pytest.raises(ValueError, match="mine"):
        timeout(5).call(int, "mine")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_timer_of_somebody_else_is_put_back_shortened(foreign_alarms: list[float]) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 5, 7)
    timeout(1).call(time.sleep, 0.05)
    left_s, every_s = signal.getitimer(signal.ITIMER_REAL)
    assert 4 < left_s < 4.96
    assert every_s == 7
    assert signal.getsignal(signal.SIGALRM) is handler
    assert foreign_alarms == []


def test_a_foreign_alarm_that_is_due_first_rings_and_ours_still_does(foreign_alarms: list[float]) -> None:
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    with pytest.raises(CallTimeout):
        timeout(0.4).call(time.sleep, 5)
    assert len(foreign_alarms) == 1
    assert 0.02 < foreign_alarms[0] - began < 0.4
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_foreign_alarm_that_repeats_goes_on(foreign_alarms: list[float]) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    timeout(1).call(time.sleep, 0.1)
    assert len(foreign_alarms) >= 3
    assert signal.getitimer(signal.ITIMER_REAL)[1] == pytest.approx(0.02, abs=0.001)


def test_a_foreign_alarm_without_a_handler_ends_the_process_as_it_would_have() -> None:
    script = """
        import signal, time
        from maestro_fabric.resilience import timeout
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        timeout(20).call(time.sleep, 20)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], timeout=20, check=False)
    assert done.returncode == -signal.SIGALRM


def test_whenever_it_rings_all_is_put_back(foreign_alarms: list[float]) -> None:
    """Calls that end at about the moment at which the alarm rings, before, in and after it."""
    handler = signal.getsignal(signal.SIGALRM)
    outcomes = Counter[str]()
    for number in range(400):
        until = time.perf_counter() + 0.0002 + (number % 40) * 0.00003
        try:
            timeout(0.001).call(_spin_until, until)
            outcomes["in time"] += 1
        except CallTimeout:
            outcomes["timed out"] += 1
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        assert signal.getsignal(signal.SIGALRM) is handler
    assert set(outcomes) == {"in time", "timed out"}
    assert foreign_alarms == []


@pytest.mark.parametrize("rings", [1, 2, 3])
def test_it_may_ring_while_the_alarm_is_set_and_again_while_that_is_answered(
    foreign_alarms: list[float], monkeypatch: pytest.MonkeyPatch, rings: int
) -> None:
    """As on a busy machine, where a millisecond passes between two instructions."""
    handler, set_timer = signal.getsignal(signal.SIGALRM), alarm._set_timer
    left = list(range(rings))

    def set_late(which: int, seconds: float, *every_s: float) -> tuple[float, float]:
        found = set_timer(which, seconds, *every_s)
        if left:
            left.pop()
            _spin_until(time.perf_counter() + 0.002)
            signal.raise_signal(signal.SIGALRM)
        return found

    monkeypatch.setattr(alarm, "_set_timer", set_late)
    with pytest.raises(CallTimeout):
        timeout(0.001).call(spin)
    assert left == foreign_alarms == []
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is handler


def _spin_until(moment: float) -> None:
    while time.perf_counter() < moment:
        pass


@pytest.mark.parametrize(("outer_s", "inner_s", "named"), [(0.05, 5, "outer"), (5, 0.05, "inner")])
def test_of_two_that_are_nested_the_one_that_is_due_ends_the_call(outer_s: float, inner_s: float, named: str) -> None:
    inner = timeout(inner_s, name="inner")(time.sleep)
    with pytest.raises(CallTimeout, match=named):
        timeout(outer_s, name="outer").call(inner, 3)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_the_outer_one_still_holds_after_the_inner_one_was_in_time() -> None:
    def call() -> None:
        timeout(5, name="inner").call(time.sleep, 0)
        time.sleep(5)

    with pytest.raises(CallTimeout, match="outer"):
        timeout(0.05, name="outer").call(call)


def test_a_block_can_be_timed_and_blocks_nest() -> None:
    limit = timeout(0.05, name="block")
    with pytest.raises(CallTimeout, match="block"), timeout(5), limit:
        time.sleep(5)
    with limit, limit:
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_thread_calls_in_another_thread() -> None:
    assert in_a_thread(lambda: timeout(5).call(int, "7")) == 7
    assert isinstance(in_a_thread(lambda: timeout(5).call(int, "x")), ValueError)
    release = threading.Event()
    assert isinstance(in_a_thread(lambda: timeout(0.05).call(release.wait, 10)), CallTimeout)
    release.set()
    refused = in_a_thread(lambda: timeout(1).__enter__())
    assert isinstance(refused, RuntimeError)
    assert "guard a function instead" in str(refused)


@pytest.mark.asyncio
async def test_a_task_is_cancelled_where_it_waits() -> None:
    cancelled: list[bool] = []

    @timeout(0.05, name="shop")
    async def hang() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(CallTimeout, match="shop"):
        await hang()
    with pytest.raises(CallTimeout, match="block"):
        async with timeout(0.05, name="block"):
            await asyncio.sleep(5)
    async with timeout(5):
        assert cancelled == [True]


@pytest.mark.asyncio
async def test_a_time_out_of_the_call_itself_is_not_ours() -> None:
    @timeout(5)
    async def call() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine") as caught:
        await call()
    assert not isinstance(caught.value, CallTimeout)


def test_the_deadline_shortens_it() -> None:
    began = time.monotonic()
    with pytest.raises(CallTimeout), deadline(0.05):
        timeout(5).call(time.sleep, 5)
    assert time.monotonic() - began < 2


def test_without_time_left_the_call_is_not_made() -> None:
    calls: list[int] = []
    with deadline(0.01):
        time.sleep(0.02)
        with pytest.raises(CallTimeout):
            timeout(5).call(calls.append, 1)
    assert calls == []


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_at_all_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="needs some time"):
        timeout(seconds)
    with pytest.raises(ValueError, match="lies ahead"):
        deadline(seconds)


def test_brackets_are_asked_for() -> None:
    with pytest.raises(TypeError, match=r"@timeout\(\)"):
        timeout(spin)  # type: ignore[arg-type]
