"""Known failures in pytest: shown and recorded as what they are, and told to pytest as expected, so that nothing counts them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from maestro_fabric.events import CaseFinished
from maestro_fabric.model import CaseId
from maestro_fabric.quarantine import Quarantine, QuarantineEntry
from pytest_maestro.attachments import EVENTS, FAULT, INNER, QUARANTINED, fault_of
from pytest_maestro.names import Names

__all__ = ["keep_known", "register_quarantining"]


def keep_known(report: pytest.TestReport, entry: QuarantineEntry) -> None:
    """Make a failed report one of an expected failure, as pytest's own ``xfail`` does: JUnit, ``-x`` and the exit status follow it."""
    report.outcome = "skipped"
    report.wasxfail = f"quarantined {entry.why}"
    setattr(report, QUARANTINED, entry.why)


class Quarantining:
    """Changes the reports of quarantined tests when they are logged: by then nobody decides any more on a further attempt.

    Args:
        config: pytest's.
        quarantine: The entries.
        names: Gives identities.
        is_worker: Whether another process judges the session.
    """

    def __init__(self, config: pytest.Config, quarantine: Quarantine, names: Names, *, is_worker: bool) -> None:
        self._config = config
        self._quarantine = quarantine
        self._names = names
        self._is_worker = is_worker
        # By node id: the entry that means it, and its case; of each test is asked three times.
        self._known: dict[str, tuple[QuarantineEntry | None, CaseId]] = {}
        self._met: dict[CaseId, None] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep what a quarantined test raised: of what is expected, pytest does not tell others."""
        report = yield
        if call.excinfo is not None and report.failed and self._entry(item.nodeid) is not None:
            setattr(report, FAULT, fault_of(call.excinfo.value))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Change a failed report before anybody counts it."""
        if INNER in report.__dict__:
            self._note_inner(report)
        else:
            entry = self._entry(report.nodeid)
            if entry is not None and (report.failed or self._has_failed_subtests(report)):
                keep_known(report, entry)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """The category of a known failure."""
        if QUARANTINED not in report.__dict__:
            return None
        inner = f"[{report.context.msg}]" if isinstance(report, pytest.SubtestReport) else ""
        return "quarantined", "Q", (f"QUARANTINED{inner}", {"yellow": True})

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """An entry that has expired fails the session in which its case ran."""
        if exitstatus == pytest.ExitCode.OK and not self._is_worker and self._ended_lines():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell of expired entries where no history is written; who writes one tells more at its end."""
        if not self._config.pluginmanager.has_plugin("maestro-recording"):
            for line in self._ended_lines():
                terminalreporter.write_line(f"maestro: {line}")

    def _ended_lines(self) -> list[str]:
        return self._quarantine.ended_lines(self._met)

    def _entry(self, nodeid: str) -> QuarantineEntry | None:
        """The entry in force that means a test."""
        known = self._known.get(nodeid)
        if known is None:
            case = self._names.case(nodeid).id
            known = self._known[nodeid] = self._quarantine.holds(case), case
            self._note(case)
        return known[0]

    def _note(self, case: CaseId) -> None:
        if self._quarantine.entry_of(case) is not None:
            self._met[case] = None

    def _note_inner(self, report: pytest.TestReport) -> None:
        """The case inside a container that a report is about; whether it is known was decided where it ran."""
        from maestro_fabric.wire import from_wire

        for told in getattr(report, EVENTS):
            event = from_wire(told)
            if isinstance(event, CaseFinished):
                self._note(event.case.id)

    def _has_failed_subtests(self, report: pytest.TestReport) -> bool:
        """Whether this is the passed report of a test whose subtests failed, which pytest makes a failure when it shows it."""
        if report.when != "call" or not report.passed or isinstance(report, pytest.SubtestReport):
            return False
        from _pytest.subtests import failed_subtests_key

        counts: Any = self._config.stash.get(failed_subtests_key, {})
        count = counts.get(getattr(report, "id", report.nodeid), 0)
        if count:
            report.longrepr = f"contains {count} failed subtest{'s' if count > 1 else ''}"
        return bool(count)


def register_quarantining(config: pytest.Config, quarantine: Quarantine, names: Names, *, is_worker: bool) -> None:
    """Register what knows of known failures, when there are any."""
    if quarantine:
        config.pluginmanager.register(Quarantining(config, quarantine, names, is_worker=is_worker), "maestro-quarantining")
