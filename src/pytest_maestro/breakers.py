"""What circuit breakers and the healer did, and warnings, from where the test ran to the process that records."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maestro_fabric.events import BreakerChanged, Event, Healed, Warned
from maestro_fabric.reports.tally import Tally
from maestro_fabric.wire import from_wire
from pytest_maestro.attachments import EVENTS

__all__ = ["TOLD", "BreakerNews"]

TOLD = "maestro_told"
"""On a report of a native test: what else happened, as `maestro_fabric.wire` has events."""


# What the closing section names beside the ends of cases.
_COUNTED = (BreakerChanged.__name__, Healed.__name__, Warned.__name__)


class BreakerNews:
    """Hears of breakers and heals in the process that records.

    Args:
        emit: Takes events.
        tally: Counts them for the closing section.
    """

    def __init__(self, emit: Callable[[Event], None], tally: Tally) -> None:
        self._emit = emit
        self._tally = tally

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell what came with a report; the events of a YAML case are told by the recorder, and counted here."""
        for told in report.__dict__.get(TOLD, ()):
            event = from_wire(told)
            self._emit(event)
            self._tally.receive(event)
        for told in report.__dict__.get(EVENTS, ()):
            if told["event"] in _COUNTED:
                self._tally.receive(from_wire(told))
