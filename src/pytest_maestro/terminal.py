"""The line at the head of a session, and the section at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.model import Mark, Status
from pytest_maestro.paths import shown
from pytest_maestro.tally import Tally

if TYPE_CHECKING:
    from maestro_fabric.compose import Prepared

__all__ = ["Summary", "register_terminal"]

_MOST_NAMED = 10
_HEADS = {
    Mark.FLAKY: "flaky (passed after another attempt did not)",
    Mark.HEALED: "healed",
    Mark.DEGRADED: "degraded",
    Mark.QUARANTINED: "quarantined",
    Mark.XPASSED: "xpassed (expected to fail, passed)",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What the closing section tells; ``artifacts`` is empty when no evidence was kept."""

    tally: Tally
    run_id: str
    store: str
    artifacts: str
    warnings: tuple[str, ...]


class TerminalSection:
    """The hooks that write."""

    def __init__(self, summary: Callable[[], Summary | None], header: str) -> None:
        self._summary = summary
        self._header = header

    def pytest_report_header(self) -> str:
        """Config, environment and store."""
        return self._header

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The closing section."""
        summary = self._summary()
        if summary is None:
            return
        if terminalreporter.config.get_verbosity() >= 0 or summary.warnings or summary.tally.needs_a_look:
            terminalreporter.write_sep("=", "maestro")  # not `section`, which leaves the line of dots for us to end
            for line in _lines(summary):
                terminalreporter.write_line(line)


def register_terminal(config: pytest.Config, summary: Callable[[], Summary | None], prepared: Prepared | None, store: Path) -> None:
    """Register the header and the closing section."""
    parts = [f"store {shown(store)}"]
    if prepared is not None:
        environment = prepared.loaded.environment
        parts = [shown(prepared.loaded.path), *([f"environment {environment}"] if environment else []), *parts]
    config.pluginmanager.register(TerminalSection(summary, f"maestro: {', '.join(parts)}"), "maestro-terminal")


def _lines(summary: Summary) -> list[str]:
    tally = summary.tally
    counts = [f"{tally.statuses[status]} {status}" for status in Status if tally.statuses[status]]
    marks = [f"{tally.marks[mark]} {mark}" for mark in Mark if tally.marks[mark]]
    lines = [", ".join(counts) or "no case", *([f"marks: {', '.join(marks)}"] if marks else [])]
    for mark, head in _HEADS.items():
        lines += _named(head, tally.named[mark])
    lines += _named("error (could not be judged)", tally.errors)
    for reason, titles in tally.blocked.items():
        first, *more = reason.splitlines() or [""]
        lines += [*_named(f"blocked: {first.rstrip('.')}", titles), *more]
    lines += [f"warning: {line}" for line in summary.warnings]
    lines.append(f"run {summary.run_id} in {summary.store}")
    if summary.artifacts:
        lines.append(f"evidence in {summary.artifacts}")
    return lines


def _named(head: str, titles: list[str]) -> list[str]:
    if not titles:
        return []
    more = len(titles) - _MOST_NAMED
    return [f"{head}:", *(f"  {title}" for title in titles[:_MOST_NAMED]), *([f"  and {more} more"] if more > 0 else [])]
