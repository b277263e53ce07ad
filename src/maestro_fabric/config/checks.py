"""What the types cannot say about a config: names that must exist, things that exclude each other, circles."""

from __future__ import annotations

from maestro_fabric.config.findings import Finding
from maestro_fabric.config.models import Config

__all__ = ["check_config"]


def check_config(config: Config) -> list[Finding]:
    """Everything found, in no particular order; empty when the config can be used."""
    return []
