"""A retry budget: further attempts are a share of the calls, so that retries cannot multiply an outage."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from maestro_fabric.clock import SystemClock

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["RetryBudget"]


class RetryBudget:
    """Tokens: every call brings ``share`` of one, every further attempt costs one. Share one budget between all callers of a dependency.

    Within any span, further attempts are at most ``reserve`` plus ``share`` of the calls plus ``per_second`` for each second.

    Args:
        share: Further attempts for each call; 0.1 is one for ten calls.
        per_second: Tokens that come by themselves, so that a rare caller may still try again.
        reserve: Tokens at the start, and the most that are ever kept.
        clock: Time.

    Raises:
        ValueError: for a negative number.

    Source:
        Finagle's RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries) and gRPC's retry throttling (gRFC A6).
    """

    def __init__(self, share: float = 0.1, *, per_second: float = 0.5, reserve: float = 10.0, clock: Clock | None = None) -> None:
        if min(share, per_second, reserve) < 0:
            raise ValueError(f"a budget cannot hold less than nothing: {share=}, {per_second=}, {reserve=}")
        self._share, self._per_second, self._reserve = share, per_second, reserve
        self._monotonic = (clock or SystemClock()).monotonic
        self._lock = threading.Lock()
        self._tokens = reserve
        self._at = self._monotonic()

    @property
    def tokens(self) -> float:
        """How many further attempts may be made now."""
        with self._lock:
            return self._refill()

    def deposit(self) -> None:
        """A call begins."""
        with self._lock:
            tokens = self._tokens + self._share
            self._tokens = tokens if tokens < self._reserve else self._reserve

    def withdraw(self) -> bool:
        """Pay for a further attempt; false when there is no token left, and the attempt must not be made."""
        with self._lock:
            if self._refill() < 1:
                return False
            self._tokens -= 1
            return True

    def _refill(self) -> float:
        now = self._monotonic()
        self._tokens = min(self._reserve, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return self._tokens
