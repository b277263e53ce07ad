"""Waits for what a page comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Waits", "poll"]


class Waits(Protocol):
    """A page that can be waited on."""

    def wait_for_timeout(self, timeout: float) -> None:
        """Wait so many milliseconds, and serve the page's events meanwhile."""


def poll(page: Waits, is_done: Callable[[], bool], within_s: float) -> bool:
    """Ask until the answer is yes or the time is over; whether it was yes. The page's events are served meanwhile."""
    until = time.monotonic() + within_s
    pauses_ms = iter((20, 50))
    while not is_done():
        left_ms = (until - time.monotonic()) * 1000
        if left_ms <= 0:
            return False
        page.wait_for_timeout(max(1.0, min(left_ms, next(pauses_ms, 80))))
    return True
