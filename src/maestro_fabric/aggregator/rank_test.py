"""Whether one sample lies above another, by ranks: a long tail, a cold start and one slow run do not fool it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import comb, erfc, sqrt

__all__ = ["both_chances", "chance_of_ranks"]


def chance_of_ranks(sample: Sequence[float], others: Sequence[float]) -> float:
    """How probable it is that ``sample`` lies above ``others`` as far as it does, or farther, when both are alike: Mann-Whitney, one-sided.

    Exact without ties, else the normal approximation with corrections for ties and continuity. 1 when one of them is empty.

    Source:
        H. B. Mann, D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other", 1947.
    """
    return both_chances(sample, others)[0]


def both_chances(sample: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """`chance_of_ranks`, and the same for lying below."""
    if not sample or not others:
        return 1.0, 1.0
    order = sorted(others)
    above = sum(bisect_left(order, one) + bisect_right(order, one) for one in sample) / 2  # of equal ones each counts a half
    m, n = len(sample), len(others)
    kinds = len({*sample, *others})
    if kinds == 1:
        return 1.0, 1.0
    if kinds == m + n:
        ways, all_ways = _ways(m, n), comb(m + n, m)
        return sum(ways[int(above) :]) / all_ways, sum(ways[m * n - int(above) :]) / all_ways
    size = m + n
    ties = Counter([*sample, *others]).values()
    spread = sqrt(m * n / 6 * (size + 1 - sum(count**3 - count for count in ties) / (size * (size - 1))))
    return 0.5 * erfc((above - m * n / 2 - 0.5) / spread), 0.5 * erfc((m * n / 2 - above - 0.5) / spread)


@lru_cache(maxsize=64)
def _ways(m: int, n: int) -> tuple[int, ...]:
    """In how many orders of m and n values exactly so many pairs stand the upper way, for 0 to m·n pairs.

    The Gaussian binomial coefficient: a product of (1 - q^(n + k)) / (1 - q^k), multiplied out.
    """
    ways = [1] + [0] * (m * n)
    for k in range(1, m + 1):
        for pairs in range(m * n, n + k - 1, -1):
            ways[pairs] -= ways[pairs - n - k]
        for pairs in range(k, m * n + 1):
            ways[pairs] += ways[pairs - k]
    return tuple(ways)
