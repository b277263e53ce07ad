"""Where a circuit breaker's ledger is kept: in this process, or wherever a store of another module keeps it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Protocol

from maestro_fabric.resilience.ledger import Ledger, Rules

__all__ = ["Book", "BreakerStore", "LocalBook"]


class Book(Protocol):
    """Keeps one ledger, and lets one caller at a time change it: ``with book as ledger:``."""

    def read(self) -> Ledger:
        """The ledger as it is now, to look at only."""

    def __enter__(self) -> Ledger:
        """The ledger, to change it while nobody else does."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Keep what was changed."""


class BreakerStore(Protocol):
    """Gives every process the same book for a name. Its ledgers hold moments of the wall clock, which processes have in common."""

    def open_book(self, name: str, rules: Rules) -> Book:
        """The book of a name, a fresh one at first."""


class LocalBook:
    """A ledger for the threads and tasks of this process."""

    __slots__ = ("_acquire", "_ledger", "_release", "read")

    def __init__(self, rules: Rules) -> None:
        ledger = Ledger(rules)
        lock = threading.Lock()
        self._ledger, self._acquire, self._release = ledger, lock.acquire, lock.release
        self.read = lambda: ledger

    def __enter__(self) -> Ledger:
        self._acquire()
        return self._ledger

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._release()
