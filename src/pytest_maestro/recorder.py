"""Turns what pytest reports into events. Lives in the one process that records: the controller under xdist."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import pytest

from maestro_fabric.aggregator.records import PlainPass
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event
from maestro_fabric.model import Attempt, Case, Mark, Outcome, Status
from maestro_fabric.reports.tally import Tally
from pytest_maestro.attachments import EVENTS, INNER, Attachments
from pytest_maestro.inner_recording import InnerRecording, with_earlier
from pytest_maestro.names import Names
from pytest_maestro.outcomes import CRASHED, attempts_of, duration_of, outcome_of

__all__ = ["PlainStore", "Recorder"]

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


def _nothing() -> None:
    """Who takes the events needs no beginning."""


class Recorder:
    """Hears of every test and tells events.

    A test that plainly passed is noted for ``store``, which asks for all of them when it commits; for all others the reports
    between ``logstart`` and ``logfinish`` become the events of an attempt. A test that runs for more than 100 ms is told as
    started by a thread, so that a run that is killed can name it, and quick ones cost nothing for that. The same thread
    commits what is left in the store when nothing more comes.

    Args:
        names: Gives identities.
        emit: Takes events; called by one thread at a time.
        attachments: What reports are completed with before anybody else sees them.
        store: Takes plain passes, and is told when to commit; ``None`` when nothing is stored.
        has_listeners: Whether plain passes are to be told as events too, since others than the store hear them.
        begin: Called before the first event of a case; calling it again does nothing.
    """

    def __init__(
        self,
        names: Names,
        emit: Callable[[Event], None],
        attachments: Attachments,
        store: PlainStore | None,
        *,
        has_listeners: bool = True,
        begin: Callable[[], None] = _nothing,
    ) -> None:
        self.tally = Tally()
        self._names = names
        self._emit = emit
        self._attachments = attachments
        self._store = store
        self._plain = None if has_listeners else store
        self._passes: list[tuple[str, float, float, str]] = []
        self._passed = 0
        self._begin = begin
        self._lock = threading.Lock()
        # By node id: when it began, then its reports.
        self._open: dict[str, tuple[float, list[pytest.TestReport]]] = {}
        self._told: set[str] = set()
        self._earlier: dict[str, list[Attempt]] = {}
        self._inner = InnerRecording(emit, self.tally)
        self._closing = threading.Event()
        self._teller = threading.Thread(target=self._tell_of_slow_ones, name="maestro-teller", daemon=True)

    def start(self) -> None:
        """Begin to look for tests that take long."""
        if self._plain is not None:
            self._plain.pull(self._pull)
        self._teller.start()

    def stop(self) -> None:
        """No report follows; tests that are still open are told as started, so that the run's end names them."""
        self._closing.set()
        if self._teller.is_alive():
            self._teller.join()
        self._tell_open(older_than_s=0.0)
        self.tally.running.update((str(self._names.case(nodeid).id), None) for nodeid in self._open)
        self._inner.close_all()
        if self._store is not None:
            self._store.flush()
        self.tally.add_plain_passes(self._passed)
        self._passed = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, or its next attempt."""
        if nodeid not in self._open:
            self._begin()
            self._open[nodeid] = (time.time(), [])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended, or a case inside it, or its worker has."""
        if report.outcome != "passed" or self._attachments.redact is not None:
            self._attachments.complete(report)
        if INNER in report.__dict__:
            self._take_inner(report)
            return
        opened = self._open.get(report.nodeid)
        if opened is None:
            self._begin()
            opened = self._open[report.nodeid] = (time.time(), [])
        opened[1].append(report)
        if report.when == CRASHED:
            self._close(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test has ended, or one attempt of it."""
        opened = self._open.get(nodeid)
        if opened is None or not opened[1]:
            return
        if len(opened[1]) == 3 and self._plain is not None:
            setup, call, teardown = opened[1]
            if (
                setup.outcome == call.outcome == teardown.outcome == "passed"
                and "wasxfail" not in call.__dict__
                and EVENTS not in call.__dict__
                and nodeid not in self._earlier
            ):
                self._close_plain(self._plain, nodeid, setup, setup.duration + call.duration + teardown.duration)
                return
        self._close(nodeid)

    def collection_failed(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected has a row of its own."""
        self._begin()
        outcome = outcome_of([_as_setup(report)])
        attempt = Attempt(number=1, outcome=outcome, started_at=time.time(), duration_s=0.0)
        with self._lock:
            self._tell_attempts(self._names.case(report.nodeid), report.nodeid, [attempt])

    def _close_plain(self, store: PlainStore, nodeid: str, setup: pytest.TestReport, duration_s: float) -> None:
        """Note a test that plainly passed. Called for each one: it must be quick, and takes no lock."""
        note = (nodeid, setup.start, duration_s, setup.__dict__.get("worker_id", ""))
        # First it goes, then we look; the teller first says that it tells, then looks. So one of the two sees the other, and
        # a test is never told as started after it was noted as passed.
        del self._open[nodeid]
        if nodeid in self._told:
            with self._lock:
                self._told.discard(nodeid)
        self._passes.append(note)
        if time.monotonic() >= store.due:
            store.flush()

    def _pull(self) -> list[PlainPass]:
        """What was noted since the last time. Called under the store's lock, in either thread."""
        notes = self._passes[:]
        del self._passes[: len(notes)]  # the same list stays: who appends does not wait for us
        self._passed += len(notes)
        plain, project = self._names.plain, self._names.project
        return [((project, *plain(nodeid)), started_at, duration_s, worker) for nodeid, started_at, duration_s, worker in notes]

    def _close(self, nodeid: str) -> None:
        with self._lock:
            started_at, reports = self._open.pop(nodeid)
            self._told.discard(nodeid)
            case = self._names.case(nodeid, reports[-1].location)
            for attempt in attempts_of(reports):
                told = next((getattr(report, EVENTS) for report in attempt if hasattr(report, EVENTS)), None)
                if told is None:
                    self._close_native(case, nodeid, attempt, started_at)
                else:
                    self._close_told(nodeid, attempt, _events_of(told))
            self._inner.close(nodeid, is_repeated=_is_repeated(reports))

    def _take_inner(self, report: pytest.TestReport) -> None:
        with self._lock:
            self._begin()
            self._inner.take(report.nodeid, _events_of(getattr(report, EVENTS)))

    def _close_native(self, case: Case, nodeid: str, reports: Sequence[pytest.TestReport], started_at: float) -> None:
        earlier = self._earlier.get(nodeid, [])
        attempt = Attempt(
            number=len(earlier) + 1,
            outcome=outcome_of(reports),
            started_at=reports[0].start or started_at,
            duration_s=duration_of(reports),
            worker=getattr(reports[0], "worker_id", "") or _worker_of(reports[0]),
        )
        if _is_repeated(reports):
            self._earlier[nodeid] = [*earlier, attempt]
            self._emit(AttemptFinished(case, attempt, is_last=False))
            return
        self._tell_attempts(case, nodeid, [attempt])

    def _tell_attempts(self, case: Case, nodeid: str, attempts: Sequence[Attempt]) -> None:
        """Tell a case's last attempts and its end."""
        earlier = self._earlier.pop(nodeid, [])
        last = attempts[-1]
        for attempt in attempts:
            if earlier or _is_attempt(attempt.outcome):
                self._emit(AttemptFinished(case, attempt, is_last=attempt is last))
        self._tell_end(case, last.outcome, [*earlier, *attempts])

    def _tell_end(self, case: Case, outcome: Outcome, attempts: Sequence[Attempt]) -> None:
        marks = outcome.marks
        if outcome.status is Status.PASSED and any(attempt.outcome.status is not Status.PASSED for attempt in attempts):
            marks |= {Mark.FLAKY}
        duration_s = sum(attempt.duration_s for attempt in attempts)
        self._finish(CaseFinished(case, outcome.status, marks, time.time(), duration_s, outcome.reason))

    def _finish(self, event: CaseFinished) -> None:
        if event.is_counted:
            self.tally.add(event.case, event.status, event.marks, event.reason)
        self._emit(event)

    def _close_told(self, nodeid: str, reports: Sequence[pytest.TestReport], events: Sequence[Event]) -> None:
        """Tell the events of a YAML case; of one that rerunfailures repeats, they go on counting attempts."""
        earlier = self._earlier.pop(nodeid, [])
        is_repeated = _is_repeated(reports)
        tried: list[Attempt] = []
        for event in events:
            if isinstance(event, AttemptStarted):
                self._emit(replace(event, number=event.number + len(earlier)))
            elif isinstance(event, AttemptFinished):
                tried.append(replace(event.attempt, number=event.attempt.number + len(earlier)))
                self._emit(AttemptFinished(event.case, tried[-1], is_last=event.is_last and not is_repeated))
            elif not isinstance(event, CaseFinished):
                self._emit(event)
            elif not is_repeated:
                self._finish(with_earlier(_with_teardown(event, reports), earlier))
        if is_repeated:
            self._earlier[nodeid] = [*earlier, *tried]

    def _tell_of_slow_ones(self) -> None:
        wait_s = _TELL_AFTER_S
        while not self._closing.wait(wait_s):
            self._tell_open(older_than_s=_TELL_AFTER_S)
            if self._store is not None:
                wait_s = self._store.tick()

    def _tell_open(self, *, older_than_s: float) -> None:
        with self._lock:
            latest = time.time() - older_than_s
            # A copy: the thread that reports adds to it without the lock, which it must not wait for at each start.
            for nodeid, (started_at, reports) in list(self._open.items()):
                if started_at <= latest and nodeid not in self._told:
                    self._told.add(nodeid)
                    if nodeid not in self._open:
                        self._told.discard(nodeid)
                        continue
                    worker = _worker_of(reports[0]) if reports else ""
                    number = len(self._earlier.get(nodeid, ())) + 1
                    self._emit(AttemptStarted(self._names.case(nodeid), number, started_at, worker))


def _events_of(told: Sequence[dict[str, Any]]) -> list[Event]:
    from maestro_fabric.wire import from_wire  # only where a config has YAML cases

    return [from_wire(event) for event in told]


def _is_attempt(outcome: Outcome) -> bool:
    """Whether the case was tried at all: a skipped or blocked one was not, an expected failure was."""
    return outcome.status not in (Status.SKIPPED, Status.BLOCKED) or Mark.XFAILED in outcome.marks


def _is_repeated(reports: Sequence[pytest.TestReport]) -> bool:
    return any(str(report.outcome) == "rerun" for report in reports)


def _worker_of(report: pytest.TestReport) -> str:
    node = getattr(report, "node", None)
    return str(node.gateway.id) if node is not None else ""


def _with_teardown(event: CaseFinished, reports: Sequence[pytest.TestReport]) -> CaseFinished:
    """The case's end when something around it broke after it had passed."""
    broken = [report for report in reports if report.when == "teardown" and report.failed]
    if event.status.is_bad or not broken:
        return event
    fault = outcome_of(broken).fault
    return replace(event, status=Status.ERROR, reason=f"tear-down broke: {fault.message if fault else 'no reason'}")


def _as_setup(report: pytest.CollectReport) -> pytest.TestReport:
    location = (report.nodeid.partition("::")[0], None, report.nodeid)
    return pytest.TestReport(report.nodeid, location, {}, "failed", report.longreprtext, "setup")
