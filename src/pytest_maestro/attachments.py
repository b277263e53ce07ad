"""What a report carries to the process that records: attributes of builtins, set where the test ran.

They travel through xdist and stay out of JUnit, which prints ``user_properties``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maestro_fabric.model import Status
from maestro_fabric.outages import is_outage
from pytest_maestro.redaction import redact_failure, redact_report

__all__ = ["BLOCKED", "EVENTS", "FAULT", "INNER", "MENDED", "QUARANTINED", "Attaching", "Attachments", "Faults", "fault_of"]

EVENTS = "maestro_events"
"""A YAML case's events, as `maestro_fabric.wire` has them."""
FAULT = "maestro_fault"
"""What a native test raised: class name, whether it was an assertion, message, whether it speaks of an outage, a plugin's verdict."""
BLOCKED = "maestro_blocked"
"""Why a case was not run."""
INNER = "maestro_inner"
"""On the subtest report of a case inside a container, which has its events already: whether it is the case's last word."""

MENDED = "maestro_mended"
"""On the report of a test in Python: what the healer answered (``heals``), and what elements were like (``learnt``)."""
QUARANTINED = "maestro_quarantined"
"""On the report of a failure that is known: until when, and why. The report is one of an expected failure."""

_NO_FAULTS = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)


class Attachments:
    """Remembers what a phase of a test told, until its report is logged.

    A report is made and logged in two steps, and rerunfailures makes all of an attempt before it logs the first, so what is
    remembered is kept by phase.

    Args:
        at_first_fault: Called when something is remembered for the first time.

    Attributes:
        redact: Replaces secrets in reports; ``None`` when there are none.
        classify: What an exception means by the plugins; ``None`` where nobody is asked.
    """

    def __init__(self, at_first_fault: Callable[[], None] | None = None) -> None:
        self.redact: Callable[[str], str] | None = None
        self.classify: Callable[[BaseException], Status | None] | None = None
        self._at_first_fault = at_first_fault
        self._faults: dict[str, list[Any]] = {}
        self._events: list[dict[str, Any]] | None = None
        self._blocked = ""

    def keep_events(self, events: list[dict[str, Any]]) -> None:
        """Send these with the report of the call that goes on."""
        self._events = events

    def keep_blocked(self, reason: str) -> None:
        """Send this with the report of the phase that goes on, which is skipped."""
        self._blocked = reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Remember what was raised; a report only has it as text."""
        if call.excinfo is not None:
            self._faults[call.when] = fault_of(call.excinfo.value, self.classify)
            if self._at_first_fault is not None:
                self._at_first_fault()
                self._at_first_fault = None

    def fault_of(self, when: str) -> list[Any] | None:
        """What was raised in a phase whose report was not completed yet, as `FAULT` has it."""
        return self._faults.get(when)

    def complete(self, report: pytest.TestReport) -> None:
        """Attach what was remembered for this report, and redact it: before anybody shows, stores or sends it.

        A report that passed needs this only where `redact` is set, which every config does.
        """
        if INNER not in report.__dict__:
            self._attach(report)
        if self.redact is not None:
            redact_report(report, self.redact)
            # Here and not when it is raised: a controller may know secrets that its workers do not.
            if (told := getattr(report, FAULT, None)) is not None:
                told[2] = self.redact(told[2])

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Redact why a module could not be imported."""
        if self.redact is not None:
            redact_failure(report, self.redact)

    def _attach(self, report: pytest.TestReport) -> None:
        if self._faults and report.outcome != "passed":
            fault = self._faults.pop(report.when, None)
            if fault is not None:
                setattr(report, FAULT, fault)
        if self._events is not None and report.when == "call":
            setattr(report, EVENTS, self._events)
            self._events = None
        if self._blocked and report.skipped:
            setattr(report, BLOCKED, self._blocked)
            self._blocked = ""


class Attaching:
    """Completes reports in a worker of xdist, which sends them away; elsewhere who hears of them does it, with one call a report less."""

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Complete it before xdist sends it away."""
        if report.outcome != "passed" or self._attachments.redact is not None:
            self._attachments.complete(report)


class Faults:
    """Attaches what was raised to reports that another reads later, in this process: only called where something was."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: pytest.CollectReport | pytest.TestReport) -> None:
        """Attach it."""
        if isinstance(report, pytest.TestReport) and call.excinfo is not None:
            setattr(report, FAULT, fault_of(call.excinfo.value))


def fault_of(raised: BaseException, classify: Callable[[BaseException], Status | None] | None = None) -> list[Any]:
    """What was raised, as `FAULT` has it."""
    verdict = None if classify is None or isinstance(raised, _NO_FAULTS) else classify(raised)
    said = str(raised) or type(raised).__name__
    return [type(raised).__name__, _is_assertion(raised), said, is_outage(raised), None if verdict is None else verdict.value]


def _is_assertion(raised: BaseException) -> bool:
    """Whether this says that the tested thing is wrong, not that the test could not be judged."""
    if isinstance(raised, BaseExceptionGroup):
        return all(_is_assertion(part) for part in raised.exceptions)
    return isinstance(raised, (AssertionError, pytest.fail.Exception))
