"""The events of tests that did not plainly pass, or that others than the store hear of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event, Healed
from maestro_fabric.model import Attempt, Case, Fault, Mark, Outcome, Status
from maestro_fabric.reports.tally import Tally
from pytest_maestro.attachments import EVENTS, QUARANTINED
from pytest_maestro.inner_recording import InnerRecording, with_earlier
from pytest_maestro.names import Names
from pytest_maestro.outcomes import attempts_of, duration_of, outcome_of

__all__ = ["Judge", "Telling", "as_it_is"]

Judge = Callable[[CaseFinished, Fault | None], CaseFinished]
"""Marks a known failure in a case's last event; the fault is that of its last attempt."""


def as_it_is(event: CaseFinished, fault: Fault | None) -> CaseFinished:
    """The judge of a session without a quarantine."""
    return event


class Telling:
    """Turns the reports of tests into events. Called by one thread at a time.

    Args:
        names: Gives identities.
        emit: Takes the events.
        tally: Counts the cases.
        judge: Marks what is quarantined.
    """

    def __init__(self, names: Names, emit: Callable[[Event], None], tally: Tally, judge: Judge = as_it_is) -> None:
        self._names = names
        self._emit = emit
        self._tally = tally
        self._earlier: dict[str, list[Attempt]] = {}
        self._judge = judge
        self._inner = InnerRecording(emit, tally, judge)

    def has_earlier(self, nodeid: str) -> bool:
        """Whether attempts of this test were told, and it has not ended."""
        return nodeid in self._earlier

    def started(self, nodeid: str, started_at: float, report: pytest.TestReport | None) -> None:
        """Tell a test as started; the report is its first one, when there is one."""
        worker = _worker_of(report) if report is not None else ""
        number = len(self._earlier.get(nodeid, ())) + 1
        self._emit(AttemptStarted(self._names.case(nodeid), number, started_at, worker))

    def ended(self, nodeid: str, started_at: float, reports: Sequence[pytest.TestReport]) -> None:
        """Tell what a test came to, from the reports of all attempts that have not been told."""
        case = self._names.case(nodeid, reports[-1].location)
        for attempt in attempts_of(reports):
            told = next((getattr(report, EVENTS) for report in attempt if hasattr(report, EVENTS)), None)
            if told is None:
                self._tell_native(case, nodeid, attempt, started_at)
            else:
                self._tell_told(nodeid, attempt, _events_of(told))
        self._inner.close(nodeid, is_repeated=_is_repeated(reports))

    def inner(self, report: pytest.TestReport) -> None:
        """Tell of a case inside a container."""
        self._inner.take(report.nodeid, _events_of(getattr(report, EVENTS)))

    def cut_off(self, nodeids: Sequence[str]) -> None:
        """No report follows, and these tests had not ended."""
        self._tally.running.update((str(self._names.case(nodeid).id), None) for nodeid in nodeids)
        self._inner.close_all()

    def collection_failed(self, report: pytest.CollectReport) -> None:
        """Tell of a file that cannot be collected."""
        outcome = outcome_of([_as_setup(report)])
        attempt = Attempt(number=1, outcome=outcome, started_at=time.time(), duration_s=0.0)
        self._tell_attempts(self._names.case(report.nodeid), report.nodeid, [attempt])

    def _tell_native(self, case: Case, nodeid: str, reports: Sequence[pytest.TestReport], started_at: float) -> None:
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
            self._tell_attempt(case, attempt, is_last=False)
            return
        self._tell_attempts(case, nodeid, [attempt])

    def _tell_attempts(self, case: Case, nodeid: str, attempts: Sequence[Attempt]) -> None:
        """Tell a case's last attempts and its end."""
        earlier = self._earlier.pop(nodeid, [])
        last = attempts[-1]
        for attempt in attempts:
            if earlier or _is_attempt(attempt.outcome):
                self._tell_attempt(case, attempt, is_last=attempt is last)
        self._tell_end(case, last.outcome, [*earlier, *attempts])

    def _tell_attempt(self, case: Case, attempt: Attempt, *, is_last: bool) -> None:
        self._emit(AttemptFinished(case, attempt, is_last=is_last))
        for heal in attempt.outcome.heals:
            event = Healed(case, attempt.number, heal)
            self._tally.receive(event)
            self._emit(event)

    def _tell_end(self, case: Case, outcome: Outcome, attempts: Sequence[Attempt]) -> None:
        marks = outcome.marks
        if outcome.status is Status.PASSED and any(attempt.outcome.status is not Status.PASSED for attempt in attempts):
            marks |= {Mark.FLAKY}
        duration_s = sum(attempt.duration_s for attempt in attempts)
        self._finish(CaseFinished(case, outcome.status, marks, time.time(), duration_s, outcome.reason), outcome.fault)

    def _finish(self, event: CaseFinished, fault: Fault | None) -> None:
        event = self._judge(event, fault)
        if event.is_counted:
            self._tally.add(event.case, event.status, event.marks, event.reason)
        self._emit(event)

    def _tell_told(self, nodeid: str, reports: Sequence[pytest.TestReport], events: Sequence[Event]) -> None:
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
                self._finish(with_earlier(_with_teardown(event, reports), earlier), tried[-1].outcome.fault if tried else None)
        if is_repeated:
            self._earlier[nodeid] = [*earlier, *tried]


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
    broken = [report for report in reports if report.when == "teardown" and (report.failed or QUARANTINED in report.__dict__)]
    if event.status.is_bad or not broken:
        return event
    fault = outcome_of(broken).fault
    return replace(event, status=Status.ERROR, reason=f"tear-down broke: {fault.message if fault else 'no reason'}")


def _as_setup(report: pytest.CollectReport) -> pytest.TestReport:
    location = (report.nodeid.partition("::")[0], None, report.nodeid)
    return pytest.TestReport(report.nodeid, location, {}, "failed", report.longreprtext, "setup")
