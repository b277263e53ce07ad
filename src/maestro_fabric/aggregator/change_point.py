"""Where a series changed its level, and whether it became slower: by ranks, so that a long tail changes nothing. Values only."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from statistics import median

from maestro_fabric.aggregator.rank_test import chance_of_ranks

__all__ = ["Slowdown", "change_points", "find_slowdown"]

NEWEST = 8
"""So many runs are compared with those before."""

BEFORE = 20
"""And these are so many."""

MIN_BEFORE = 8
"""With fewer runs before, nothing is said."""

MAX_CHANCE = 1e-3
"""The rank test must be as sure as this …"""

MIN_RATIO = 1.1
"""… the median must have grown by so much …"""

MIN_GROWTH_S = 0.005
"""… and by so many seconds: below, the clock and the machine are what is measured."""

MIN_PART = 5
"""A level has at least so many values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """How the newest runs of a case compare with those before; ``at`` is where in the series it changed, ``None`` without a change."""

    before_s: float
    after_s: float
    chance: float
    is_slower: bool
    at: int | None

    @property
    def ratio(self) -> float:
        """The newer median divided by the older."""
        return self.after_s / self.before_s if self.before_s else 1.0


def find_slowdown(seconds: Sequence[float]) -> Slowdown:
    """Whether a case became slower, from the seconds of its passes, oldest first.

    "Above the mean by three standard deviations" and "20 % above the median" flag nearly every real series sooner or later: durations
    have long tails. Ranks do not see tails.
    """
    newest, before = seconds[-NEWEST:], seconds[-NEWEST - BEFORE : -NEWEST]
    if len(newest) < NEWEST or len(before) < MIN_BEFORE:
        middle = median(seconds) if seconds else 0.0
        return Slowdown(before_s=middle, after_s=middle, chance=1.0, is_slower=False, at=None)
    older, newer = median(before), median(newest)
    has_grown = newer > older * MIN_RATIO and newer - older >= MIN_GROWTH_S
    chance = chance_of_ranks(newest, before) if has_grown else 1.0
    is_slower = has_grown and chance < MAX_CHANCE
    recent = seconds[-NEWEST - BEFORE :]
    at = len(seconds) - len(recent) + _split(recent)[0] if is_slower else None
    return Slowdown(before_s=older, after_s=newer, chance=chance, is_slower=is_slower, at=at)


def change_points(values: Sequence[float], *, max_chance: float = MAX_CHANCE) -> list[int]:
    """The places at which a new level begins, in order; empty for a series that stays at one.

    Pettitt's test finds the best place to cut in two, and each part is looked at again. The order of values alone counts, so that
    it is the same on durations and on their logarithms.

    Source:
        A. N. Pettitt, "A Non-Parametric Approach to the Change-Point Problem", 1979.
    """
    if len(values) < 2 * MIN_PART:
        return []
    at, chance = _split(values)
    if chance >= max_chance or not MIN_PART <= at <= len(values) - MIN_PART:
        return []
    left, right = change_points(values[:at], max_chance=max_chance), change_points(values[at:], max_chance=max_chance)
    return [*left, at, *(at + place for place in right)]


def _split(values: Sequence[float]) -> tuple[int, float]:
    """Where the second of two levels begins, and how probable such a difference is by chance."""
    size = len(values)
    # U(t) counts the pairs across the cut that rise, less those that fall; it follows from ranks alone.
    order = sorted(values)
    ranks = [2 * _rank(order, value) - size - 1 for value in values]
    sums = list(accumulate(ranks))[:-1]
    best = max(range(size - 1), key=lambda index: abs(sums[index]))
    return best + 1, min(1.0, 2 * exp(-6 * sums[best] ** 2 / (size**3 + size**2)))


def _rank(order: Sequence[float], value: float) -> float:
    """The rank from 1, the middle one among equals."""
    return (bisect_left(order, value) + bisect_right(order, value) + 1) / 2
