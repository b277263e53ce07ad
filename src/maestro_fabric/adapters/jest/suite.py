"""The shape of a Jest suite in qa.yaml."""

from __future__ import annotations

from typing import Literal

from maestro_fabric.adapters.node.suite import FileSuite

__all__ = ["JestSuite"]


class JestSuite(FileSuite):
    """Tests that Jest runs, in one Node process."""

    adapter: Literal["jest"]
