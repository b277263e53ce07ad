"""The deadline of the call that is being made: it flows down through all patterns without being handed on by anybody."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from maestro_fabric.clock import SystemClock
from maestro_fabric.ports import Deadline
from maestro_fabric.resilience.flow import CALL, Flow
from maestro_fabric.resilience.pattern import Guard, needs_number

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["current_deadline", "deadline", "left_s"]

_CURRENT: ContextVar[Deadline | None] = ContextVar("maestro_resilience_deadline", default=None)


class deadline(Guard):  # noqa: N801 - used like a function, as contextlib.suppress is
    """So many seconds for all attempts and waits together.

    It interrupts nothing by itself. What is below it looks at it: a `timeout` is shortened to what is left, a `retry` does not
    sleep past it, a queue is not waited in past it. Deadlines may be nested; the earlier one holds. In a `Policy` the call itself is
    ended at the deadline, also without a timeout.

    Args:
        seconds: How long, above 0.
        name: What messages call it.
        clock: Time.

    Raises:
        ValueError: unless ``seconds`` is above 0.
    """

    kind = "deadline"

    def __init__(self, seconds: float, *, name: str = "", clock: Clock | None = None) -> None:
        super().__init__(name)
        needs_number("seconds", seconds, decorator="@deadline(seconds)")
        if not seconds > 0:
            raise ValueError(f"a deadline lies ahead: {seconds!r} seconds do not")
        self.seconds = seconds
        self._clock = clock or SystemClock()

    def describe(self) -> str:
        """What it does, in a line."""
        return f"{self.seconds:g} s for all attempts and waits"

    def flow(self, ticket: None = None) -> Flow:
        """Call with the deadline set."""
        outer = _CURRENT.get()
        inner = Deadline.after(self.seconds, self._clock) if outer is None else outer.within(self.seconds)
        before = _CURRENT.set(inner)
        try:
            return (yield CALL)
        finally:
            _CURRENT.reset(before)


def current_deadline() -> Deadline | None:
    """The deadline that holds here, for what wants to keep it too (a browser's timeout, a query's)."""
    return _CURRENT.get()


def left_s() -> float:
    """Seconds left until the deadline that holds here; infinity when none does."""
    current = _CURRENT.get()
    return float("inf") if current is None else current.left_s
