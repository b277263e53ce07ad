"""Hears every report by hooks: where there are listeners, secrets, YAML cases, or no terminal reporter that keeps reports."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import pytest

from pytest_maestro.attachments import EVENTS, INNER, MENDED, Attachments
from pytest_maestro.outcomes import CRASHED
from pytest_maestro.recorder import Ended, OpenTest, PlainNote, Recorder

__all__ = ["Hearing"]


class Hearing:
    """Gathers a test's reports between ``logstart`` and ``logfinish`` and gives them to the recorder.

    Args:
        recorder: Takes what has ended.
        attachments: What reports are completed with before anybody else sees them.
    """

    def __init__(self, recorder: Recorder, attachments: Attachments) -> None:
        self._recorder = recorder
        self._attachments = attachments
        # By node id: when it began, then its reports.
        self._open: dict[str, tuple[float, list[pytest.TestReport]]] = {}

    def read(self, *, is_end: bool = False) -> tuple[Sequence[PlainNote], Sequence[Ended]]:
        """Nothing: the recorder was told of everything when it came."""
        return (), ()

    def open_tests(self) -> Iterable[OpenTest]:
        """The tests that go on."""
        # A copy: the thread that reports adds to it without the lock, which it must not wait for at each start.
        opened = list(self._open.items())
        return [(nodeid, started_at, reports[0] if reports else None) for nodeid, (started_at, reports) in opened]

    def is_open(self, nodeid: str) -> bool:
        """Whether it goes on still."""
        return nodeid in self._open

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, or its next attempt."""
        if nodeid not in self._open:
            self._recorder.begin()
            self._open[nodeid] = (time.time(), [])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended, or a case inside it, or its worker has."""
        if report.outcome != "passed" or self._attachments.redact is not None:
            self._attachments.complete(report)
        if INNER in report.__dict__:
            self._recorder.take_inner(report)
            return
        opened = self._open.get(report.nodeid)
        if opened is None:
            self._recorder.begin()
            opened = self._open[report.nodeid] = (time.time(), [])
        opened[1].append(report)
        if report.when == CRASHED:
            self._end(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test has ended, or one attempt of it."""
        opened = self._open.get(nodeid)
        if opened is None or not opened[1]:
            return
        if len(opened[1]) == 3:
            setup, call, teardown = opened[1]
            if (
                setup.outcome == call.outcome == teardown.outcome == "passed"
                and "wasxfail" not in call.__dict__
                and EVENTS not in call.__dict__
                and MENDED not in call.__dict__
                and self._recorder.takes_plain(nodeid)
            ):
                # First it goes, then the recorder looks whether it was told as started; see there.
                del self._open[nodeid]
                duration_s = setup.duration + call.duration + teardown.duration
                self._recorder.take_plain((nodeid, setup.start, duration_s, setup.__dict__.get("worker_id", "")))
                return
        self._end(nodeid)

    def _end(self, nodeid: str) -> None:
        self._recorder.take_ended((nodeid, *self._open.pop(nodeid)))
