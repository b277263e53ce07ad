"""How well flaky tests are found: real reruns are replayed, K runs of one commit, with regressions and dead environments added.

Run with ``python benchmarks/flaky.py reruns.csv.gz``: a table of many reruns of real tests with the columns project, test, is_flaky,
fail_runs, pass_runs (such as FlakeFlagger's). The judgement sees what the store would show it: per run of a test, whether it passed
or failed, and the commit. Without a file, tests with rates between one in 10,000 and all but one are made up.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maestro_fabric.aggregator.flaky import FlakyState, Sighting, judge
from maestro_fabric.aggregator.flaky_environment import RunHealth, down_runs

RUNS = (5, 10, 20, 100)
REGRESSIONS = 200
RERUNS = 10_000
DEAD_SHARE = 0.6  # of the tests fail in a run whose environment is down
CALLED = (FlakyState.FLAKY, FlakyState.RECOVERED)
TOLERANCE = 0.005  # of the recall: a few that were seen both ways look as if something outside of the code had broken


@dataclass(frozen=True)
class Real:
    """What many reruns of one test gave."""

    is_flaky: bool
    fails: int
    passes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--samples", type=int, default=10, help="so many samples of each K; the figures are their means")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tests = list(read(options.file)) if options.file else list(made_up(random.Random(options.seed)))  # noqa: S311 - chance, no secret
    is_met = [report(tests, runs, samples=options.samples, chance=random.Random(options.seed)) for runs in RUNS]  # noqa: S311
    sys.exit(not all(is_met))


def read(path: Path) -> Iterator[Real]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Real(row["is_flaky"] == "1", int(row["fail_runs"]), int(row["pass_runs"]))


def made_up(chance: random.Random) -> Iterator[Real]:
    for number in range(2_000):
        fails = 0 if number >= 150 else RERUNS if number < 50 else round(RERUNS ** chance.random())
        yield Real(50 <= number < 150, fails, RERUNS - fails)


def report(tests: list[Real], runs: int, *, samples: int, chance: random.Random) -> bool:
    found: Counter[str] = Counter()
    for _ in range(samples):
        found.update(replay(tests, runs, chance))
    flaky = [test for test in tests if test.is_flaky]
    expected = sum(seen_both_ways(test, runs) for test in flaky) / len(flaky)
    seen = found["seen"] / (samples * len(flaky))
    recall = found["right"] / (samples * len(flaky))
    precision = found["right"] / max(1, found["called"])
    is_met = recall >= seen - TOLERANCE and not found["regression"] and not found["always"]
    print(
        f"| flaky found in {runs} runs of a commit, {len(flaky)} flaky of {len(tests):,} tests "
        f"| the share seen both ways ({expected:.3f} expected, {seen:.3f} in {samples} samples), no regression, none that always fails "
        f"| recall {recall:.3f}, precision {precision:.3f}; {found['regression']} of {samples * REGRESSIONS} regressions, "
        f"{found['always']} that always fail; {found['suspected'] / samples:.1f} suspected | {'met' if is_met else 'missed'} |"
    )
    return is_met


def seen_both_ways(test: Real, runs: int) -> float:
    """The chance that so many of the real runs, drawn without putting back, hold both outcomes."""
    return 1 - only(test.passes, test, runs) - only(test.fails, test, runs)


def only(count: int, test: Real, runs: int) -> float:
    left, size, share = count, test.fails + test.passes, 1.0
    for _ in range(runs):
        share *= max(left, 0) / size
        left, size = left - 1, size - 1
    return share


def replay(tests: list[Real], runs: int, chance: random.Random) -> Counter[str]:
    """One sample: which tests are called flaky, with what they are."""
    drawn = [draw(test, runs, chance) for test in tests]
    dead = dead_run(drawn, runs, chance)
    stable = [index for index, test in enumerate(tests) if not test.is_flaky and not test.fails]
    broken = set(chance.sample(stable, REGRESSIONS))
    began = {index: chance.randrange(1, runs) for index in broken}
    failing = [sum(outcomes[run] for outcomes in drawn) for run in range(runs)]
    down = down_runs({run: RunHealth(len(tests), failing[run]) for run in range(runs)} | {runs: RunHealth(len(tests), sum(dead))})
    found: Counter[str] = Counter()
    for index, (test, outcomes) in enumerate(zip(tests, drawn, strict=True)):
        sightings = [Sighting(run, "good commit", not failed, failed) for run, failed in enumerate(outcomes)]
        if index in broken:
            sightings = [Sighting(run, "bad commit", 0, 1) if run >= began[index] else one for run, one in enumerate(sightings)]
        sightings.insert(runs // 2, Sighting(runs, "good commit", not dead[index], dead[index]))
        verdict = judge(one for one in sightings if one.run not in down)
        is_called = verdict.state in CALLED
        found["seen"] += test.is_flaky and 0 < sum(outcomes) < runs
        found["called"] += is_called
        found["right"] += is_called and test.is_flaky
        found["regression"] += is_called and index in broken
        found["always"] += is_called and not test.passes
        found["suspected"] += verdict.state is FlakyState.SUSPECTED
    return found


def draw(test: Real, runs: int, chance: random.Random) -> list[bool]:
    """So many of the real runs: True is a failure."""
    if not test.fails or not test.passes:
        return [bool(test.fails)] * runs
    size = test.fails + test.passes
    return [place < test.fails for place in chance.sample(range(size), runs)]


def dead_run(drawn: list[list[bool]], runs: int, chance: random.Random) -> list[bool]:
    """One further run in which most tests fail for a reason that is not theirs."""
    return [outcomes[runs // 2] or chance.random() < DEAD_SHARE for outcomes in drawn]


if __name__ == "__main__":
    main()
