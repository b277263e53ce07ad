"""Whether one sample lies above another, by ranks: a long tail, a cold start and one slow run do not fool it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import comb, erfc, sqrt

__all__ = ["chance_of_ranks"]


def chance_of_ranks(sample: Sequence[float], others: Sequence[float]) -> float:
    """How probable it is that ``sample`` lies above ``others`` as far as it does, or farther, when both are alike: Mann-Whitney, one-sided.

    Exact without ties, else the normal approximation with corrections for ties and continuity. 1 when one of them is empty.

    Source:
        H. B. Mann, D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other", 1947.
    """
    if not sample or not others:
        return 1.0
    above = sum((one > other) + 0.5 * (one == other) for one in sample for other in others)
    ties = [count for count in Counter([*sample, *others]).values() if count > 1]
    m, n = len(sample), len(others)
    if not ties:
        ways = _ways(m, n)
        return sum(ways[int(above) :]) / comb(m + n, m)
    size = m + n
    variance = m * n / 12 * (size + 1 - sum(count**3 - count for count in ties) / (size * (size - 1)))
    if variance <= 0:
        return 1.0  # all values are the same
    return 0.5 * erfc((above - m * n / 2 - 0.5) / sqrt(2 * variance))


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
