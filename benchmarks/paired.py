"""Compare commands fairly on a noisy machine: all of them in each round, in turning order, ratios taken round by round."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# An empty value unsets it: without bytecode files an editable package would be compiled in each run, which nobody's is.
WITH_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}

__all__ = ["WITH_BYTECODE", "Arm", "Claim", "Options", "Sample", "measure", "median_of", "parse_options", "publish", "ratio"]


Measure = Literal["cpu_s", "wall_s"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One of the things compared.

    Attributes:
        name: What the table calls it.
        command: The program with its arguments.
        cwd: Where it runs.
        environ: Laid over this process's environment.
        before: Called before each run, untimed: removes what the last one left.
        exit_status: What it must end with; any other is an error of the benchmark.
    """

    name: str
    command: Sequence[str]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    exit_status: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: wall clock and CPU (user and system, with all descendants that were waited for), in seconds."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of docs/benchmarks.md: what must hold, and what was measured. Smaller is better; no bound is a row to compare with."""

    name: str
    measured: float
    unit: str
    bound: float | None = None
    detail: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the bound is kept; true without one."""
        return self.bound is None or self.measured <= self.bound


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a benchmark: ``quick`` only shows that it works."""

    quick: bool
    rounds: int


def parse_options(description: str, *, rounds: int = 7) -> Options:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small workload once: shows that the benchmark works, measures nothing")
    parser.add_argument("--rounds", type=int, default=rounds, help="runs of each arm (default %(default)s)")
    given = parser.parse_args()
    return Options(quick=given.quick, rounds=1 if given.quick else given.rounds)


def measure(arms: Sequence[Arm], *, rounds: int) -> Mapping[str, list[Sample]]:
    """Run every arm once for warmth, then ``rounds`` times in turning order (A B C, B C A, …); samples by arm and round."""
    for arm in arms if rounds > 1 else ():
        _run(arm)
    samples: dict[str, list[Sample]] = {arm.name: [] for arm in arms}
    for number in range(rounds):
        turn = number % len(arms)
        for arm in (*arms[turn:], *arms[:turn]):
            samples[arm.name].append(_run(arm))
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return samples


def _run(arm: Arm) -> Sample:
    if arm.before is not None:
        arm.before()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    finished = subprocess.run(
        arm.command, cwd=arm.cwd, env={**os.environ, **WITH_BYTECODE, **arm.environ}, capture_output=True, text=True, check=False
    )
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode != arm.exit_status:
        tail = (finished.stdout + finished.stderr)[-2000:]
        raise SystemExit(f"{arm.name}: exit status {finished.returncode} instead of {arm.exit_status}\n{tail}")
    return Sample(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median_of(samples: Sequence[Sample], what: Measure = "cpu_s") -> float:
    """The median of one measure."""
    return statistics.median(_values(samples, what))


def ratio(samples: Sequence[Sample], base: Sequence[Sample], what: Measure = "cpu_s") -> float:
    """The median of the ratios of each round: what drifts during a run touches both sides of each."""
    return statistics.median(one / other for one, other in zip(_values(samples, what), _values(base, what), strict=True))


def _values(samples: Sequence[Sample], what: Measure) -> list[float]:
    return [sample.cpu_s if what == "cpu_s" else sample.wall_s for sample in samples]


def publish(claims: Sequence[Claim], options: Options) -> int:
    """Print the claims as rows of the table; the exit status: 1 when one is not met (never when quick)."""
    for claim in claims:
        bound = "" if claim.bound is None else f"≤ {claim.bound:g} {claim.unit}".rstrip()
        verdict = "" if claim.bound is None else ("met" if claim.is_met else "missed")
        measured = f"{claim.measured:.3f} {claim.unit}".rstrip() + (f" ({claim.detail})" if claim.detail else "")
        print(f"| {claim.name} | {bound} | {measured} | {verdict} |")
    return 0 if options.quick or all(claim.is_met for claim in claims) else 1
