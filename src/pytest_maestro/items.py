"""A case of qa.yaml as a pytest item."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Protocol

import pytest
from _pytest._code.code import ExceptionChainRepr, ExceptionInfo, ReprEntryNative, ReprFileLocation, ReprTraceback, TerminalRepr

from maestro_fabric.model import Case, CaseResult, Fault, Outcome, Status, StepResult
from maestro_fabric.plan import PlannedSuite

__all__ = ["SUITE", "CaseNotPassed", "MaestroItem", "RunsCases"]

SUITE: pytest.StashKey[PlannedSuite] = pytest.StashKey()
"""Where an item keeps its suite; absent on tests that no suite names."""


class RunsCases(Protocol):
    """What an item needs of the process that it runs in."""

    @property
    def artifacts_shown(self) -> str:
        """The evidence's folder, as short as it can be shown."""

    def run(self, suite: PlannedSuite, case: Case) -> CaseResult:
        """Run a case under its policy."""


class CaseNotPassed(Exception):  # shown to people by this name
    """A case failed, could not be judged, or was expected to do so; ``result`` has all its attempts."""

    def __init__(self, result: CaseResult) -> None:
        self.result = result
        fault = _last(result).fault
        super().__init__(fault.message if fault else result.reason or str(result.status))


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
            CaseNotPassed: also for an expected failure, which pytest's own mark then judges.
        """
        # The marks above judge skip and xfail, so that --runxfail means what it means elsewhere.
        case = replace(self.case, skip=None, xfail=None) if self.config.option.runxfail else replace(self.case, skip=None)
        result = self.running.run(self.suite, case)
        if result.reason and not result.attempts:
            pytest.skip(result.reason)
        if _last(result).fault is not None and not _is_unexpected_pass(result):
            raise CaseNotPassed(result)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What failed, for a person: steps and evidence, without our own traceback."""
        if not isinstance(excinfo.value, CaseNotPassed):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        fault = _last(result).fault
        path, line = self._place(fault)
        entry = ReprEntryNative([line + "\n" for line in _lines(result, self.running.artifacts_shown)])
        crash = ReprFileLocation(path, line, excinfo.value.args[0])
        return ExceptionChainRepr([(ReprTraceback([entry], None, style="native"), crash, None)])

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the case is written; pytest counts lines from 0."""
        location = self.case.location
        return self.path, (location.line - 1 if location else 0), f"{self.suite.name}::{self.name}"

    def _place(self, fault: Fault | None) -> tuple[str, int]:
        location = (fault.location if fault else None) or self.case.location
        return (location.file, location.line) if location else (str(self.path), 1)


def _last(result: CaseResult) -> Outcome:
    return result.attempts[-1].outcome


def _is_unexpected_pass(result: CaseResult) -> bool:
    fault = _last(result).fault
    return fault is not None and fault.type == "UnexpectedPass"


def _lines(result: CaseResult, artifacts: str) -> list[str]:
    """The failure as text: message, steps, evidence, and what earlier attempts said."""
    last = _last(result)
    lines = _verdict(last.status, len(result.attempts))
    if last.fault is not None:
        lines += last.fault.message.splitlines()
    if last.steps:
        lines += ["", "steps:", *(_step_line(step) for step in last.steps)]
    if last.output:
        lines += ["", "output:", *(f"  {line}" for line in last.output.splitlines())]
    if last.artifacts:
        lines += ["", f"evidence in {artifacts}:", *(f"  {artifact.kind}: {artifact.path}" for artifact in last.artifacts)]
    for attempt in result.attempts[:-1]:
        fault = attempt.outcome.fault
        lines += ["", f"attempt {attempt.number} was {attempt.outcome.status}:", *(fault.message.splitlines() if fault else [])]
    if last.fault is not None and last.fault.trace and last.fault.type not in ("AssertionError", "ExpectationFailed") and not last.steps:
        lines += ["", *_without_engine(last.fault.trace)]
    return lines


def _verdict(status: Status, attempts: int) -> list[str]:
    """What the message does not say by itself: that the case was not judged, and that it was tried before."""
    words = ["error: the case could not be judged"] if status is Status.ERROR else []
    if attempts > 1:
        words = [f"{words[0] if words else status}, attempt {attempts} of {attempts}"]
    return words


def _without_engine(trace: str) -> list[str]:
    """A traceback without the frames between the item and the adapter."""
    head, *frames = trace.split('  File "')
    kept = [frame for frame in frames if PurePath(frame.partition('"')[0]).parts[-3:-1] != ("maestro_fabric", "engine")]
    return '  File "'.join([head, *kept]).splitlines()


def _step_line(step: StepResult) -> str:
    place = f"  {step.location}" if step.location else ""
    return f"  {step.shown_number}. {step.title}: {step.status} ({step.duration_s:.2f}s){place}"
