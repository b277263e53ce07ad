"""Numbers the attempts of cases, which the engine does not tell a session."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.model import CaseId

__all__ = ["Attempts"]


@dataclass(slots=True)
class Attempts:
    """How often each case of each run was tried.

    An adapter has one for all its sessions: one that is opened anew after a lost browser goes on counting.
    """

    _counted: Counter[tuple[Path, CaseId]] = field(default_factory=Counter)

    def begin(self, artifacts: Path, case: CaseId) -> Evidence:
        """A further attempt's place for evidence, which knows its number."""
        self._counted[artifacts, case] += 1
        return Evidence(artifacts, case, self._counted[artifacts, case])
