"""Timeout: a call that takes too long is ended, or left to itself where it cannot be ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from maestro_fabric.errors import TimeoutError as CallTimeout
from maestro_fabric.resilience.alarm import Alarm, Rang, can_ring, never_ring_in
from maestro_fabric.resilience.deadlines import current_deadline, left_s
from maestro_fabric.resilience.events import OnEvent, TimedOut
from maestro_fabric.resilience.flow import CALL, Call, Finished, Flow
from maestro_fabric.resilience.pattern import Pattern, is_coroutine_function, needs_number, pop, push
from maestro_fabric.resilience.switch import SWITCH

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["timeout"]


P = ParamSpec("P")
T = TypeVar("T")
_FOR_EVER = float("inf")


class timeout(Pattern):  # noqa: N801 - used like a function, as asyncio.timeout is
    """Gives a call ``seconds``, or what is left until the deadline when that is less.

    - In a coroutine the task is cancelled at the point where it waits (`asyncio.timeout`).
    - In the main thread on POSIX a timer signal interrupts it, also in ``time.sleep``, a lock or a socket. A C extension that does not
      return to Python is interrupted when it does.
    - In another thread, and on Windows, the call is made in a thread of its own. A thread cannot be ended: on time-out it is left to
      itself, and what it does later is lost.

    Args:
        seconds: How long a call may take; infinity is until the deadline.
        name: What messages call it.
        on_event: Gets `TimedOut`.

    Raises:
        ValueError: unless ``seconds`` is above 0.
    """

    kind = "timeout"

    def __init__(self, seconds: float = 5.0, *, name: str = "", on_event: OnEvent | None = None) -> None:
        super().__init__(name, on_event)
        needs_number("seconds", seconds, decorator="@timeout()")
        if not seconds > 0:
            raise ValueError(f"a call needs some time: {seconds!r} seconds are none")
        self.seconds = float(seconds)

    def describe(self) -> str:
        """What it does, in a line."""
        return f"ends an attempt after {self.seconds:g} s"

    def surround(self, function: Callable[P, T]) -> Callable[P, T]:
        """A plain function that makes timed calls: in the main thread without a flow, which would double the cost."""
        guarded, seconds = super().surround(function), self.seconds
        if is_coroutine_function(function):
            return guarded

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            within_s = seconds if (current := current_deadline()) is None else min(seconds, current.left_s)
            if not 0 < within_s < _FOR_EVER or SWITCH.is_off or not can_ring():
                return guarded(*args, **kwargs)
            alarm = Alarm(within_s)
            try:
                with alarm:
                    return function(*args, **kwargs)
            except Rang as rang:
                if rang.alarm is not alarm:
                    raise
                raise self._timed_out(within_s) from rang

        return timed

    def flow(self, ticket: None = None) -> Flow:
        """Make the call within the time that there is."""
        within_s = min(self.seconds, left_s())
        try:
            if within_s <= 0:
                raise _Expired
            return (yield CALL if within_s == _FOR_EVER else _Within(within_s))
        except _Expired as expired:
            raise self._timed_out(within_s) from expired.__cause__

    def _timed_out(self, within_s: float) -> CallTimeout:
        self._tell(TimedOut(self.name, within_s))
        return CallTimeout("the call" if self.name == self.kind else self.name, within_s)

    def __enter__(self) -> Self:
        if not can_ring():
            raise RuntimeError(f"{self!r}: a block can be interrupted in the main thread on POSIX only; guard a function instead")
        within_s = min(self.seconds, left_s())
        entered = None if SWITCH.is_off or within_s == _FOR_EVER else (within_s, Alarm(within_s))
        push(self, entered)
        if entered is not None:
            entered[1].__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        entered = pop(self)
        if entered is None:
            return
        within_s, alarm = entered
        alarm.__exit__(kind, error, trace)
        if isinstance(error, Rang) and error.alarm is alarm:
            raise self._timed_out(within_s) from error

    async def __aenter__(self) -> Self:
        import asyncio

        within_s = min(self.seconds, left_s())
        limit = asyncio.timeout(None if SWITCH.is_off or within_s == _FOR_EVER else within_s)
        await limit.__aenter__()
        push(self, (within_s, limit))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        within_s, limit = pop(self)
        try:
            await limit.__aexit__(kind, error, trace)
        except TimeoutError as expired:
            raise self._timed_out(within_s) from expired


class _Expired(Exception):
    """The step's time was over; its cause says where."""


@dataclass(slots=True)
class _Within:
    """Make the call, and end it after so many seconds."""

    seconds: float

    def run(self, call: Call) -> Any:
        return _in_own_thread(call, self.seconds)  # the main thread of a POSIX system has its shortcut above

    async def run_async(self, call: Call) -> Any:
        import asyncio

        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                return await call()
        except TimeoutError as error:
            if limit.expired():
                raise _Expired from error
            raise  # the call's own


def _in_own_thread(call: Call, seconds: float) -> Any:
    outcomes: list[Finished | BaseException] = []

    def work() -> None:
        try:
            outcomes.append(Finished(call()))
        except BaseException as error:
            outcomes.append(error)  # raised again in the thread that waits

    thread = threading.Thread(target=copy_context().run, args=(work,), name="maestro-timeout", daemon=True)
    thread.start()
    thread.join(min(seconds, threading.TIMEOUT_MAX))
    if not outcomes:
        raise _Expired
    outcome = outcomes.pop()
    if isinstance(outcome, Finished):
        return outcome.value
    try:
        raise outcome
    finally:
        del outcome  # its traceback holds this frame


never_ring_in(timeout.__enter__, timeout.__exit__, push, pop)
