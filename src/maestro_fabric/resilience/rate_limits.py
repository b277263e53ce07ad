"""Rate limit: so many calls in so much time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import RateLimitExceeded
from maestro_fabric.resilience.deadlines import left_s
from maestro_fabric.resilience.events import CallRejected, OnEvent, Waited
from maestro_fabric.resilience.flow import CALL, Flow, Sleep
from maestro_fabric.resilience.pattern import Guard, needs_number

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["rate_limit"]


class rate_limit(Guard):  # noqa: N801 - used like a function, as contextlib.suppress is
    """Lets ``calls`` calls through in every ``per`` seconds, evenly; a later one waits for its turn, or is refused.

    Turns are given in the order of coming. Within any span of ``t`` seconds at most ``burst + t * calls / per`` calls begin.

    Args:
        calls: How many.
        per: In how many seconds.
        burst: How many may come at once after a rest; ``calls`` unless told otherwise.
        wait: For how many seconds a call may wait; never past the deadline. 0 refuses at once.
        name: What messages call it.
        clock: Time.
        on_event: Gets `CallRejected` and `Waited`.

    Raises:
        ValueError: for numbers that are not above 0, or a negative wait.

    Source:
        The generic cell rate algorithm (ITU-T I.371): one moment is all the state there is.
    """

    kind = "rate limit"

    def __init__(
        self,
        calls: float,
        per: float = 1.0,
        *,
        burst: float | None = None,
        wait: float = 0.0,
        name: str = "",
        clock: Clock | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        super().__init__(name, on_event)
        needs_number("calls", calls, decorator="@rate_limit(calls)")
        burst = max(1.0, calls) if burst is None else burst
        if not (calls > 0 and per > 0 and burst >= 1 and wait >= 0):
            raise ValueError(f"{calls=}, {per=}, {burst=}, {wait=}: calls and per must be above 0, burst at least 1, wait not negative")
        self._spacing_s = per / calls
        self._tolerance_s = self._spacing_s * (burst - 1)
        self._wait_s = wait
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._next_even = float("-inf")  # when the next call would come if all came evenly

    def describe(self) -> str:
        """What it does, in a line."""
        return f"a call every {self._spacing_s:g} s, a wait of up to {self._wait_s:g} s"

    def begin(self) -> bool | None:
        """A turn that is due now."""
        return self._reserve(0.0) == 0.0 or None

    def flow(self, ticket: object = None) -> Flow:
        """Reserve a turn, wait for it, call."""
        if ticket is None:
            longest_s = min(self._wait_s, left_s())
            wait_s = self._reserve(longest_s)
            if wait_s > longest_s:
                error = RateLimitExceeded(self.name, wait_s)
                self._tell(CallRejected(self.kind, self.name, error))
                raise error
            if wait_s > 0:
                yield Sleep(wait_s, self._clock)
                self._tell(Waited(self.kind, self.name, wait_s))
        return (yield CALL)

    def _reserve(self, longest_s: float) -> float:
        """Seconds until the turn of a call; it is taken unless that is longer than ``longest_s``."""
        with self._lock:
            now = self._clock.monotonic()
            even = max(now, self._next_even)
            wait_s = max(0.0, even - self._tolerance_s - now)
            if wait_s <= longest_s:
                self._next_even = even + self._spacing_s
            return wait_s
