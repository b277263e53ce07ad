"""The elements a lost locator may have meant, nearest first, as locators to copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any

from maestro_fabric.adapters.browser.titles import locator_key
from maestro_fabric.config.steps import Target

__all__ = ["Candidate", "nearest", "plural_of", "read_candidates", "show_candidates"]

_LIMIT = 3
# Below this, a proposal confuses more than it helps; found by trying misspelt and unrelated words.
_LEAST_SIMILARITY = 0.5
_PLAIN = re.compile(r"^[\w-][\w .-]*$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An element of the page as a person would name it; empty texts for what it does not have."""

    tag: str = ""
    role: str = ""
    name: str = ""
    text: str = ""
    label: str = ""
    id: str = ""
    placeholder: str = ""
    test_id: str = ""
    classes: str = ""

    def locator(self) -> str:
        """The locator to write for it, in YAML."""
        if self.role and self.name:
            return f"{{role: {self.role}, name: {_yaml(self.name)}}}"
        if self.label:
            return f"{{label: {_yaml(self.label)}}}"
        if self.test_id:
            return f"{{test_id: {_yaml(self.test_id)}}}"
        if self.id:
            return f'"#{self.id}"'
        if self.text:
            return f"{{text: {_yaml(self.text)}}}"
        if self.placeholder:
            return f"{{placeholder: {_yaml(self.placeholder)}}}"
        return self.tag


def read_candidates(rows: Iterable[Mapping[str, Any]]) -> list[Candidate]:
    """The page's answer as candidates."""
    names = [one.name for one in fields(Candidate)]
    return [Candidate(**{name: str(row.get(name, "")) for name in names}) for row in rows]


def nearest(target: Target, candidates: Sequence[Candidate]) -> list[str]:
    """At most three locators of the elements most like the target, nearest first, without those that cannot be meant."""
    scored = [(_similarity(target, candidate), candidate) for candidate in candidates]
    chosen = sorted((pair for pair in scored if pair[0] >= _LEAST_SIMILARITY), key=lambda pair: -pair[0])
    return list(dict.fromkeys(_locator_like(target, candidate) for _, candidate in chosen))[:_LIMIT]


def show_candidates(locators: Sequence[str]) -> str:
    """The line of a message; empty without candidates."""
    return f"did you mean {' or '.join(locators)}?" if locators else ""


def plural_of(target: Target, matches: Sequence[Candidate]) -> str:
    """``buttons`` when all matches are buttons, ``elements`` otherwise."""
    roles = {match.role for match in matches}
    role = target.role or (roles.pop() if len(roles) == 1 else "")
    return {"textbox": "fields", "searchbox": "fields", "img": "images", "combobox": "lists", "": "elements"}.get(role, f"{role}s")


def _locator_like(target: Target, candidate: Candidate) -> str:
    """The candidate's locator, of the target's own kind where that names it."""
    key = locator_key(target)
    if key == "css" and candidate.id and str(target.css).startswith("#"):
        return f'"#{candidate.id}"'
    if key in ("label", "placeholder", "test_id", "text") and getattr(candidate, key):
        return f"{{{key}: {_yaml(getattr(candidate, key))}}}"
    return candidate.locator()


def _similarity(target: Target, candidate: Candidate) -> float:
    key = locator_key(target)
    if key is None:
        return 0.0
    if key == "role":
        if target.name is None:
            return 1.0 if candidate.role == target.role else 0.0
        return _ratio(target.name, candidate.name) * (1.0 if candidate.role == target.role else 0.8)
    if key in ("css", "xpath"):
        return max((_ratio(word, other) for word in _words(str(getattr(target, key))) for other in _handles(candidate)), default=0.0)
    wanted = str(getattr(target, key))
    own = _ratio(wanted, getattr(candidate, key))
    return max(
        own, 0.9 * max(_ratio(wanted, other) for other in (candidate.name, candidate.text, candidate.placeholder, candidate.test_id))
    )


def _handles(candidate: Candidate) -> list[str]:
    """What CSS and XPath usually hold on to."""
    return [word for word in (candidate.id, candidate.test_id, *candidate.classes.split()) if word]


def _words(selector: str) -> list[str]:
    return [word for word in re.findall(r"[\w-]+", selector) if len(word) > 1]


def _ratio(left: str, right: str) -> float:
    if not left or not right:
        return 0.0
    left, right = left.lower(), right.lower()
    if left in right or right in left:
        # A part of the whole is near, and nearer the more of it there is.
        return 0.6 + 0.4 * min(len(left), len(right)) / max(len(left), len(right))
    return SequenceMatcher(None, left, right).ratio()


def _yaml(text: str) -> str:
    return text if _PLAIN.match(text) and not text.isdigit() and text == text.strip() else json.dumps(text, ensure_ascii=False)
