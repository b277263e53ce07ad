"""A case of qa.yaml as a pytest item."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr

from maestro_fabric.engine.verdicts import is_bad
from maestro_fabric.events import Event
from maestro_fabric.model import Case, CaseResult, Status
from maestro_fabric.plan import PlannedSuite
from maestro_fabric.quarantine import Quarantine
from pytest_maestro.failures import failure_of, last_of, message_of
from pytest_maestro.inner_reports import InnerReports

__all__ = ["SUITE", "CaseNotPassed", "MaestroItem", "RunsCases"]

SUITE: pytest.StashKey[PlannedSuite] = pytest.StashKey()
"""Where an item keeps its suite; absent on tests that no suite names."""


class RunsCases(Protocol):
    """What an item needs of the process that it runs in."""

    @property
    def artifacts_shown(self) -> str:
        """The evidence's folder, as short as it can be shown."""

    @property
    def quarantine(self) -> Quarantine:
        """The failures that are known."""

    def run(self, suite: PlannedSuite, case: Case, hear: Callable[[Event], bool] | None = None) -> CaseResult:
        """Run a case under its policy; ``hear`` may take events for itself."""


class CaseNotPassed(Exception):  # shown to people by this name
    """A case failed, could not be judged, or was expected to do so; ``result`` has all its attempts."""

    def __init__(self, result: CaseResult) -> None:
        self.result = result
        super().__init__(message_of(result))


class MaestroItem(pytest.Item):
    """A case of qa.yaml: its skip, its expected failure and its tags are pytest's marks."""

    suite: PlannedSuite
    case: Case
    running: RunsCases

    def give(self, suite: PlannedSuite, case: Case, running: RunsCases) -> None:
        """Set what the item runs."""
        self.suite, self.case, self.running = suite, case, running
        for tag in dict.fromkeys((*suite.config.tags, *case.tags)):
            self.add_marker(tag)
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip.reason))
        if case.xfail is not None:
            self.add_marker(pytest.mark.xfail(reason=case.xfail.reason, strict=case.xfail.strict))

    def runtest(self) -> None:
        """Run the case under its policy.

        Raises:
            CaseNotPassed: also for an expected failure, which pytest's own mark then judges, and for a container in which a
                case did not pass.
        """
        # The marks above judge skip and xfail, so that --runxfail means what it means elsewhere.
        case = replace(self.case, skip=None, xfail=None) if self.config.option.runxfail else replace(self.case, skip=None)
        quarantine = self.running.quarantine
        hear = InnerReports(self, artifacts=self.running.artifacts_shown, quarantine=quarantine).hear if case.container else None
        result = self.running.run(self.suite, case, hear)
        # Also a case that was tried is blocked: its fallback was played and did not pass, or its last try found the dependency down.
        if result.status is Status.BLOCKED or (result.reason and not result.attempts):
            pytest.skip(result.reason)
        is_broken = last_of(result).fault is not None and not _is_unexpected_pass(result)
        if is_broken or any(is_bad(inner.status, inner.marks) for inner in quarantine.judge(result).inner):
            raise CaseNotPassed(result)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What failed, for a person: steps and evidence, without our own traceback."""
        if not isinstance(excinfo.value, CaseNotPassed):
            return super().repr_failure(excinfo, style)
        return failure_of(excinfo.value.result, artifacts=self.running.artifacts_shown, path=str(self.path))

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the case is written; pytest counts lines from 0."""
        location = self.case.location
        # pytest writes the end of a node id with `::` for each dot when it is this text, which makes `a::js` of a file.
        separator = ": " if "." in self.name else "::"
        return self.path, (location.line - 1 if location else 0), f"{self.suite.name}{separator}{self.name}"


def _is_unexpected_pass(result: CaseResult) -> bool:
    fault = last_of(result).fault
    return fault is not None and fault.type == "UnexpectedPass"
