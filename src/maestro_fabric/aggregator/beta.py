"""The Beta distribution in the standard library: what a share is, and how sure one can be of it."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

__all__ = ["beta_cdf", "beta_quantile"]

_TINY = 1e-300
_PRECISION = 1e-15
_MAX_TERMS = 10_000  # the fraction needs about the square root of the larger parameter
_MAX_STEPS = 200
_TOLERANCE = 1e-9


def beta_cdf(x: float, a: float, b: float) -> float:
    """The chance that a share with the Beta(a, b) distribution is at most ``x``: the regularised incomplete beta function.

    Args:
        x: From 0 to 1.
        a: Above 0; successes and the prior's.
        b: Above 0; the others.

    Source:
        https://dlmf.nist.gov/8.17 (8.17.22, the continued fraction, evaluated by Lentz's method).
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    # The fraction converges quickly on this side of the mean only; the other side is its mirror.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def beta_quantile(p: float, a: float, b: float) -> float:
    """The share that Beta(a, b) stays below with the chance ``p``; both from 0 to 1."""
    low, high = 0.0, 1.0
    x = a / (a + b)
    for _ in range(_MAX_STEPS):
        miss = beta_cdf(x, a, b) - p
        low, high = (low, x) if miss > 0 else (x, high)
        # Newton's step where it stays between the bounds, half way between them where it does not.
        slope = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * log(x) + (b - 1) * log1p(-x))
        guess = x - miss / slope if slope > _TINY else low
        step = guess if low < guess < high else (low + high) / 2
        # Near 1 the distance from there counts: the density may have no bound.
        if abs(step - x) <= _TOLERANCE * min(step, 1 - step):
            return step
        x = step
    return x


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _away_from_0(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away_from_0(1 + even * d), _away_from_0(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away_from_0(1 + odd * d), _away_from_0(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < _PRECISION:
            break
    return value


def _away_from_0(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
