"""The shape of a Vitest suite in qa.yaml."""

from __future__ import annotations

from typing import Literal

from maestro_fabric.adapters.node.suite import FileSuite

__all__ = ["VitestSuite"]


class VitestSuite(FileSuite):
    """Tests that Vitest runs, in one Node process."""

    adapter: Literal["vitest"]
