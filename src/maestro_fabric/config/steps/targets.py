"""An element of a page, as a step names it."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateInt, LateSeconds, shorthand

__all__ = ["CSS", "LOCATOR_KEYS", "Target"]

LOCATOR_KEYS = ("css", "role", "label", "text", "placeholder", "test_id", "xpath")
"""How an element may be found; a locator has exactly one of these."""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Target:
    """An element: a CSS string, or exactly one of the locator keys.

    ``name`` goes with ``role``; ``exact`` compares whole texts; ``nth`` chooses the n-th match, from 1; ``frame`` is the
    CSS of the frame, or of each frame from the outside in. ``optional`` lets the step do nothing when the element does
    not come; ``within`` is how long it may take; ``policy`` names how the step itself is tried.

    ``heal`` says whether the step may go on with an element that is found again after its locator was lost (``false``,
    ``propose``, ``true``); a ``destructive`` step may only with ``heal: true``.
    """

    css: str | None = None
    role: str | None = None
    name: str | None = None
    label: str | None = None
    text: str | None = None
    placeholder: str | None = None
    test_id: str | None = None
    xpath: str | None = None
    exact: LateBool = False
    nth: LateInt | None = None
    frame: str | list[str] | None = None
    heal: Literal[True, False, "propose"] | None = None
    destructive: LateBool = False
    optional: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


CSS = shorthand("css", str)
