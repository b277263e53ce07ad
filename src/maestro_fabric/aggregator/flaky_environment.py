"""Runs whose environment was down: so many cases failed at once that no single one of them is to blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

__all__ = ["RunHealth", "down_runs"]

MIN_EXCESS = 0.3
"""The share of failures must be so much above the usual one …"""

MIN_FAILURES = 10
"""… and so many more cases must have failed than usual: a group of flaky cases alone does not make a run suspicious."""


@dataclass(frozen=True, slots=True)
class RunHealth:
    """A run's cases: how many were judged, how many of these were bad, and whether a circuit breaker opened in it."""

    judged: int
    bad: int
    has_open_breaker: bool = False

    @property
    def share(self) -> float:
        """The share of bad cases; 0 when none was judged."""
        return self.bad / self.judged if self.judged else 0.0


def down_runs(runs: Mapping[int, RunHealth]) -> frozenset[int]:
    """The runs that say nothing about single cases.

    What is usual is the median of the runs given: a suite in which a third always fails is not down every time.
    """
    usual = median(health.share for health in runs.values()) if runs else 0.0
    return frozenset(run for run, health in runs.items() if _is_down(health, usual))


def _is_down(health: RunHealth, usual: float) -> bool:
    more = health.bad - usual * health.judged
    return health.has_open_breaker or (health.share - usual >= MIN_EXCESS and more >= MIN_FAILURES)
