"""Healing in tests that a person wrote in Python: what a wrapped page or driver asks before it acts, and when its element is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.healing import line_of
from maestro_fabric.adapters.browser.search import Mending, Search, as_compact_json, is_to_be_learnt, learn, look_again
from maestro_fabric.config.locators import python_text
from maestro_fabric.model import CaseId, Location
from maestro_fabric.ports import Healer

__all__ = ["CaseHealing", "Expression", "as_python", "python_locator", "written_at"]

Found = TypeVar("Found")
Result = TypeVar("Result")

_COMES_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Expression:
    """Python code among arguments that are written as they are."""

    code: str


@dataclass(slots=True, kw_only=True, eq=False)
class CaseHealing:
    """One attempt of a test, as far as its locators go.

    Attributes:
        healer: Knows elements again.
        case: The test.
        evidence: Where pictures are kept.
        root: What shown paths are relative to.
        redact: Replaces secrets.
        mending: What was learnt and answered.
        is_over: Whether the test has had its say: from then on nothing is learnt or healed.
    """

    healer: Healer
    case: CaseId
    evidence: Evidence
    root: Path
    redact: Callable[[str], str] = str
    mending: Mending = field(default_factory=Mending)
    is_over: bool = False
    _steps: dict[tuple[str, Location], str] = field(default_factory=dict)

    def step_of(self, locator: str, location: Location) -> str:
        """The number of a locator among those that the test has used so far; one in a loop keeps its own."""
        return self._steps.setdefault((locator, location), str(len(self._steps) + 1))

    def act(self, search: Search[Found], act: Callable[[Found | None], Result], is_lost: Callable[[Exception], bool]) -> Result:
        """Act on an element, by another locator when its own is lost and that may be healed.

        Args:
            search: The element.
            act: Acts on what was found instead of the element; ``None`` is the element itself.
            is_lost: Whether an error of ``act`` says that no element was found, or several.
        """
        __tracebackhide__ = True
        self.learn(search)
        try:
            return act(None)
        except search.errors as exc:
            if not is_lost(exc):
                raise
            found = self.find_again(search, exc)
        return act(found)

    def learn(self, search: Search[Any]) -> None:
        """Know an element again that is about to be acted on; where it is known already, nothing is asked of the page."""
        if is_to_be_learnt(self.healer, self.mending, self.case, search.step, search.locator):
            learn(search, self.mending, _COMES_WITHIN_S)

    def find_again(self, search: Search[Found], error: Exception) -> Found | None:
        """What to act on instead; ``None`` when the element itself is back. Otherwise the error is raised, with what the healer says."""
        answer = look_again(search, self.healer, self.mending)
        if answer is None:
            raise error
        if answer.trouble:
            error.add_note(f"not healed: {answer.trouble}")
            raise error
        if answer.heal is not None and answer.way is None:
            error.add_note(line_of(answer.heal))
            raise error
        return None if answer.way is None else answer.way.found


def python_locator(code: str) -> str:
    """A locator as a test in Python has it, in JSON: what stands after the page or the driver."""
    return as_compact_json({"python": code})


def written_at(frame: FrameType, root: Path, skip: Sequence[str] = ()) -> Location:
    """Where the call stands that a frame is in the middle of.

    Args:
        frame: The caller's.
        root: What the file is shown relative to.
        skip: Packages whose frames are passed over.
    """
    found: FrameType = frame
    while found.f_back is not None and str(found.f_globals.get("__name__", "")).partition(".")[0] in skip:
        found = found.f_back
    file = os.path.relpath(found.f_code.co_filename, root).replace(os.sep, "/")
    return Location(found.f_code.co_filename if file.startswith("../") else file, found.f_lineno)


def as_python(name: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] = {}) -> str:
    """A call as a person writes it: ``get_by_role("button", name="Buy")``."""
    written = [_as_code(value) for value in args] + [f"{key}={_as_code(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(written)})"


def _as_code(value: Any) -> str:
    if isinstance(value, Expression):
        return value.code
    if isinstance(value, str):
        return python_text(value)
    if isinstance(value, re.Pattern):
        flags = re.RegexFlag(value.flags & ~re.UNICODE)
        return f"re.compile({value.pattern!r})" if not flags else f"re.compile({value.pattern!r}, {flags!r})"
    return repr(value)
