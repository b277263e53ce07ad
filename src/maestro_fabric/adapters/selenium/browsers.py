"""The browsers of this process: one for each way of starting it, kept over suites for a little while."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.adapters.selenium.launch import Launch, Launched, Program, launch
from maestro_fabric.ports import StartChild

__all__ = ["acquire", "discard", "release"]

LINGER_S = 3.0
"""Browsers outlive their suite for this long, for the next one to use."""


@dataclass(slots=True)
class _Kept:
    browser: Launched
    timer: threading.Timer


@dataclass(slots=True)
class _Shelf:
    """Browsers that nobody uses now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[Launch, _Kept] = field(default_factory=dict)

    def take(self, wanted: Launch) -> Launched | None:
        with self.lock:
            kept = self.kept.pop(wanted, None)
        if kept is None:
            return None
        kept.timer.cancel()
        return kept.browser

    def put(self, wanted: Launch, browser: Launched) -> None:
        timer = threading.Timer(LINGER_S, self._end, (wanted, browser))
        timer.daemon = True
        with self.lock:
            if not self.kept:
                atexit.register(self.clear)
            other = self.kept.get(wanted)
            self.kept[wanted] = _Kept(browser, timer)
        timer.start()
        if other is not None:
            other.timer.cancel()
            other.browser.end()

    def clear(self) -> None:
        """End all of them now; for the process's exit."""
        with self.lock:
            left = list(self.kept.values())
            self.kept.clear()
        for kept in left:
            kept.timer.cancel()
            kept.browser.end()

    def _end(self, wanted: Launch, browser: Launched) -> None:
        with self.lock:
            if wanted not in self.kept or self.kept[wanted].browser is not browser:
                return
            del self.kept[wanted]
        browser.end()


def acquire(wanted: Launch, start_child: StartChild, left_s: Callable[[], float]) -> Launched:
    """A browser, taken from the shelf or started; give it back by `release` or `discard`.

    Args:
        wanted: Which.
        start_child: Starts a driver.
        left_s: How long a Grid may take.

    Raises:
        PluginError: when a program is missing or does not start.
        TransportError: when the Grid does not answer.
    """
    browser = _SHELF.take(wanted)
    if browser is not None and browser.is_alive():
        return browser
    if browser is not None:
        browser.end()
    return launch(wanted, os.environ, lambda command: _started(command, start_child), left_s)


def release(wanted: Launch, browser: Launched) -> None:
    """Put a browser back; it ends a little later unless another suite takes it."""
    _SHELF.put(wanted, browser)


def discard(browser: Launched) -> None:
    """End a browser that is broken."""
    browser.kill()


def _started(command: Sequence[str], start_child: StartChild) -> Program:
    # What a driver says helps nobody who reads a run: its answers say it, too.
    return start_child(command, Path.cwd(), os.environ, Path(os.devnull), stop_within_s=0.5)


# State of the process and not of an object, because what it holds is: one browser serves all suites of a worker.
_SHELF = _Shelf()
