"""The plugin that brings the Vitest adapter."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_fabric.adapters.vitest.adapter import VitestAdapter
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.ports import Adapter

__all__ = ["maestro_adapters"]


@hookimpl
def maestro_adapters() -> Sequence[Adapter]:
    """The adapter of ``adapter: vitest``."""
    return [VitestAdapter()]
