"""Reads what pytest's terminal reporter keeps of each test anyway: hooks of our own would cost more than all else that we do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

import pytest

from pytest_maestro.attachments import MENDED
from pytest_maestro.outcomes import CRASHED
from pytest_maestro.recorder import Ended, OpenTest, PlainNote

__all__ = ["Reading", "can_read"]

_QUIET = ""
"""The category of set-ups and tear-downs that passed."""
_PASSED = "passed"
_PHASES = {"setup": 0, "call": 1, "teardown": 2}


def can_read(reporter: object) -> TypeGuard[pytest.TerminalReporter]:
    """Whether this is a terminal reporter that keeps reports as pytest's own does: other plugins have some that do not."""
    if not isinstance(reporter, pytest.TerminalReporter):
        return False
    own, kind = pytest.TerminalReporter, type(reporter)
    is_own = kind.pytest_runtest_logreport is own.pytest_runtest_logreport and kind._add_stats is own._add_stats
    return is_own and type(reporter.stats) is dict


class Reading:
    """Takes reports from the terminal reporter, a hundred milliseconds' worth at once, and gives the tests that have ended.

    The reporter appends each report to the list of its category: set-ups and tear-downs that passed to that of the empty name,
    calls that passed to ``passed``, and all others to further ones, whose names any plugin may choose. Lists only grow.

    Args:
        reporter: One that `can_read` says yes to.
        session: Knows the tests of this process.
        is_spread: Whether workers run the tests; `begins` must be told of each then.
    """

    def __init__(self, reporter: pytest.TerminalReporter, session: pytest.Session, *, is_spread: bool) -> None:
        self._reporter = reporter
        self._session = session
        self._is_spread = is_spread
        self._lengths: dict[str, int] = {}
        # Of tests that have not ended, by node id.
        self._setups: dict[str, pytest.TestReport] = {}
        self._calls: dict[str, pytest.TestReport] = {}
        self._others: dict[str, list[pytest.TestReport]] = {}
        self._begun: dict[str, float] = {}
        # Bad tear-downs that were seen once: what they raised is told a moment after their report.
        self._broken: set[str] = set()
        self._current: tuple[str, float] = "", 0.0
        self._known: set[str] = set()

    def begins(self, nodeid: str) -> None:
        """A worker begins a test."""
        self._begun.setdefault(nodeid, time.time())

    def read(self, *, is_end: bool = False) -> tuple[Sequence[PlainNote], Sequence[Ended]]:
        """What has ended since the last time: plain passes, and all other tests with their reports. By one thread at a time.

        Args:
            is_end: Whether no report will follow.
        """
        news = self._news()
        for category, reports in news.items():
            if category not in (_QUIET, _PASSED):
                self._take_others(reports)
        self._take_calls(news.get(_PASSED, ()))
        plain = self._take_quiet(news.get(_QUIET, ()))
        if not self._others:
            return plain, ()
        ended = (self._end(nodeid, is_end=is_end) for nodeid in list(self._others))
        return plain, [each for each in ended if each is not None]

    def open_tests(self) -> Iterable[OpenTest]:
        """The tests that go on."""
        if self._is_spread:
            return [(nodeid, started_at, self._setups.get(nodeid)) for nodeid, started_at in list(self._begun.items())]
        if self._setups or self._others:
            opened = [(nodeid, setup.start, setup) for nodeid, setup in self._setups.items()]
            return opened + [(nodeid, reports[0].start, reports[0]) for nodeid, reports in self._others.items()]
        return self._in_setup()

    def is_open(self, nodeid: str) -> bool:
        """Whether it goes on: one that was given by `open_tests` does until the next `read`, which the same lock guards."""
        return True

    def _in_setup(self) -> Iterator[OpenTest]:
        """The test of this process that has no report yet, as pytest's environment variable names it, when it is one of ours."""
        nodeid = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        if nodeid != self._current[0]:
            self._current = nodeid, time.time()
        if nodeid:
            # A pytest inside a test names its tests there, too.
            self._known = self._known or {item.nodeid for item in self._session.items}
            if nodeid in self._known:
                yield (*self._current, None)

    def _news(self) -> Mapping[str, Sequence[pytest.TestReport]]:
        """What has been added to the lists, all of them at one moment: the other thread may be adding to them."""
        lengths = self._count()
        while (again := self._count()) != lengths:
            lengths = again
        before, self._lengths = self._lengths, lengths
        lists = self._reporter.stats
        return {
            category: lists[category][before.get(category, 0) : length]
            for category, length in lengths.items()
            if length != before.get(category)
        }

    def _count(self) -> dict[str, int]:
        return {category: len(kept) for category, kept in list(self._reporter.stats.items())}

    def _take_others(self, reports: Sequence[object]) -> None:
        for report in reports:
            if isinstance(report, pytest.TestReport):  # in some lists are warnings, deselected tests, reports of collecting
                self._others.setdefault(report.nodeid, []).append(report)

    def _take_calls(self, reports: Sequence[pytest.TestReport]) -> None:
        calls = self._calls
        for report in reports:
            nodeid = report.nodeid
            if nodeid in calls or report.outcome != "passed" or "wasxfail" in report.__dict__ or MENDED in report.__dict__:
                self._others.setdefault(nodeid, []).append(report)
            else:
                calls[nodeid] = report

    def _take_quiet(self, reports: Sequence[pytest.TestReport]) -> list[PlainNote]:
        """The plain passes that these complete. Called with two reports of each test: it must be quick."""
        setups, calls, others, begun = self._setups, self._calls, self._others, self._begun
        plain: list[PlainNote] = []
        for report in reports:
            nodeid = report.nodeid
            if report.when == "setup" and nodeid not in setups:
                setups[nodeid] = report
                continue
            setup, call = setups.pop(nodeid, None), calls.pop(nodeid, None)
            if setup is not None and call is not None and report.when == "teardown" and nodeid not in others:
                if begun:
                    begun.pop(nodeid, None)
                duration_s = setup.duration + call.duration + report.duration
                plain.append((nodeid, setup.start, duration_s, setup.__dict__.get("worker_id", "")))
            else:
                others.setdefault(nodeid, []).extend(each for each in (setup, call, report) if each is not None)
        return plain

    def _end(self, nodeid: str, *, is_end: bool) -> Ended | None:
        """A test that did not plainly pass, with its reports, once the last attempt has ended."""
        reports = self._others[nodeid]
        reports += [each for each in (self._setups.pop(nodeid, None), self._calls.pop(nodeid, None)) if each is not None]
        reports.sort(key=_in_attempts if sum(report.when == "setup" for report in reports) > 1 else _phase)
        last = reports[-1]
        if last.when not in ("teardown", CRASHED) or (not is_end and _is_repeated(reports)):
            return None
        if last.failed and not is_end and nodeid not in self._broken:
            self._broken.add(nodeid)
            return None
        self._broken.discard(nodeid)
        del self._others[nodeid]
        return nodeid, self._begun.pop(nodeid, 0.0), reports


def _is_repeated(reports: Sequence[pytest.TestReport]) -> bool:
    """Whether rerunfailures will have another attempt, after which all are told."""
    begin = max((number for number, report in enumerate(reports) if report.when == "setup"), default=0)
    return any(str(report.outcome) == "rerun" for report in reports[begin:])


def _phase(report: pytest.TestReport) -> int:
    return _PHASES.get(str(report.when), len(_PHASES))


def _in_attempts(report: pytest.TestReport) -> tuple[float, int]:
    """Several attempts come one after another."""
    return report.start, _phase(report)
