"""How often the rule for slower cases is wrong: series that never change, with the tails that real durations have, and series that do.

Run with ``python benchmarks/slower.py``. Beside it, two rules of thumb that dashboards use, on the same series.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable, Sequence

from maestro_fabric.aggregator.change_point import find_slowdown

RUNS = 100  # of each series; the rule is asked after each from the 28th on, as a dashboard asks after each run
FIRST = 28
MAX_FALSE = 0.01  # the claim: of series that never change it flags 1 % falsely


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1_000)
    options = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 - data, no secret
    stable = [series(chance, change=1.0) for _ in range(options.series)]
    slower = [series(chance, change=1.5) for _ in range(options.series)]
    false, mean_false, median_false = (share(rule, stable) for rule in (by_ranks, by_mean, by_median))
    found = sum(by_ranks(one[: RUNS // 2 + 8]) for one in slower) / len(slower)
    at_once = sum(by_ranks(one) for one in stable) / len(stable)
    is_met = at_once <= MAX_FALSE
    print(
        f"| slower cases: {options.series:,} made series of {RUNS} runs that never change, asked once at their end | ≤ {MAX_FALSE:.0%} "
        f"flagged falsely | {at_once:.1%} | {'met' if is_met else 'missed'} |"
    )
    print(
        f"| the same, asked after each of {RUNS - FIRST + 1} runs: flagged falsely at least once | – | {false:.1%}; "
        f'"above the mean by 3 σ" {mean_false:.0%}, "20 % above the median" {median_false:.0%} | |'
    )
    print(f"| the same rule on as many that grow by half: found within 8 runs | – | {found:.1%} | |")
    sys.exit(not is_met)


def series(chance: random.Random, *, change: float) -> list[float]:
    """Durations with a long tail, now and then one that took several times as long; from the middle on they are longer by ``change``."""
    sigma = chance.uniform(0.03, 0.2)
    return [
        chance.lognormvariate(0, sigma) * (chance.uniform(2, 10) if chance.random() < 0.03 else 1) * (change if run >= RUNS // 2 else 1)
        for run in range(RUNS)
    ]


def share(rule: Callable[[Sequence[float]], bool], all_series: Sequence[Sequence[float]]) -> float:
    """Of the series that are flagged after one run at least."""
    return sum(any(rule(one[:end]) for end in range(FIRST, RUNS + 1)) for one in all_series) / len(all_series)


def by_ranks(seconds: Sequence[float]) -> bool:
    return find_slowdown(seconds).is_slower


def by_mean(seconds: Sequence[float]) -> bool:
    return seconds[-1] > statistics.fmean(seconds[:-1]) + 3 * statistics.stdev(seconds[:-1])


def by_median(seconds: Sequence[float]) -> bool:
    return seconds[-1] > 1.2 * statistics.median(seconds[:-1])


if __name__ == "__main__":
    main()
