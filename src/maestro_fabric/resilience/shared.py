"""Breakers and bulkheads that processes share, in a small SQLite file.

    breaker = CircuitBreaker(name="shop", store=SharedBreakers("/tmp/run/resilience.db"))
    two_at_once = bulkhead(places=SharedPlaces("/tmp/run/resilience.db", "shop", limit=2, max_waiting=50))

The file holds the state of what runs now, not a history: put it where the run keeps its other files, and delete it afterwards. SQLite's
locks do not hold on network file systems.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import ReferenceType, ref

from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.folders import make_folder
from maestro_fabric.life_lock import LifeLock, is_held
from maestro_fabric.resilience.flow import Sleep, Step
from maestro_fabric.resilience.ledger import Ledger, Rules

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["SharedBreakers", "SharedPlaces"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS breakers (name TEXT PRIMARY KEY, rules TEXT NOT NULL, version INTEGER NOT NULL, ledger TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS places (id INTEGER PRIMARY KEY AUTOINCREMENT, bulkhead TEXT NOT NULL, owner TEXT NOT NULL) STRICT;
"""
_BUSY_TIMEOUT_S = 30.0
_POLL_S = 0.02
_LAST = 1 << 62


class _Database:
    """One connection for all threads of this process, opened when first used, and anew in a forked child."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.lock = threading.RLock()
        self._clock: Clock = SystemClock()
        self._connection: sqlite3.Connection | None = None
        self._owner = ""
        self._life: LifeLock | None = None
        self._inherited: list[object] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_forget_parent, ref(self)))

    @property
    def owner(self) -> str:
        """This process's name for the others, who see by a lock whether it lives."""
        with self._explained(), self.lock:
            if self._life is None:
                make_folder(self.path.parent)
                self._owner = uuid.uuid4().hex
                self._life = LifeLock(self.path, self._owner)
            return self._owner

    def is_alive(self, owner: str) -> bool:
        """Whether a process still runs."""
        return owner == self._owner or is_held(self.path, owner)

    def ask(self, question: str, *values: object) -> tuple[Any, ...] | None:
        """One row, or none."""
        with self._explained(), self.lock:
            row: tuple[Any, ...] | None = self._connect().execute(question, values).fetchone()
            return row

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process writes beside; undone when the block raises."""
        with self._explained(), self.lock:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection and tell the others that nothing here waits or is inside; the next use opens it again."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            if self._life is not None:
                self._life.release()
            self._connection = self._life = None

    def forget_parent(self) -> None:
        """Begin anew in a forked child. The parent's connection is neither used nor closed: both would break the parent's locks."""
        self.lock = threading.RLock()
        self._inherited.append(self._connection)
        if self._life is not None:
            self._life.disown()
        self._connection = self._life = None

    def _connect(self) -> sqlite3.Connection:
        give_up_at = self._clock.monotonic() + _BUSY_TIMEOUT_S
        while self._connection is None:
            try:
                self._connection = self._open()
            except sqlite3.OperationalError as error:
                # When several processes begin at once, SQLite does not wait for the one that turns to WAL mode, whatever the time-out.
                if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or self._clock.monotonic() >= give_up_at:
                    raise
                self._clock.sleep(_POLL_S)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        make_folder(self.path.parent)
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        # Nothing here is worth a sync to disk: after a power cut no process is left that shared it.
        try:
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", *_SCHEMA.split(";")):
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot share {str(self.path)!r} with other processes: {error}: delete it, or choose another place"
            ) from error


def _forget_parent(reference: ReferenceType[_Database]) -> None:
    if (database := reference()) is not None:
        database.forget_parent()


class SharedBreakers:
    """Keeps the ledgers of circuit breakers; every process that opens the same file has the same breakers, by name.

    Args:
        path: The file; made when first used, with the folders above it.
    """

    def __init__(self, path: str | Path) -> None:
        self._database = _Database(path)

    def open_book(self, name: str, rules: Rules) -> _SharedBook:
        """The book of a name, a fresh one at first.

        Raises:
            StoreError: when the file cannot be used, or another process gave the name other rules.
        """
        return _SharedBook(self._database, name, rules)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()


class _SharedBook:
    """One row. A process reads it again only when it has changed."""

    def __init__(self, database: _Database, name: str, rules: Rules) -> None:
        self._database, self._name = database, name
        self.ledger = Ledger(rules)
        self._version, self._loaded = -1, ""
        fresh, told = json.dumps(self.ledger.dump()), rules.describe()
        with database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO breakers VALUES (?, ?, 0, ?)", (name, told, fresh))
        row = database.ask("SELECT rules FROM breakers WHERE name = ?", name)
        if row is None or row[0] != told:
            theirs = row and row[0]
            raise StoreError(f"breaker {name!r} in {str(database.path)!r} {theirs}, here it {told}: use the same arguments everywhere")

    def read(self) -> Ledger:
        """The ledger as it is now, to look at only."""
        with self._database.lock:
            self._load()
            return self.ledger

    @property
    def lock(self) -> Self:
        """A transaction: the row is read at its start, and written at its end if it has changed."""
        return self

    def __enter__(self) -> None:
        writing = self._database.writing()
        self._connection = writing.__enter__()  # holds the lock, so that no other thread sees the next lines half done
        self._writing = writing
        self._load()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        after = json.dumps(self.ledger.dump())
        if error is None and after != self._loaded:
            self._version, self._loaded = self._version + 1, after
            self._connection.execute("UPDATE breakers SET version = ?, ledger = ? WHERE name = ?", (self._version, after, self._name))
        elif error is not None:
            self._version = -1  # the ledger is read anew
        self._writing.__exit__(kind, error, trace)

    def _load(self) -> None:
        row = self._database.ask("SELECT version, ledger FROM breakers WHERE name = ?", self._name)
        if row is not None and row[0] != self._version:
            self._version, self._loaded = row
            self.ledger.load(json.loads(self._loaded))


class SharedPlaces:
    """The places of a bulkhead that processes share; go in by the order of coming, across all of them.

    The places of a process that died are free as soon as another one looks.

    Args:
        path: The file; made when first used, with the folders above it.
        name: The bulkhead's name, the same in all processes.
        limit: How many may be inside, in all processes together.
        max_waiting: How many may wait.
        poll_s: Who waits looks again after so many seconds.
        clock: Time.
    """

    def __init__(
        self, path: str | Path, name: str, limit: int, max_waiting: int = 0, *, poll_s: float = _POLL_S, clock: Clock | None = None
    ) -> None:
        self._database = _Database(path)
        self._name, self.limit, self.max_waiting = name, limit, max_waiting
        self._poll_s, self._clock = poll_s, clock or SystemClock()

    def take(self) -> _SharedPlace | None:
        """A place inside, or ``None`` when that would mean to wait."""
        return self._add(self.limit)

    def ask(self) -> _SharedPlace | None:
        """A place inside, or one in the queue; ``None`` when the queue is full."""
        return self._add(self.limit + self.max_waiting)

    def wait(self, place: _SharedPlace, within_s: float) -> Generator[Step, Any, None]:
        """Steps that wait until a place is inside, or so many seconds have passed."""
        until = self._clock.monotonic() + within_s
        while not place.is_inside and (left_s := until - self._clock.monotonic()) > 0:
            yield Sleep(min(self._poll_s, left_s), self._clock)
            self._remove_dead()

    def leave(self, place: _SharedPlace) -> None:
        """Give a place up; the first of the queue has it from now on."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM places WHERE id = ?", (place.number,))

    def count_before(self, number: int) -> int:
        """How many came before a place, and have not left."""
        row = self._database.ask("SELECT count(*) FROM places WHERE bulkhead = ? AND id < ?", self._name, number)
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """Close the file and leave all places of this process; the next use opens it again."""
        self._database.close()

    def _add(self, limit: int) -> _SharedPlace | None:
        owner = self._database.owner
        if self.count_before(_LAST) >= self.limit:
            self._remove_dead()
        with self._database.writing() as connection:
            if self.count_before(_LAST) >= limit:
                return None
            added = connection.execute("INSERT INTO places (bulkhead, owner) VALUES (?, ?)", (self._name, owner))
            return _SharedPlace(self, int(added.lastrowid or 0))

    def _remove_dead(self) -> None:
        row = self._database.ask("SELECT group_concat(DISTINCT owner) FROM places WHERE bulkhead = ?", self._name)
        for owner in ((row and row[0]) or "").split(","):
            if owner and not self._database.is_alive(owner):
                with self._database.writing() as connection:
                    connection.execute("DELETE FROM places WHERE owner = ?", (owner,))


class _SharedPlace:
    """A row of the queue: who has less than ``limit`` rows before it is inside. Rows before it only ever go away."""

    def __init__(self, places: SharedPlaces, number: int) -> None:
        self._places, self.number = places, number
        self._is_inside = False

    @property
    def is_inside(self) -> bool:
        """Whether it may go on."""
        if not self._is_inside:
            self._is_inside = self._places.count_before(self.number) < self._places.limit
        return self._is_inside
