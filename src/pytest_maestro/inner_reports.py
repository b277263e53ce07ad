"""A subtest report for each case inside a container, logged at once; the case's events ride on it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Literal

import pytest
from _pytest.subtests import SubtestContext

from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event
from maestro_fabric.model import Attempt, Case, CaseId, CaseResult, Status
from maestro_fabric.quarantine import Quarantine
from maestro_fabric.wire import to_wire
from pytest_maestro.attachments import BLOCKED, EVENTS, INNER
from pytest_maestro.failures import failure_of
from pytest_maestro.quarantining import keep_known

__all__ = ["InnerReports"]

_OUTCOMES: dict[Status, Literal["passed", "failed", "skipped"]] = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.ERROR: "failed",
    Status.SKIPPED: "skipped",
    Status.BLOCKED: "skipped",
}


class InnerReports:
    """Turns the events of the cases inside a container into reports, in the process that runs it.

    Args:
        item: The container's item.
        artifacts: The evidence's folder, as it is shown.
        quarantine: The failures that are known.
    """

    def __init__(self, item: pytest.Item, *, artifacts: str, quarantine: Quarantine) -> None:
        self._item = item
        self._artifacts = artifacts
        self._quarantine = quarantine
        self._waiting: list[dict[str, Any]] = []
        self._attempts: dict[CaseId, list[Attempt]] = {}

    def hear(self, event: Event) -> bool:
        """Take an event; whether it was about a case inside."""
        if not isinstance(event, (AttemptStarted, AttemptFinished, CaseFinished)) or not event.case.inside:
            return False
        if isinstance(event, AttemptStarted):
            return True  # told when it has ended: until then the item is what runs
        self._waiting.append(to_wire(event))
        if isinstance(event, AttemptFinished):
            attempts = self._attempts.setdefault(event.case.id, [])
            attempts.append(event.attempt)
            if not event.is_last:
                # Not the last word, so nothing is shown of it: the report only carries the event.
                outcome = "rerun" if event.attempt.outcome.status.is_bad else "passed"
                self._log(event.case, outcome, None, event.attempt)
        else:
            attempts = self._attempts.get(event.case.id, [])
            result = CaseResult(case=event.case, status=event.status, marks=event.marks, attempts=tuple(attempts), reason=event.reason)
            self._log(event.case, _OUTCOMES[event.status], self._longrepr(result), attempts[-1] if attempts else None, result)
        return True

    def _longrepr(self, result: CaseResult) -> Any:
        path = str(self._item.path)
        if result.status in (Status.FAILED, Status.ERROR):
            return failure_of(result, artifacts=self._artifacts, path=path)
        if result.status is Status.PASSED:
            return None
        place = result.case.location
        return (place.file, place.line, f"Skipped: {result.reason}") if place else (path, 1, f"Skipped: {result.reason}")

    def _log(self, case: Case, outcome: Any, longrepr: Any, attempt: Attempt | None, result: CaseResult | None = None) -> None:
        item = self._item
        started = attempt.started_at if attempt else 0.0
        duration_s = attempt.duration_s if attempt else 0.0
        keywords: dict[str, Literal[1]] = dict.fromkeys(item.keywords, 1)
        plain = pytest.TestReport(
            item.nodeid, item.location, keywords, outcome, longrepr, "call", (), duration_s, started, started + duration_s
        )
        # The constructors are private: this is the way on which reports come back from xdist's workers.
        context = SubtestContext(msg=case.id.title.removeprefix(f"{case.inside} > "), kwargs={})
        report = pytest.SubtestReport._from_json({**plain._to_json(), "_subtest.context": context._to_json()})
        setattr(report, INNER, result is not None)
        setattr(report, EVENTS, self._waiting)
        self._waiting = []
        if result is not None and result.status is Status.BLOCKED:
            setattr(report, BLOCKED, result.reason)
        entry = self._quarantine.holds(case.id)
        if entry is not None and report.failed:
            keep_known(report, entry)
        capture = item.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            item.ihook.pytest_runtest_logreport(report=report)
