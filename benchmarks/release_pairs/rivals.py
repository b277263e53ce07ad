"""What a user would pick instead, written anew from what is published of it: Similo, and Healenium's scoring of paths and nodes.

Source:
    Similo: Nass, Alégroth, Feldt, Leotta, Ricca, "Similarity-based Web Element Localization for Robust Test Automation", TOSEM 2023,
    properties, comparisons and weights of its table. The thresholds of the second row are none of theirs: without one it always heals.
    Healenium: the description of its tree comparison (the longest common subsequence of the paths, and points for tag 100, the
    subsequence 100, id 50, class 40, value 30, other attributes 30) and its default ``score-cap`` of 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot

from maestro_fabric.healing import Fingerprint, decide
from maestro_fabric.healing.prints import words

__all__ = ["METHODS", "Choice", "healenium", "similo"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a method does about a lost element: heals to a candidate, shows one, or does nothing (no index)."""

    action: str
    index: int | None


Method = Callable[[Fingerprint, Sequence[Fingerprint], Sequence[Fingerprint]], Choice]
_NOTHING = Choice("abstain", None)
_SCORE_CAP = 0.5
_LEAST_SIMILO, _LEAST_MARGIN = 0.6, 0.10


def ours(old: Fingerprint, page: Sequence[Fingerprint], others: Sequence[Fingerprint]) -> Choice:
    """The matcher with its defaults."""
    decision = decide(old, page, others=others)
    return Choice(decision.action, decision.index)


def plain_similo(old: Fingerprint, page: Sequence[Fingerprint], _others: Sequence[Fingerprint]) -> Choice:
    """Similo as published: the best one, whatever its score."""
    ranked = _ranked(page, lambda one: similo(old, one))
    return Choice("heal", ranked[0][1]) if ranked else _NOTHING


def careful_similo(old: Fingerprint, page: Sequence[Fingerprint], _others: Sequence[Fingerprint]) -> Choice:
    """Similo that heals only when the best score is high and the next one behind."""
    ranked = _ranked(page, lambda one: similo(old, one))
    if not ranked or ranked[0][0] < _LEAST_SIMILO or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAST_MARGIN):
        return _NOTHING
    return Choice("heal", ranked[0][1])


def plain_healenium(old: Fingerprint, page: Sequence[Fingerprint], _others: Sequence[Fingerprint]) -> Choice:
    """Healenium: the best one with a score over the cap."""
    ranked = _ranked(page, lambda one: healenium(old, one))
    return Choice("heal", ranked[0][1]) if ranked and ranked[0][0] >= _SCORE_CAP else _NOTHING


METHODS: Mapping[str, Method] = {
    "this matcher": ours,
    "Similo, published weights": plain_similo,
    "Similo, score ≥ 0.6, margin ≥ 0.1": careful_similo,
    "Healenium's scoring, cap 0.5": plain_healenium,
}


def _ranked(page: Sequence[Fingerprint], score: Callable[[Fingerprint], float]) -> list[tuple[float, int]]:
    return sorted(((score(one), place) for place, one in enumerate(page)), key=lambda pair: (-pair[0], pair[1]))


def similo(old: Fingerprint, new: Fingerprint) -> float:
    """Similo's score as a share of the best that the old element can have: what it has not is no evidence."""
    parts = (
        (1.5, True, float(old.tag == new.tag)),
        (0.5, old.classes, _letters(old.classes, new.classes)),
        (1.5, old.name, _equal(old.name, new.name)),
        (1.5, old.id, _equal(old.id, new.id)),
        (0.5, old.href, _letters(old.href, new.href)),
        (0.5, old.alt, _letters(old.alt, new.alt)),
        (0.5, old.xpath, _letters(old.xpath, new.xpath)),
        (0.5, old.id_xpath, _letters(old.id_xpath, new.id_xpath)),
        (0.5, True, float(old.is_button == new.is_button)),
        (0.5, True, _place(old, new)),
        (0.5, True, _size(old, new)),
        (0.5, True, _shape(old, new)),
        (1.5, _says(old), _letters(_says(old), _says(new))),
        (1.5, old.neighbor_text, _words(old.neighbor_text, new.neighbor_text)),
    )
    known = [(weight, value) for weight, has, value in parts if has]
    return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known)


def healenium(old: Fingerprint, new: Fingerprint) -> float:
    """Healenium's score of a node, from 0 to 1: points for what both share, of those for what the old one has."""
    steps, other_steps = old.traits.tags, new.traits.tags
    parts = [(100.0, float(old.tag == new.tag)), (100.0, _subsequence(steps, other_steps) / max(len(steps), len(other_steps), 1))]
    if old.id:
        parts.append((50.0, float(old.id == new.id)))
    if old.classes:
        classes, other_classes = set(old.classes.split()), set(new.classes.split())
        parts.append((40.0, len(classes & other_classes) / max(len(classes), len(other_classes), 1)))
    if _says(old):
        parts.append((30.0, _letters(_says(old), _says(new))))
    attributes, other_attributes = _attributes(old), _attributes(new)
    if attributes:
        parts.append((30.0, len(attributes & other_attributes) / max(len(attributes), len(other_attributes), 1)))
    return sum(points * value for points, value in parts) / sum(points for points, _ in parts)


def _attributes(one: Fingerprint) -> set[tuple[str, str]]:
    given = {"href": one.href, "alt": one.alt, "type": one.type, "name": one.name, "placeholder": one.placeholder}
    return {*one.attributes, *((name, value) for name, value in given.items() if value)}


def _says(one: Fingerprint) -> str:
    return one.text.strip().lower()


def _equal(one: str, other: str) -> float:
    return float(bool(one) and one.lower() == other.lower())


@cache
def _letters(one: str, other: str) -> float:
    """One minus the edit distance as a share of the longer text; nothing when one is empty."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, same in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != same))
    return 1 - row[-1] / max(len(one), len(other))


def _words(one: str, other: str) -> float:
    mine, others = words(one), words(other)
    return len(mine & others) / max(len(mine), len(others)) if mine and others else 0.0


def _place(old: Fingerprint, new: Fingerprint) -> float:
    if old.box is None or new.box is None:
        return 0.0
    return max(0.0, 1 - hypot(old.box.x - new.box.x, old.box.y - new.box.y) / 100)


def _size(old: Fingerprint, new: Fingerprint) -> float:
    if old.box is None or new.box is None:
        return 0.0
    return _ratio(old.box.width * old.box.height, new.box.width * new.box.height)


def _shape(old: Fingerprint, new: Fingerprint) -> float:
    if old.box is None or new.box is None:
        return 0.0
    return _ratio(old.box.width / max(old.box.height, 1), new.box.width / max(new.box.height, 1))


def _ratio(one: float, other: float) -> float:
    return min(one, other) / max(one, other) if one > 0 and other > 0 else 0.0


def _subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for step in one:
        before = 0
        for j, same in enumerate(other, 1):
            before, row[j] = row[j], before + 1 if step == same else max(row[j], row[j - 1])
    return row[-1]
