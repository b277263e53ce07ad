"""The shape of a command suite in qa.yaml."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, Field, model_validator

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.config.types import FROZEN

__all__ = ["STDOUT", "CommandReport", "CommandSuite"]

STDOUT = "-"
"""What stands for the program's standard output instead of a file."""


class CommandReport(BaseModel):
    """What the program leaves: exactly one of ``junit``, ``tap``, ``ctrf``."""

    model_config = FROZEN

    junit: str | None = Field(default=None, description="JUnit XML: a file or glob, relative to cwd.")
    tap: str | None = Field(default=None, description="TAP 13 or 14: a file or glob, relative to cwd; '-' is the standard output.")
    ctrf: str | None = Field(default=None, description="CTRF JSON: a file or glob, relative to cwd.")

    @model_validator(mode="after")
    def _check_one(self) -> CommandReport:
        given = [name for name in ("junit", "tap", "ctrf") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("a report is exactly one of junit, tap and ctrf, like {junit: build/*.xml}")
        if STDOUT in (self.junit, self.ctrf):
            raise ValueError("only tap is read from the standard output: have the program write a file")
        return self

    @property
    def format(self) -> str:
        """``junit``, ``tap`` or ``ctrf``."""
        return next(name for name in ("junit", "tap", "ctrf") if getattr(self, name))

    @property
    def path(self) -> str:
        """Where it is."""
        return str(getattr(self, self.format))


class CommandSuite(SuiteConfig):
    """A program that leaves a report of its cases."""

    # Listed cases come from one run of the program.
    stays_together: ClassVar[bool] = True

    adapter: Literal["command"]
    command: list[str] | str = Field(description="An argument list. A string only with shell: true.")
    shell: bool = Field(default=False, description="Give command and list to a shell.")
    cwd: str = Field(default=".", description="The folder the program runs in, relative to this file.")
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    report: CommandReport = Field(description="What the program leaves.")
    listing: list[str] | str | None = Field(
        alias="list", default=None, description="A command that prints the cases beforehand: a name a line, or one of the report's formats."
    )
    select: list[str] | None = Field(
        default=None, description='Arguments that choose one listed case, like [--test, "{case}"]; repeated for each chosen one.'
    )

    @model_validator(mode="after")
    def _check(self) -> CommandSuite:
        for name, given in (("command", self.command), ("list", self.listing)):
            if isinstance(given, str) != self.shell and given is not None:
                raise ValueError(f"{name} is a text when shell is true, and a list of arguments when it is not")
            if not given and given is not None:
                raise ValueError(f"{name} is empty")
        if self.select is not None and (self.listing is None or self.shell):
            raise ValueError("select needs list, which knows the cases, and a command that is no shell text")
        if self.select is not None and not any("{case}" in part for part in self.select):
            raise ValueError("select holds no {case}: write something like [--test, '{case}']")
        return self
