"""The shape of a cucumber suite in qa.yaml."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from maestro_fabric.config.models import SuiteConfig

__all__ = ["CucumberSuite"]


class CucumberSuite(SuiteConfig):
    """Gherkin features; each scenario and each row of examples is a case."""

    # One process runs all of a suite's scenarios, so their hooks around the whole run happen once.
    stays_together: ClassVar[bool] = True

    adapter: Literal["cucumber"]
    runner: Literal["cucumber-js", "behave"] = Field(default="cucumber-js", description="Who runs the features.")
    paths: list[str] = Field(default_factory=list, description="Feature files or folders, relative to cwd; the runner's own when empty.")
    args: list[str] = Field(default_factory=list, description='Further arguments of the runner, like [--tags, "not @wip"].')
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    cwd: str = Field(default=".", description="The folder the runner runs in, relative to this file.")
