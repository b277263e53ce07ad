"""One body for sync and async: a pattern tells what it does as a generator of steps, and two short drivers carry the steps out.

    def flow(self, ticket=None):
        for wait_s in self.waits:
            try:
                return (yield CALL)
            except ConnectionError:
                yield Sleep(wait_s, self.clock)

The idea is that of httpx's authentication flows (`httpx/_auth.py`). What differs between a thread and a task lies in the steps
(`Step.run` and `Step.run_async`), never in a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from maestro_fabric.resilience.defaults import pause

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["CALL", "Call", "Finished", "Flow", "Sleep", "Step", "drive", "drive_async", "give", "throw"]

Call = partial[Any]
"""The guarded function with its arguments; calling it gives a result, or in a task an awaitable of one."""


class Step(Protocol):
    """What a flow asks its driver to do; the flow gets what came of it, or the exception, where it yielded."""

    def run(self, call: Call) -> Any:
        """Do it in a thread."""

    async def run_async(self, call: Call) -> Any:
        """Do it in a task."""


class _Call:
    """Make the call."""

    __slots__ = ()

    def run(self, call: Call) -> Any:
        return call()

    async def run_async(self, call: Call) -> Any:
        return await call()


CALL = _Call()


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait so many seconds."""

    seconds: float
    clock: Clock

    def run(self, call: Call) -> None:
        """Block the thread."""
        self.clock.sleep(self.seconds)

    async def run_async(self, call: Call) -> None:
        """Let other tasks run."""
        await pause(self.clock, self.seconds)


Flow = Generator[Step, Any, Any]
"""What a pattern does around one call of a user: steps, then the result or an exception."""


def drive(flow: Flow, call: Call, known: Callable[[], Any] | None = None) -> Any:
    """Carry a flow out in this thread; its result.

    Args:
        flow: A fresh flow.
        call: The guarded function with its arguments.
        known: What the first step gives when the call was made already (`maestro_fabric.resilience.pattern` tells why).
    """
    step: Step | Finished = flow.send(None)
    while not isinstance(step, Finished):
        try:
            value = step.run(call) if known is None else known()
        except BaseException as error:
            known = None
            step = throw(flow, error)
        else:
            known = None
            step = give(flow, value)
    return step.value


async def drive_async(flow: Flow, call: Call, known: Callable[[], Any] | None = None) -> Any:
    """Carry a flow out in this task: `drive`, word for word, but for one ``await``."""
    step: Step | Finished = flow.send(None)
    while not isinstance(step, Finished):
        try:
            value = await step.run_async(call) if known is None else known()
        except BaseException as error:
            known = None
            step = throw(flow, error)
        else:
            known = None
            step = give(flow, value)
    return step.value


@dataclass(slots=True)
class Finished:
    """The end of a flow, with its result."""

    value: Any


def give(flow: Flow, value: Any) -> Step | Finished:
    """Tell a flow what came of its step; what it wants next."""
    try:
        return flow.send(value)
    except StopIteration as end:
        return Finished(end.value)


def throw(flow: Flow, error: BaseException) -> Step | Finished:
    """Tell a flow that its step raised; what it wants next, unless it raises."""
    try:
        return flow.throw(error)
    except StopIteration as end:
        return Finished(end.value)
    except RuntimeError as changed:
        # A generator cannot let the guarded function's StopIteration through (PEP 479). contextlib.contextmanager does the same.
        if isinstance(error, StopIteration) and changed.__cause__ is error:
            raise error from None
        raise
    finally:
        del error  # this frame is in its traceback, and they would keep each other alive
