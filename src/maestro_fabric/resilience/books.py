"""Where a circuit breaker's ledger is kept: in this process, or wherever a store of another module keeps it."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Protocol

from maestro_fabric.resilience.ledger import Ledger, Rules

__all__ = ["Book", "BreakerStore", "LocalBook"]


class Book(Protocol):
    """Keeps one ledger, and lets one caller at a time change it: ``with book.lock:`` change ``book.ledger``."""

    @property
    def ledger(self) -> Ledger:
        """The ledger; up to date, and to be changed, while the lock is held."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """While it is held nobody else changes the ledger; at its end the ledger is kept."""

    def read(self) -> Ledger:
        """The ledger as it is now, to look at only."""


class BreakerStore(Protocol):
    """Gives every process the same book for a name. Its ledgers hold moments of the wall clock, which processes have in common."""

    def open_book(self, name: str, rules: Rules) -> Book:
        """The book of a name, a fresh one at first."""


class LocalBook:
    """A ledger for the threads and tasks of this process. Its lock is a plain one, which no signal can interrupt half-way."""

    __slots__ = ("ledger", "lock", "read")

    def __init__(self, rules: Rules) -> None:
        ledger = Ledger(rules)
        self.ledger = ledger
        self.lock = threading.Lock()
        self.read = lambda: ledger
