"""Steps that keep values, run code and use groups."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from maestro_fabric.config.steps.targets import CSS, Target
from maestro_fabric.config.types import STRICT_KEYS, LateSeconds

__all__ = ["Call", "Log", "RunJs", "Save", "Use"]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class RunJs:
    """Run JavaScript in the page: an expression or a function of ``arg``; its result goes into ``saved.<as>``."""

    script: str
    arg: Any = None
    as_: str | None = Field(alias="as", default=None)
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Save:
    """Keep one thing in ``saved.<as>``.

    Exactly one of ``text``, ``value``, ``attribute`` (with ``of``), ``count`` (each with a locator), ``url``, ``title`` or
    ``json`` (a JSON path into the answer of the last ``request``, or of the one named by ``response``).
    """

    as_: str = Field(alias="as")
    text: Annotated[Target, CSS] | None = None
    value: Annotated[Target, CSS] | None = None
    attribute: str | None = None
    of: Annotated[Target, CSS] | None = None
    count: Annotated[Target, CSS] | None = None
    url: Literal[True] | None = None
    title: Literal[True] | None = None
    json: str | None = None
    response: str | None = None
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Use:
    """The steps of a group, with values for its parameters."""

    group: str
    with_: dict[str, Any] = Field(alias="with", default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Call:
    """Call ``package.module:function`` with the page and the variables, and ``with`` as keyword arguments."""

    function: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    with_: dict[str, Any] = Field(alias="with", default_factory=dict)
    as_: str | None = Field(alias="as", default=None)
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Log:
    """Write a line into the attempt's output."""

    message: str
