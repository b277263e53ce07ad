"""Takes tests that have ended and tells events. Lives in the one process that records: the controller under xdist."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import pytest

from maestro_fabric.reports.tally import Tally
from pytest_maestro.names import Names

if TYPE_CHECKING:
    from maestro_fabric.aggregator.records import PlainPass
    from maestro_fabric.events import Event
    from pytest_maestro.telling import Judge, Telling

__all__ = ["Ended", "OpenTest", "PlainNote", "PlainStore", "Recorder", "Source"]

PlainNote = tuple[str, float, float, str]
"""A test that plainly passed: node id, start, seconds, worker."""
Ended = tuple[str, float, list[pytest.TestReport]]
"""Another test that has ended: node id, start, the reports in the order in which they came."""
OpenTest = tuple[str, float, pytest.TestReport | None]
"""A test that goes on: node id, start, and its first report when there is one."""

_TELL_AFTER_S = 0.1


class PlainStore(Protocol):
    """Stores cases that plainly passed, many at once and cheaper than their events.

    Attributes:
        due: The moment on ``time.monotonic()`` from which on it should be flushed.
    """

    due: float

    def pull(self, source: Callable[[], Sequence[PlainPass]]) -> None:
        """Ask this for what has come, before anything is committed or an event is taken."""

    def flush(self) -> bool:
        """Commit now."""

    def tick(self) -> float:
        """Commit when it is due; the seconds until then."""


class Source(Protocol):
    """Where the recorder learns of tests."""

    def read(self, *, is_end: bool = False) -> tuple[Sequence[PlainNote], Sequence[Ended]]:
        """The plain passes and the other tests that have ended and were not given to the recorder yet."""

    def open_tests(self) -> Iterable[OpenTest]:
        """The tests that go on."""

    def is_open(self, nodeid: str) -> bool:
        """Whether it goes on still."""


def _nothing() -> None:
    """Who takes the events needs no beginning."""


class Recorder:
    """Takes what became of tests and tells events.

    A test that plainly passed is noted for ``store``, which asks for all of them when it commits; of all others the reports
    become the events of attempts. A test that runs for more than 100 ms is told as started by a thread, so that a run
    that is killed can name it, and quick ones cost nothing for that. The same thread commits what is left in the store
    when nothing more comes.

    Args:
        names: Gives identities.
        emit: Takes events; called by one thread at a time.
        store: Takes plain passes, and is told when to commit; ``None`` when nothing is stored.
        has_listeners: Whether plain passes are to be told as events too, since others than the store hear them.
        begin: Called before the first event of a case; calling it again does nothing.
        judge: Marks what is quarantined; ``None`` when nothing is.
    """

    def __init__(
        self,
        names: Names,
        emit: Callable[[Event], None],
        store: PlainStore | None,
        *,
        has_listeners: bool = True,
        begin: Callable[[], None] = _nothing,
        judge: Judge | None = None,
    ) -> None:
        self.tally = Tally()
        self.begin = begin
        self._names = names
        self._emit = emit
        self._judge = judge
        self._store = store
        self._plain = None if has_listeners else store
        self._passes: list[PlainNote] = []
        self._passed = 0
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._telling: Telling | None = None
        self._source: Source | None = None
        self._closing = threading.Event()
        self._teller = threading.Thread(target=self._tell_of_slow_ones, name="maestro-teller", daemon=True)

    def start(self, source: Source) -> None:
        """Begin to take tests from there, and to look for those that take long."""
        self._source = source
        if self._plain is not None:
            self._plain.pull(self._pull)
        self._teller.start()

    def stop(self) -> None:
        """No report follows; tests that are still open are told as started, so that the run's end names them."""
        self._closing.set()
        if self._teller.is_alive():
            self._teller.join()
        if self._source is not None:
            with self._lock:
                self._read(self._source, is_end=True)
                self._tell_open(self._source, older_than_s=0.0)
                if self._telling is not None:
                    self._telling.cut_off([nodeid for nodeid, _, _ in self._source.open_tests()])
        if self._store is not None:
            self._store.flush()
        self.tally.add_plain_passes(self._passed)
        self._passed = 0

    def takes_plain(self, nodeid: str) -> bool:
        """Whether a plain pass of this test is to be given to `take_plain`."""
        return self._plain is not None and (self._telling is None or not self._telling.has_earlier(nodeid))

    def take_plain(self, note: PlainNote) -> None:
        """Note a test that plainly passed and is open no more. Called for each one: it must be quick, and takes no lock."""
        # First it is gone from the source, then we look; the teller first says that it tells, then looks there. So one of the
        # two sees the other, and a test is never told as started after it was noted as passed.
        if note[0] in self._told:
            with self._lock:
                self._told.discard(note[0])
        self._passes.append(note)
        if self._plain is not None and time.monotonic() >= self._plain.due:
            self._plain.flush()

    def take_ended(self, ended: Ended) -> None:
        """Tell what became of another test."""
        with self._lock:
            self._take(ended)

    def take_inner(self, report: pytest.TestReport) -> None:
        """Tell of a case inside a container."""
        with self._lock:
            self.begin()
            self._tells().inner(report)

    def collection_failed(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected has a row of its own."""
        self.begin()
        with self._lock:
            self._tells().collection_failed(report)

    def read_when_due(self) -> None:
        """Read the source and commit when it is time; the thread does it too, this costs less where tests follow one another."""
        if self._plain is not None and time.monotonic() >= self._plain.due and self._source is not None:
            with self._lock:
                self._read(self._source)
            self._plain.flush()

    def _read(self, source: Source, *, is_end: bool = False) -> None:
        passes, ended = source.read(is_end=is_end)
        if not passes and not ended:
            return
        self.begin()
        self._passes += passes
        if self._told:
            self._told.difference_update([note[0] for note in passes])
        for each in ended:
            self._take(each)

    def _take(self, ended: Ended) -> None:
        self._told.discard(ended[0])
        self._tells().ended(*ended)

    def _pull(self) -> list[PlainPass]:
        """What was noted since the last time. Called under the store's lock, in either thread."""
        notes = self._passes[:]
        del self._passes[: len(notes)]  # the same list stays: who appends does not wait for us
        self._passed += len(notes)
        plain, project = self._names.plain, self._names.project
        return [((project, *plain(nodeid)), started_at, duration_s, worker) for nodeid, started_at, duration_s, worker in notes]

    def _tells(self) -> Telling:
        if self._telling is None:
            from pytest_maestro.telling import Telling, as_it_is  # not needed where everything plainly passes

            self._telling = Telling(self._names, self._emit, self.tally, self._judge or as_it_is)
        return self._telling

    def _tell_of_slow_ones(self) -> None:
        wait_s = _TELL_AFTER_S
        while self._source is not None and not self._closing.wait(wait_s):
            with self._lock:
                self._read(self._source)
                self._tell_open(self._source, older_than_s=_TELL_AFTER_S)
            if self._store is not None:
                wait_s = self._store.tick()

    def _tell_open(self, source: Source, *, older_than_s: float) -> None:
        opened = list(source.open_tests())
        latest = time.time() - older_than_s
        for nodeid, started_at, report in opened:
            if started_at <= latest and nodeid not in self._told:
                self._told.add(nodeid)
                if source.is_open(nodeid):
                    self._tells().started(nodeid, started_at, report)
                else:
                    self._told.discard(nodeid)
