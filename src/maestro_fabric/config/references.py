"""Whether each ``${…}`` that is left after loading can have a value when its step runs."""

from __future__ import annotations

from collections.abc import Iterable

from maestro_fabric.config.findings import Finding, Path
from maestro_fabric.config.models import Config

__all__ = ["check_references"]


def check_references(config: Config, texts: Iterable[tuple[Path, str]]) -> list[Finding]:
    """Findings for references to names that do not exist."""
    return []
