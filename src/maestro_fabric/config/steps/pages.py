"""Steps that go to a page, a tab or a dialog."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateInt, LateSeconds

__all__ = ["CloseTab", "Dialog", "Move", "Open", "SwitchTab"]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Open:
    """Go to an address, relative to ``base_url``; ``until`` is the moment of loading that is waited for."""

    url: str
    until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load"
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Move:
    """Go back in the history, or load the page anew."""

    until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load"
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class SwitchTab:
    """Go to a tab by its number from 1 in the order of opening, by (part of) its URL or title, or to the newest."""

    number: LateInt | None = None
    url: str | None = None
    title: str | None = None
    newest: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CloseTab:
    """Close the current tab and go to the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Dialog:
    """Say how dialogs of the following steps are answered, and optionally which message is expected."""

    answer: Literal["accept", "dismiss"]
    text: str | None = None
    message: str | None = None
