"""Steps that act on an element."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from maestro_fabric.config.steps.targets import CSS, Target
from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateSeconds

__all__ = ["Click", "Drag", "Fill", "Press", "Screenshot", "Select", "Type", "Upload", "WaitFor"]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Click(Target):
    """Click an element; ``modifiers`` are held down, ``position`` is [x, y] from its top left corner in pixels."""

    modifiers: list[Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]] = Field(default_factory=list)
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Fill(Target):
    """Replace the content of a field by ``value``."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Type(Target):
    """Type ``value`` key by key, ``delay`` apart; without a locator into what has the focus."""

    value: str
    delay: LateSeconds = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Press(Target):
    """Press ``key`` (``Enter``, ``Control+A``) on an element, or on what has the focus."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Select(Target):
    """Choose options of a list by their value or label."""

    option: str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Upload(Target):
    """Give files to a file field; paths are below the config's folder."""

    files: str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Drag:
    """Drag the element ``from`` onto ``to``."""

    source: Annotated[Target, CSS] = Field(alias="from")
    to: Annotated[Target, CSS]
    optional: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class WaitFor(Target):
    """Wait until an element is in a state, or until the URL matches."""

    state: Literal["visible", "hidden", "attached", "detached"] = "visible"
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Screenshot(Target):
    """Keep a picture of the page, or of an element, under ``as``."""

    as_: str = Field(alias="as", default="screenshot")
    full_page: LateBool = False
