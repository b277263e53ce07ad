"""What speaks for and against the best candidate: its likeness, its lead, and what the rest of the page says."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from maestro_fabric.healing.fingerprint import Fingerprint
from maestro_fabric.healing.similarity import FEATURES, shared_start

__all__ = ["SIGNALS", "Comparison", "is_part_of", "signals_of"]

_MOST_ANCHORS = 3
_CLAIMED_BY = 0.02
_MOST_CLAIMS = 8
# Where nothing else is known of the old page, nobody's silence speaks for the candidate.
_UNASKED = 0.05
# The features of the best candidate that say something beside its score, where text is the same and where it is not.
_OWN = ("kind", "tag", "text_within", "everything_within", "address_pairs", "left", "path_end", "same_place", "last_place")
_WITH_OTHER_TEXT = ("id_pairs",)
_WITH_SAME_TEXT = ("top", "distance")
_AT = {name: place for place, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known of a page: the lost element, the best candidates, and the others of the old page.

    Attributes:
        old: The lost element.
        page: Every candidate.
        order: Places in ``page`` of the best candidates, best first; at least one.
        scores: Their scores, by place.
        features: Their features, by place.
        others: The other elements known on the old page.
        score: Scores a pair.
    """

    old: Fingerprint
    page: Sequence[Fingerprint]
    order: Sequence[int]
    scores: Mapping[int, float]
    features: Mapping[int, Sequence[float]]
    others: Sequence[Fingerprint]
    score: Callable[[Fingerprint, Fingerprint], float]

    @property
    def best(self) -> int:
        """The place of the best candidate."""
        return self.order[0]

    @property
    def runners_up(self) -> list[int]:
        """The candidates after the best one, but those that it lies in or that lie in it: they count as the same element."""
        best = self.page[self.best]
        return [place for place in self.order[1:] if not is_part_of(self.page[place], best)]

    def claim(self, place: int) -> float:
        """By how much some other element of the old page fits this candidate better than the lost one does; negative: by how much less."""
        if not self.others:
            return -_UNASKED
        candidate = self.page[place]
        return max(self.score(other, candidate) for other in self.others) - self.scores[place]


