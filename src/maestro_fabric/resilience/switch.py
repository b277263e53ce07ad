"""`disabled()`: a user's own tests run without policies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SWITCH", "disabled"]


class _Switch:
    """Whether policies are off. One for the whole process: the code under test may call them from threads of its own."""

    __slots__ = ("_depth", "_lock", "is_off")

    def __init__(self) -> None:
        self.is_off = False
        self._depth = 0
        self._lock = threading.Lock()

    def turn(self, by: int) -> None:
        with self._lock:
            self._depth += by
            self.is_off = self._depth > 0


SWITCH = _Switch()


@contextmanager
def disabled() -> Iterator[None]:
    """Until the end of the block, every pattern only calls what it guards, in all threads: nothing is counted, tried again or timed.

    Blocks may be nested. A call that began before the block goes on as it began.
    """
    SWITCH.turn(+1)
    try:
        yield
    finally:
        SWITCH.turn(-1)
