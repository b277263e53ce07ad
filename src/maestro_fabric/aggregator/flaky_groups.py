"""Flaky cases that fail together have one cause: one service, one fixture, one slow machine. They are found by the runs they failed in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import TypeVar

__all__ = ["co_failing_groups", "jaccard_distance"]

MAX_DISTANCE = 0.5
"""Two cases belong together when they failed together in at least half of the runs in which one of them failed."""

MIN_TOGETHER = 2
"""In one run anything can fail together."""

K = TypeVar("K", bound=Hashable)


def co_failing_groups(failed_in: Mapping[K, AbstractSet[int]]) -> list[list[K]]:
    """Cases that fail in the same runs, the largest group first; who fails alone is in none.

    Each case of a group is near every other one of it (complete linkage), so that no chain joins what has nothing in common.

    Args:
        failed_in: For each case the runs in which it failed.

    Source:
        O. Parry et al., "Systemic Flakiness: An Empirical Analysis of Co-Occurring Flaky Test Failures", 2025.
    """
    groups: list[list[K]] = [[case] for case in failed_in]
    near = {
        frozenset((one, other)): distance
        for one, other in combinations(failed_in, 2)
        if len(failed_in[one] & failed_in[other]) >= MIN_TOGETHER
        and (distance := jaccard_distance(failed_in[one], failed_in[other])) <= MAX_DISTANCE
    }
    for pair, _ in sorted(near.items(), key=lambda item: item[1]):
        one, other = (next(group for group in groups if case in group) for case in pair)
        if one is not other and all(frozenset((a, b)) in near for a in one for b in other):
            groups.remove(other)
            one.extend(other)
    order = {case: index for index, case in enumerate(failed_in)}
    found = [sorted(group, key=order.__getitem__) for group in groups if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), order[group[0]]))


def jaccard_distance(one: AbstractSet[int], other: AbstractSet[int]) -> float:
    """1 for sets with nothing in common, 0 for the same; 1 when both are empty."""
    return 1 - len(one & other) / len(one | other) if one or other else 1.0
