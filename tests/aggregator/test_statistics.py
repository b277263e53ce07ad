"""The statistics are those of the books: compared with exact sums and with counting all orders."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.aggregator.beta import beta_cdf, beta_quantile
from maestro_fabric.aggregator.rank_test import chance_of_ranks


def exact_cdf(x, a, b):
    """For whole parameters: the chance of at least ``a`` successes in ``a + b - 1`` tries."""
    size, share = a + b - 1, Fraction(x)
    return float(sum(comb(size, hits) * share**hits * (1 - share) ** (size - hits) for hits in range(a, size + 1)))


@given(st.integers(1, 60), st.integers(1, 60), st.fractions(0, 1, max_denominator=50))
def test_the_beta_distribution_is_the_tail_of_the_binomial(a, b, x):
    assert beta_cdf(float(x), a, b) == pytest.approx(exact_cdf(x, a, b), abs=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0.5, 2000), st.floats(0.5, 2000))
def test_a_quantile_has_its_share_below_it(p, a, b):
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-7)


@pytest.mark.parametrize(("p", "a", "b", "expected"), [(0.025, 0.5, 100.5, 4.898073e-06), (0.5, 3, 3, 0.5), (0.975, 1, 1, 0.975)])
def test_quantiles_that_are_known(p, a, b, expected):
    assert beta_quantile(p, a, b) == pytest.approx(expected, rel=1e-6)


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=9, unique=True), st.integers(1, 4))
def test_the_rank_test_counts_all_orders(values, size):
    sample, others = values[:size], values[size:]
    orders = [
        sum(values[i] > values[j] for i in chosen for j in range(len(values)) if j not in chosen)
        for chosen in combinations(range(len(values)), size)
    ]
    above = sum(one > other for one in sample for other in others)
    assert chance_of_ranks(sample, others) == pytest.approx(sum(order >= above for order in orders) / len(orders))


def test_ties_are_corrected_for():
    # scipy.stats.mannwhitneyu(x, y, alternative="greater", method="asymptotic")
    assert chance_of_ranks([3, 3, 4, 5, 5, 6], [1, 1, 2, 3, 3, 4, 4]) == pytest.approx(0.0242815, rel=1e-4)
    assert chance_of_ranks([1, 1, 1], [1, 1]) == 1
    assert chance_of_ranks([], [1]) == 1
