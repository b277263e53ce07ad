"""The shape of a pytest suite in qa.yaml."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from maestro_fabric.config.models import SuiteConfig

__all__ = ["PytestSuite"]


class PytestSuite(SuiteConfig):
    """Tests that pytest runs: natively inside pytest, in a process of their own outside it."""

    # Outside pytest: one session is one pytest, which must know its tests beforehand. Inside, they are pytest's own items.
    stays_together: ClassVar[bool] = True
    path_keys: ClassVar[tuple[str, ...]] = ("paths",)

    adapter: Literal["pytest"]
    paths: list[str] = Field(default=["."], min_length=1, description="Files, folders or node ids, relative to cwd.")
    args: list[str] = Field(default_factory=list, description='Further arguments of pytest, like [-m, "not slow"].')
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    cwd: str = Field(default=".", description="The folder pytest runs in, relative to this file.")
