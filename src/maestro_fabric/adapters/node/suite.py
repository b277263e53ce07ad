"""The shape of a suite whose framework runs test files in Node."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from maestro_fabric.config.models import SuiteConfig

__all__ = ["FileSuite"]


class FileSuite(SuiteConfig):
    """Test files of a framework in Node; each test inside them is a case."""

    # The framework has workers of its own: one process for the whole suite beats one a pytest worker (ADR 0007).
    stays_together: ClassVar[bool] = True

    paths: list[str] = Field(
        default_factory=list, description="What the framework takes to choose files: parts of their paths; empty for those it finds itself."
    )
    args: list[str] = Field(default_factory=list, description="Further arguments of the framework, like [--testNamePattern, smoke].")
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    cwd: str = Field(default=".", description="The folder with the framework's package.json, relative to this file.")