def is_part_of(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether one of two elements lies in the other, or both are the same."""
    if (one.frame, one.shadow) != (other.frame, other.shadow):
        return False
    steps, other_steps = one.traits.steps, other.traits.steps
    # Without a path nobody knows where an element lies.
    return 0 < min(len(steps), len(other_steps)) == shared_start(steps, other_steps)


def signals_of(comparison: Comparison, claim: float) -> dict[str, float]:
    """The signals by name, in the order of `SIGNALS`.

    Args:
        comparison: What is known.
        claim: `Comparison.claim` of the best candidate.
    """
    best = comparison.best
    score, own = comparison.scores[best], comparison.features[best]
    runners_up = comparison.runners_up
    lead = score - (comparison.scores[runners_up[0]] if runners_up else 0.0)
    unclaimed = next((place for nth, place in enumerate(runners_up) if nth >= _MOST_CLAIMS or comparison.claim(place) <= _CLAIMED_BY), None)
    free_lead = score - (comparison.scores[unclaimed] if unclaimed is not None else 0.0)
    same_text = max(own[_AT["text_letters"]], own[_AT["no_text"]])
    return {
        **_steps_of("lead", lead, (0.05, 0.12, 0.2)),
        **_steps_of("free_lead", free_lead, (0.05, 0.12, 0.2)),
        **_steps_of("claim", -claim, (0.05, 0.2)),
        "text_same": same_text,
        "text_same_score": same_text * score,
        "text_same_lead": same_text * min(free_lead, 0.2),
        "text_other_lead": (1 - same_text) * min(free_lead, 0.3),
        **{name: own[_AT[name]] for name in _OWN},
        **{f"{name}_text_other": (1 - same_text) * own[_AT[name]] for name in _WITH_OTHER_TEXT},
        **{f"{name}_text_same": same_text * own[_AT[name]] for name in _WITH_SAME_TEXT},
        **_surroundings(comparison),
    }


def _steps_of(name: str, value: float, limits: Sequence[float]) -> dict[str, float]:
    """A value cut at limits, so that a weight can be given to each part of its range."""
    value = min(max(value, -0.3), 1.0)
    parts = {f"{name}_to_{limits[0]:g}": min(value, limits[0])}
    for low, high in zip(limits, (*limits[1:], 1.0), strict=True):
        parts[f"{name}_over_{low:g}"] = min(max(value - low, 0.0), high - low)
    return parts


def _surroundings(comparison: Comparison) -> dict[str, float]:
    """Whether the candidate stands to the rest of the page as the lost element stood to it.

    An anchor is another element of the old page whose text stands on the new page exactly once, in an element of the same tag.
    """
    old, best = comparison.old, comparison.page[comparison.best]
    anchors = _anchors(comparison)
    if not anchors:
        return {"near_anchors": 0.0, "further_off": 0.0, "anchored": 0.0, "moved_down": 0.0, "moved_across": 0.0, "moved_known": 0.0}
    was = statistics.fmean(_nearness(old, before) for before, _ in anchors)
    now = statistics.fmean(_nearness(best, after) for _, after in anchors)
    moves = _moves(old, best, anchors)
    return {
        "near_anchors": now,
        "further_off": min(now - was, 0.0),
        "anchored": 1.0,
        "moved_down": exp(-statistics.median(down for _, down in moves) / 300) if moves else 0.0,
        "moved_across": exp(-statistics.median(across for across, _ in moves) / 200) if moves else 0.0,
        "moved_known": float(bool(moves)),
    }


def _anchors(comparison: Comparison) -> list[tuple[Fingerprint, Fingerprint]]:
    """The nearest anchors of the lost element, as they were and as they are."""
    by_text: dict[str, list[int]] = {other.traits.letters: [] for other in comparison.others if other.traits.letters}
    for place, element in enumerate(comparison.page if by_text else ()):
        letters = element.traits.letters
        if letters in by_text:
            by_text[letters].append(place)
    found = []
    for other in comparison.others:
        places = [place for place in by_text.get(other.traits.letters, ()) if comparison.page[place].tag == other.tag]
        if len(places) == 1 and places[0] != comparison.best:
            found.append((_nearness(comparison.old, other), other, comparison.page[places[0]]))
    found.sort(key=lambda anchor: (-anchor[0], anchor[1].xpath))
    return [(before, after) for _, before, after in found[:_MOST_ANCHORS]]


def _nearness(one: Fingerprint, other: Fingerprint) -> float:
    """How deep two elements' common ancestor lies, as a share of the shorter path."""
    steps, other_steps = one.traits.steps, other.traits.steps
    return shared_start(steps, other_steps) / max(1, min(len(steps), len(other_steps)))


def _moves(old: Fingerprint, new: Fingerprint, anchors: Sequence[tuple[Fingerprint, Fingerprint]]) -> list[tuple[float, float]]:
    """By how much an element moved against each anchor, across and down, in CSS pixels; empty without boxes."""
    if old.box is None or new.box is None:
        return []
    across, down = new.box.x - old.box.x, new.box.y - old.box.y
    boxes = [(before.box, after.box) for before, after in anchors if before.box is not None and after.box is not None]
    return [(abs(across - (after.x - before.x)), abs(down - (after.y - before.y))) for before, after in boxes]


def _names() -> tuple[str, ...]:
    nothing = Fingerprint(tag="a")
    empty = Comparison(nothing, [nothing], [0], {0: 0.0}, {0: [0.0] * len(FEATURES)}, (), lambda _one, _other: 0.0)
    return tuple(signals_of(empty, 0.0))


SIGNALS = _names()
"""The names of all signals."""
