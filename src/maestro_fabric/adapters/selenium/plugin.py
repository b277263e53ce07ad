"""The entry point: the hook that brings the adapter."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.ports import Adapter

__all__ = ["maestro_adapters"]


@hookimpl
def maestro_adapters() -> Sequence[Adapter]:
    """The adapter ``selenium``."""
    return [SeleniumAdapter()]
