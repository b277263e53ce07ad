"""Turns what pytest reports into events. Lives in the one process that records: the controller under xdist."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import pytest

from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event
from maestro_fabric.model import Attempt, Case, Mark, Outcome, Status
from maestro_fabric.reports.tally import Tally
from pytest_maestro.attachments import EVENTS, INNER
from pytest_maestro.inner_recording import InnerRecording, with_earlier
from pytest_maestro.names import Names
from pytest_maestro.outcomes import CRASHED, attempts_of, duration_of, outcome_of

__all__ = ["AddPlain", "Recorder"]

_TELL_AFTER_S = 0.1


class AddPlain(Protocol):
    """Stores a case of which nothing but a status is to be said, cheaper than its events."""

    def __call__(
        self, *, suite: str, name: str, params: str, status: Status, started_at: float, duration_s: float, worker: str, project: str
    ) -> None:
        """Store one case with one attempt."""


def _nothing() -> None:
    """Who takes the events needs no beginning."""


class Recorder:
    """Hears of every test and tells events.

    A test that plainly passed goes straight to ``add_plain``; for all others the reports between ``logstart`` and
    ``logfinish`` become the events of an attempt. A test that runs for more than 100 ms is told as started by a thread, so
    that a run that is killed can name it, and quick ones cost nothing for that.

    Args:
        names: Gives identities.
        emit: Takes events; called by one thread at a time.
        add_plain: Takes plain passes; ``None`` makes events of them too.
        begin: Called before the first event of a case; calling it again does nothing.
    """

    def __init__(
        self, names: Names, emit: Callable[[Event], None], add_plain: AddPlain | None, begin: Callable[[], None] = _nothing
    ) -> None:
        self.tally = Tally()
        self._names = names
        self._emit = emit
        self._add_plain = add_plain
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
        self._teller.start()

    def stop(self) -> None:
        """No report follows; tests that are still open are told as started, so that the run's end names them."""
        self._closing.set()
        if self._teller.is_alive():
            self._teller.join()
        self._tell_open(older_than_s=0.0)
        self.tally.running.update((str(self._names.case(nodeid).id), None) for nodeid in self._open)
        self._inner.close_all()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, or its next attempt."""
        if nodeid not in self._open:
            self._begin()
            self._open[nodeid] = (time.time(), [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended, or a case inside it, or its worker has."""
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
        if len(opened[1]) == 3 and self._add_plain is not None:
            setup, call, teardown = opened[1]
            if (
                setup.outcome == call.outcome == teardown.outcome == "passed"
                and "wasxfail" not in call.__dict__
                and EVENTS not in call.__dict__
                and nodeid not in self._earlier
            ):
                self._close_plain(nodeid, setup, call, teardown)
                return
        self._close(nodeid)

    def collection_failed(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected has a row of its own."""
        self._begin()
        outcome = outcome_of([_as_setup(report)])
        attempt = Attempt(number=1, outcome=outcome, started_at=time.time(), duration_s=0.0)
        with self._lock:
            self._tell_attempts(self._names.case(report.nodeid), report.nodeid, [attempt])

    def _close_plain(self, nodeid: str, setup: pytest.TestReport, call: pytest.TestReport, teardown: pytest.TestReport) -> None:
        suite, name, params = self._names.plain(nodeid)
        self.tally.add_plain_pass()
        with self._lock:
            del self._open[nodeid]
            self._told.discard(nodeid)
            self._add_plain(  # type: ignore[misc]  # asked for by the caller
                suite=suite,
                name=name,
                params=params,
                status=Status.PASSED,
                started_at=setup.start,
                duration_s=setup.duration + call.duration + teardown.duration,
                worker=getattr(call, "worker_id", ""),
                project=self._names.project,
            )

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
        while not self._closing.wait(_TELL_AFTER_S):
            self._tell_open(older_than_s=_TELL_AFTER_S)

    def _tell_open(self, *, older_than_s: float) -> None:
        with self._lock:
            latest = time.time() - older_than_s
            # A copy: the thread that reports adds to it without the lock, which it must not wait for at each start.
            for nodeid, (started_at, reports) in list(self._open.items()):
                if started_at <= latest and nodeid not in self._told:
                    self._told.add(nodeid)
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
