"""Who is inside a bulkhead, and who waits, in the order of coming. It never waits itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

from maestro_fabric.resilience.flow import Call, Step

__all__ = ["LocalPlaces", "Place", "Places"]


class Place(Protocol):
    """Of one caller, inside or in the queue."""

    @property
    def is_inside(self) -> bool:
        """Whether it may go on."""


class Places(Protocol):
    """Gives places; a place that was asked for must be left, whatever became of it.

    Attributes:
        limit: How many may be inside.
    """

    limit: int

    def take(self) -> Any:
        """A place inside, or ``None`` when that would mean to wait."""

    def ask(self) -> Any:
        """A place inside, or one in the queue; ``None`` when the queue is full."""

    def wait(self, place: Any, within_s: float) -> Generator[Step, Any, None]:
        """Steps that wait until a place is inside, or so many seconds have passed."""

    def leave(self, place: Any) -> None:
        """Give a place up; the first of the queue gets it."""


@dataclass(slots=True, eq=False)
class LocalPlace:
    """A place for a thread or a task of this process."""

    is_inside: bool
    wake: Callable[[], object] | None = None


@dataclass(slots=True)
class LocalPlaces:
    """The places of one process; nobody who comes later goes in before one who waits.

    Attributes:
        limit: How many may be inside.
        max_waiting: How many may wait.
        inside: How many are inside.
        waiting: Who waits, oldest first.
    """

    limit: int
    max_waiting: int
    inside: int = 0
    waiting: deque[LocalPlace] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> LocalPlace | None:
        """A place inside, or ``None`` when that would mean to wait."""
        with self._lock:
            return self._enter()

    def ask(self) -> LocalPlace | None:
        """A place inside, or one in the queue; ``None`` when the queue is full."""
        with self._lock:
            if (place := self._enter()) is not None:
                return place
            if len(self.waiting) >= self.max_waiting:
                return None
            self.waiting.append(place := LocalPlace(is_inside=False))
            return place

    def _enter(self) -> LocalPlace | None:
        if self.inside >= self.limit or self.waiting:
            return None
        self.inside += 1
        return LocalPlace(is_inside=True)

    def wait(self, place: LocalPlace, within_s: float) -> Generator[Step, Any, None]:
        """Steps that wait until a place is inside, or so many seconds have passed."""
        yield _Park(self, place, within_s)

    def leave(self, place: LocalPlace) -> None:
        """Give a place up; the first of the queue gets it."""
        wake = None
        with self._lock:
            if not place.is_inside:
                if place in self.waiting:
                    self.waiting.remove(place)
                return
            place.is_inside = False
            if self.waiting:
                heir = self.waiting.popleft()  # the number inside stays what it is
                heir.is_inside, wake = True, heir.wake
            else:
                self.inside -= 1
        if wake is not None:
            wake()

    def call_when_inside(self, place: LocalPlace, wake: Callable[[], object]) -> bool:
        """Call ``wake`` as soon as a place is inside, in the thread of whoever left; false when it is inside already."""
        with self._lock:
            place.wake = wake
            return not place.is_inside


@dataclass(frozen=True, slots=True)
class _Park:
    """Wait for a place without asking again and again."""

    places: LocalPlaces
    place: LocalPlace
    within_s: float

    def run(self, call: Call) -> None:
        event = threading.Event()
        if self.places.call_when_inside(self.place, event.set):
            event.wait(min(self.within_s, threading.TIMEOUT_MAX))

    async def run_async(self, call: Call) -> None:
        import asyncio

        loop, event = asyncio.get_running_loop(), asyncio.Event()
        # A loop that is closed has dropped the task that waited; its place is left when the task is collected.
        if self.places.call_when_inside(self.place, lambda: loop.is_closed() or loop.call_soon_threadsafe(event.set)):
            try:
                async with asyncio.timeout(None if self.within_s == float("inf") else self.within_s):
                    await event.wait()
            except TimeoutError:
                return  # the bulkhead looks whether the place is inside
