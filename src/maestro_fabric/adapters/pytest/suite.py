"""The shape of a pytest suite in qa.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from maestro_fabric.config.models import SuiteConfig

__all__ = ["PytestSuite"]


class PytestSuite(SuiteConfig):
    """Tests that pytest runs: natively inside pytest, in a process of their own outside it."""

    adapter: Literal["pytest"]
    paths: list[str] = Field(default=["."], min_length=1, description="Files, folders or node ids, relative to cwd.")
    args: list[str] = Field(default_factory=list, description='Further arguments of pytest, like [-m, "not slow"].')
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    cwd: str = Field(default=".", description="The folder pytest runs in, relative to this file.")
