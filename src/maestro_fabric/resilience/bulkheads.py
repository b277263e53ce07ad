"""Bulkhead: so many at once, and so many who wait; the rest is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import BulkheadFullError
from maestro_fabric.resilience.deadlines import left_s
from maestro_fabric.resilience.events import CallRejected, OnEvent, Waited
from maestro_fabric.resilience.flow import CALL, Flow
from maestro_fabric.resilience.pattern import Guard, needs_number
from maestro_fabric.resilience.places import LocalPlaces, Places

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["bulkhead"]


class bulkhead(Guard):  # noqa: N801 - used like a function, as contextlib.suppress is
    """Lets ``limit`` calls be made at once; ``max_waiting`` more may wait, and go in by the order in which they came.

    Threads and tasks share the places and the queue.

    Args:
        limit: How many may be inside.
        max_waiting: How many may wait; 0 refuses at once.
        wait: For how many seconds at most; never past the deadline.
        name: What messages call it.
        places: Where the places are, when processes share them (`maestro_fabric.resilience.shared.SharedPlaces`); ``limit`` and
            ``max_waiting`` are then theirs.
        clock: Time, for the events.
        on_event: Gets `CallRejected` and `Waited`.

    Raises:
        ValueError: for a limit below 1 or a negative queue or wait.
    """

    kind = "bulkhead"

    def __init__(
        self,
        limit: int = 1,
        max_waiting: int = 0,
        wait: float = float("inf"),
        *,
        name: str = "",
        places: Places | None = None,
        clock: Clock | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        super().__init__(name, on_event)
        needs_number("limit", limit, decorator="@bulkhead()")
        if limit < 1 or max_waiting < 0 or wait < 0:
            raise ValueError(f"{limit=}, {max_waiting=}, {wait=}: at least one must be let in, and no queue or wait is negative")
        self._places: Places = LocalPlaces(limit, max_waiting) if places is None else places
        self.limit, self.wait_s = self._places.limit, wait
        self._monotonic = (clock or SystemClock()).monotonic

    def describe(self) -> str:
        """What it does, in a line."""
        return f"{self.limit} at once, others wait" + (f" up to {self.wait_s:g} s" if self.wait_s < float("inf") else "")

    def begin(self) -> Any:
        """A free place."""
        return self._places.take()

    def settle(self, ticket: Any, result: Any) -> bool:
        """Leave the place."""
        self._places.leave(ticket)
        return True

    def flow(self, ticket: Any = None) -> Flow:
        """Queue up, wait, call, leave."""
        place = self._places.ask() if ticket is None else ticket
        if place is None:
            raise self._refused(0.0)
        try:
            if not place.is_inside:
                began = self._monotonic()
                yield from self._places.wait(place, min(self.wait_s, left_s()))
                waited_s = self._monotonic() - began
                if not place.is_inside:
                    raise self._refused(waited_s)
                self._tell(Waited(self.kind, self.name, waited_s))
            return (yield CALL)
        finally:
            self._places.leave(place)

    def _refused(self, waited_s: float) -> BulkheadFullError:
        error = BulkheadFullError(self.name, self.limit, waited_s)
        self._tell(CallRejected(self.kind, self.name, error))
        return error
