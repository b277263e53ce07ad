"""The plugin that brings the HTTP adapter."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_fabric.adapters.http.adapter import HttpAdapter
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.ports import Adapter

__all__ = ["maestro_adapters"]


@hookimpl
def maestro_adapters() -> Sequence[Adapter]:
    """The adapter of ``adapter: http``."""
    return [HttpAdapter()]
