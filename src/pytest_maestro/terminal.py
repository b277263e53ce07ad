"""The line at the head of a session, and the section at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.reports.closing import Closing, count_words, named_lines, place_lines
from pytest_maestro.paths import shown

if TYPE_CHECKING:
    from maestro_fabric.compose import Prepared

__all__ = ["register_terminal"]


class TerminalSection:
    """The hooks that write."""

    def __init__(self, closing: Callable[[], Closing | None], header: str) -> None:
        self._closing = closing
        self._header = header

    def pytest_report_header(self) -> str:
        """Config, environment and store."""
        return self._header

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The closing section."""
        closing = self._closing()
        if closing is None:
            return
        if terminalreporter.config.get_verbosity() >= 0 or closing.warnings or closing.tally.needs_a_look:
            terminalreporter.write_sep("=", "maestro")  # not `section`, which leaves the line of dots for us to end
            for line in _lines(closing):
                terminalreporter.write_line(line)


def register_terminal(config: pytest.Config, closing: Callable[[], Closing | None], prepared: Prepared | None, store: Path) -> None:
    """Register the header and the closing section."""
    parts = [f"store {shown(store)}"]
    if prepared is not None:
        environment = prepared.loaded.environment
        parts = [shown(prepared.loaded.path), *([f"environment {environment}"] if environment else []), *parts]
    config.pluginmanager.register(TerminalSection(closing, f"maestro: {', '.join(parts)}"), "maestro-terminal")


def _lines(closing: Closing) -> list[str]:
    statuses, marks = count_words(closing.tally)
    counts = [", ".join(statuses) or "no case", *([f"marks: {', '.join(marks)}"] if marks else [])]
    return [*counts, *named_lines(closing), *place_lines(closing)]
