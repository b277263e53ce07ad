"""The one writer of a run: a sink that buffers, commits in the reporting thread, and never breaks the run."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.aggregator.database import explain, is_locked, open_database
from maestro_fabric.aggregator.pending import Pending
from maestro_fabric.aggregator.records import CaseKey, PlainPass
from maestro_fabric.aggregator.recovery import recover
from maestro_fabric.aggregator.rows import Tables
from maestro_fabric.aggregator.spill import Spill
from maestro_fabric.errors import StoreError
from maestro_fabric.events import Event, RunFinished, RunStarted
from maestro_fabric.life_lock import LifeLock
from maestro_fabric.model import Status

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["COMMIT_EVERY_S", "PATIENCE_S", "StoreWriter"]

COMMIT_EVERY_S = 0.1
"""Seconds between commits. A thread of its own for writing, fed by a queue, costs a run 16 % CPU; this costs nothing visible."""

PATIENCE_S = 40.0
"""Seconds for which the opening and the closing wait for a program that keeps the file locked."""

_PAUSE_S = 0.05


class StoreWriter:
    """Writes one run after another into a store; safe to use from several threads.

    Results are committed in the thread that reports them when `COMMIT_EVERY_S` have passed since the last commit; one thread
    commits what is left when nothing more comes. When the file cannot be written to in mid-run, results go to a side
    file that the next opening reads in, and `warnings` says so.

    Args:
        path: The store's file; made with its folders when it is not there.
        clock: Time.
        patience_s: How long to wait, in seconds, at the opening and at the closing, for another program's lock.
        is_ticking: Whether a thread commits what is left; without it, only reports, `flush` and `close` do.

    Attributes:
        path: The store's file.
        warnings: What a person should know, one text each; grows at most once a run.
        due: The moment on the clock's ``monotonic()`` from which on the next report, or `tick`, commits.

    Raises:
        StoreError: when the store cannot be opened; the message says what to do.
    """

    def __init__(self, path: Path, *, clock: Clock, patience_s: float = PATIENCE_S, is_ticking: bool = True) -> None:
        self.path = Path(path).absolute()
        self.warnings: list[str] = []
        self._clock = clock
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._pending: Pending | None = None
        self._run_lock: LifeLock | None = None
        self._spill: Spill | None = None
        self._obstacle: Exception = sqlite3.Error()  # what the last write failed on
        self._source: Callable[[], Sequence[PlainPass]] | None = None
        self.due = 0.0
        self._closed = threading.Event()
        self._connection = open_database(self.path, clock=clock, patience_s=patience_s)
        self._tables = Tables(self._connection)
        self._recover()
        self._ticker = threading.Thread(target=self._tick, name="maestro-store", daemon=True)
        if is_ticking:
            self._ticker.start()

    def receive(self, event: Event) -> None:
        """Take one event of the run.

        Raises:
            StoreError: when a run starts whose lock cannot be made, or an event comes before a run.
        """
        with self._lock:
            if isinstance(event, RunStarted):
                self._begin(event)
            else:
                self._take_passes()
                self._current().take(event)
            if isinstance(event, RunFinished):
                self._finish()
            elif self._clock.monotonic() >= self.due:
                self._commit()

    def add_plain(
        self,
        *,
        suite: str,
        name: str,
        params: str,
        status: Status,
        started_at: float,
        duration_s: float,
        worker: str = "",
        project: str = "",
    ) -> None:
        """Take a case that had one attempt and has nothing but a status: the short way for thousands of trivial tests.

        Args:
            suite: The suite's name.
            name: The case's name.
            params: Its parameter id; empty for none.
            status: What became of it.
            started_at: Seconds since the epoch, UTC.
            duration_s: Seconds.
            worker: The process it ran in; empty when there is one only.
            project: The suite's project.
        """
        with self._lock:
            self._current().take_plain(CaseKey(project, suite, name, params), status, started_at, duration_s, worker)
            if self._clock.monotonic() >= self.due:
                self._commit()

    def pull(self, source: Callable[[], Sequence[PlainPass]]) -> None:
        """From now on ask this for cases that plainly passed, before each commit and before each event is taken.

        The short way for ten thousand trivial tests: whoever hears of them appends to a list, looks whether a commit is `due`,
        and has the rest of the work done for all tests of 100 ms at once.

        Args:
            source: Gives what has come since it was asked last, by one thread at a time.
        """
        self._source = source

    def tick(self) -> float:
        """Commit when it is due; the seconds until it will be. For an owner that has a thread of its own and wants no second one."""
        with self._lock:
            left_s = self.due - self._clock.monotonic()
            if left_s <= 0:
                self._commit()
                left_s = COMMIT_EVERY_S
        return min(max(left_s, 0.001), COMMIT_EVERY_S)

    def flush(self) -> bool:
        """Commit what is pending now; whether nothing is left, which a lock held by another program may prevent."""
        with self._lock:
            return self._commit()

    def close(self) -> None:
        """Commit what is left and free the file. A run that was not finished is interrupted. A second call does nothing."""
        if self._closed.is_set() or os.getpid() != self._process:
            return
        self._closed.set()
        if self._ticker.is_alive():
            self._ticker.join()
        with self._lock:
            if self._pending is not None:
                if self._pending.run.status == "running":
                    self._take_passes()
                    self._pending.end("interrupted", self._clock.now())
                self._finish()
            self._connection.close()

    def _recover(self) -> None:
        """Make good what earlier runs left behind; what cannot be done now is left to the next opening."""
        try:
            self.warnings += recover(self._connection, self.path)
        except (sqlite3.Error, OSError) as error:
            self.warnings.append(f"results of an earlier run could not be taken into the store, the next opening tries again: {error}")

    def _begin(self, event: RunStarted) -> None:
        if self._pending is not None:
            raise StoreError(f"run {self._pending.run.info.run_id} has not finished, so {event.run.run_id} cannot start in the same writer")
        try:
            # Before the run's row: whoever reads the row must find the lock held.
            self._run_lock = LifeLock(self.path, event.run.run_id)
        except OSError as error:
            raise StoreError(explain(self.path, error)) from error
        self._pending = Pending(event.run)
        self._spill = None
        self._commit()

    def _current(self) -> Pending:
        if self._pending is None:
            raise StoreError("the store was told of a case before its run: send RunStarted first")
        return self._pending

    def _take_passes(self) -> None:
        """Note what the source has, in the order of its coming: before the event that came after it."""
        if self._source is not None and (passes := self._source()):
            self._current().take_passes(passes)

    def _commit(self) -> bool:
        """Write what is pending, to the store or, when that fails for good, to the side file. The lock is held."""
        self._take_passes()
        pending = self._pending
        if pending is None or not pending:
            return True
        if os.getpid() != self._process:
            return False  # a forked child has a copy of the buffer; the results are its parent's to write
        try:
            if self._spill is None:
                self._tables.write(pending.batch())
            else:
                self._spill.write(pending.batch())
            pending.written()
        except (sqlite3.Error, ValueError, OverflowError) as error:  # the last two: a value that no column takes
            self._obstacle = error
            return not is_locked(error) and self._start_spill()
        except OSError as error:
            self._warn(f"results cannot be written, neither to the store {str(self.path)!r} nor to a side file: {error}")
            return False
        finally:
            self.due = self._clock.monotonic() + COMMIT_EVERY_S
        return True

    def _start_spill(self) -> bool:
        """From here on, the run's results go to a side file. Going back and forth could put an older row over a newer one."""
        pending = self._current()
        problem = explain(self.path, self._obstacle)
        self._spill = Spill(self.path, pending.run.info.run_id)
        try:
            self._spill.write(pending.batch())
        except OSError as error:
            self._warn(f"{problem}; a side file could not be written either ({error}): results are kept in memory only")
            return False
        pending.written()
        self._warn(f"{problem}; results go to {str(self._spill.path)!r}, and the next run with this store takes them in")
        return True

    def _finish(self) -> None:
        """Write the rest of a run, with patience, and free its lock. The lock of the writer is held."""
        give_up_at = self._clock.monotonic() + self._patience_s
        while not self._commit() and self._spill is None:
            if self._clock.monotonic() >= give_up_at:
                self._start_spill()
                break
            self._clock.sleep(_PAUSE_S)
        self._pending = None
        if self._run_lock is not None:
            self._run_lock.release()

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def _tick(self) -> None:
        wait_s = COMMIT_EVERY_S
        while not self._closed.wait(wait_s):
            wait_s = self.tick()
