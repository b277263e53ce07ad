"""What tests of the system share."""

from __future__ import annotations

import pytest

from maestro_fabric.system import lifeline


@pytest.fixture(autouse=True)
def with_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs beside us run with `site` here, which begins to measure their coverage; everywhere else as they are."""
    monkeypatch.setattr(lifeline, "_BARE", ("-I",))
