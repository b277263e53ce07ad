"""Warns of suites that others need and of which the selection leaves out cases: these count as passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from maestro_fabric.engine import left_out_needs
from maestro_fabric.plan import PlannedSuite
from pytest_maestro.names import NATIVE_ADAPTER
from pytest_maestro.running import Running

__all__ = ["register_left_out"]

_WARNINGS = "maestro_warnings"


class LeftOut:
    """Counts what is selected in the process that collects; a worker sends its warnings home when it ends.

    Args:
        running: The plan, and who takes warnings.
        suite_of: The suite of an item; ``None`` for a test that no suite names.
    """

    def __init__(self, running: Running, suite_of: Callable[[pytest.Item], PlannedSuite | None]) -> None:
        self._running = running
        self._suite_of = suite_of
        self._deselected: Counter[str] = Counter()

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count what was collected and is not run."""
        self._deselected.update(suite.name for item in items if (suite := self._suite_of(item)) is not None)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Warn, now that the selection is known."""
        selected = Counter(suite.name for item in session.items if (suite := self._suite_of(item)) is not None)
        left_out = {suite.name: self._count(suite, selected[suite.name]) for suite in self._running.plan.suites}
        for suite in self._running.plan.suites:
            if selected[suite.name]:
                self._running.warn(left_out_needs(suite, left_out))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the warnings of a worker home."""
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_WARNINGS] = list(self._running.warnings)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's warnings; one that crashed sends none."""
        self._running.warn(getattr(node, "workeroutput", {}).get(_WARNINGS, ()))

    def _count(self, suite: PlannedSuite, selected: int) -> int | None:
        if suite.adapter != NATIVE_ADAPTER:
            return len(suite.cases) - selected
        # Of a native suite that was not collected at all nobody knows how many tests it has.
        return self._deselected[suite.name] if selected or self._deselected[suite.name] else None


def register_left_out(config: pytest.Config, running: Running, suite_of: Callable[[pytest.Item], PlannedSuite | None]) -> None:
    """Register what warns."""
    config.pluginmanager.register(LeftOut(running, suite_of), "maestro-left-out")
