"""Steps that say what must be true."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from maestro_fabric.config.steps.targets import CSS, Target
from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateInt

__all__ = ["CheckA11y", "CheckVisual", "Expect", "KnownViolation"]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Expect(Target):
    """What must be true, at the latest after ``within``.

    With a locator beside it, ``text`` is the element's whole text; alone it is the locator, and the element must be
    visible. ``text`` and ``contains`` fold white space; ``matches`` is a regular expression searched for. ``url`` without
    a scheme is compared with path and query. ``soft`` gathers failures until the end of the case.
    """

    visible: LateBool | None = None
    hidden: LateBool | None = None
    enabled: LateBool | None = None
    disabled: LateBool | None = None
    checked: LateBool | None = None
    contains: str | None = None
    matches: str | None = None
    value: str | None = None
    attribute: dict[str, str | None] | None = None
    count: LateInt | None = None
    url: str | None = None
    title: str | None = None
    soft: LateBool = False


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class KnownViolation:
    """A violation that is there and known: of a ``rule``, and of the elements that ``css`` matches (all, without it)."""

    rule: str
    css: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CheckA11y:
    """Look for violations of accessibility rules by axe-core, in the page or the part that ``css`` matches.

    ``rules`` are the only ones looked for, or ``tags`` name sets of them; ``ignore`` leaves rules out. Violations below
    ``impact`` and ``known`` ones do not fail the step.
    """

    css: str | None = None
    rules: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    impact: Literal["minor", "moderate", "serious", "critical"] = "minor"
    known: list[KnownViolation] = Field(default_factory=list)
    soft: LateBool = False
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CheckVisual(Target):
    """Compare a picture of the page, or of an element, with the stored one of that ``picture`` name.

    What ``mask`` finds is left out. Pixels differ when one of their colours does by more than ``threshold`` (a share of
    the whole range); the step fails when more than ``tolerance`` (a share of all pixels) do.
    """

    picture: str
    mask: list[Annotated[Target, CSS]] = Field(default_factory=list)
    threshold: float = Field(default=0.1, ge=0, le=1)
    tolerance: float = Field(default=0.0, ge=0, le=1)
    full_page: LateBool = False
    soft: LateBool = False
