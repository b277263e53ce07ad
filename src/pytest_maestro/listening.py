"""How the recording process learns of tests: by reading what the terminal reporter keeps where that is enough, else by hooks."""

from __future__ import annotations

import pytest

from pytest_maestro.attachments import Attachments, Faults
from pytest_maestro.hearing import Hearing
from pytest_maestro.reading import Reading, can_read
from pytest_maestro.recorder import Recorder

__all__ = ["listen"]


class Beginning:
    """Begins the run with the first test of this process, in the thread that can say why it cannot; then needs no call any more."""

    def __init__(self, recorder: Recorder, manager: pytest.PytestPluginManager) -> None:
        self._recorder = recorder
        self._manager = manager

    def pytest_runtest_logstart(self) -> None:
        """Begin."""
        self._recorder.begin()
        self._manager.unregister(self)


class Begins:
    """Tells of each test that a worker begins."""

    def __init__(self, recorder: Recorder, reading: Reading) -> None:
        self._recorder = recorder
        self._reading = reading

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note when."""
        self._recorder.begin()
        self._reading.begins(nodeid)


class Pacing:
    """Commits between two tests when it is time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def pytest_runtest_logfinish(self) -> None:
        """Look whether it is."""
        self._recorder.read_when_due()


def listen(session: pytest.Session, recorder: Recorder, attachments: Attachments, *, is_configured: bool) -> None:
    """Register what hears of tests, and start the recorder.

    Args:
        session: pytest's.
        recorder: Takes the tests.
        attachments: Completes reports where each is heard.
        is_configured: Whether there is a config: with secrets to replace, listeners, and cases that are not pytest's.
    """
    manager = session.config.pluginmanager
    reporter = manager.get_plugin("terminalreporter")
    if is_configured or not can_read(reporter):
        hearing = Hearing(recorder, attachments)
        manager.register(hearing, "maestro-hearing")
        if not is_configured:
            manager.register(attachments, "maestro-attachments")
        recorder.start(hearing)
        return
    is_spread = manager.has_plugin("dsession")
    reading = Reading(reporter, session, is_spread=is_spread)
    manager.register(Begins(recorder, reading) if is_spread else Beginning(recorder, manager), "maestro-beginning")
    manager.register(Faults(), "maestro-faults")
    manager.register(Pacing(recorder), "maestro-pacing")
    recorder.start(reading)
