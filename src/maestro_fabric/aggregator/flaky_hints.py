"""What a flaky case's failures have in common: a worker, a host, an hour, many workers, a long duration, a place in the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

from maestro_fabric.aggregator.rank_test import chance_of_ranks

__all__ = ["Circumstances", "find_hints"]

MIN_FAILURES = 3
"""With fewer failures everything they share is chance."""

MAX_CHANCE = 0.01
"""What would be seen so seldom among attempts without such a connection is a hint, after as many comparisons as were made."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """One attempt and what surrounded it.

    Attributes:
        has_failed: Whether it did.
        worker: The process it ran in; empty for the only one.
        host: The machine; empty when unknown.
        workers: How many processes its run had.
        hour: The hour of the day it began in, UTC.
        duration_s: Seconds.
        place: Its place in its run, 0 for the first to 1 for the last.
    """

    has_failed: bool
    worker: str
    host: str
    workers: int
    hour: int
    duration_s: float
    place: float


_NAMED: tuple[tuple[str, Callable[[Circumstances], str]], ...] = (
    ("worker", lambda one: one.worker),
    ("host", lambda one: one.host),
    ("time of day", lambda one: f"{one.hour // 6 * 6:02}:00-{one.hour // 6 * 6 + 6:02}:00 UTC"),
)
_MEASURED: tuple[tuple[str, str, Callable[[Circumstances], float]], ...] = (
    ("duration", "longer when it fails", lambda one: one.duration_s),
    ("duration", "shorter when it fails", lambda one: -one.duration_s),
    ("parallelism", "fails with more workers", lambda one: one.workers),
    ("parallelism", "fails with fewer workers", lambda one: -one.workers),
    ("order", "fails late in a run", lambda one: one.place),
    ("order", "fails early in a run", lambda one: -one.place),
)


def find_hints(attempts: Sequence[Circumstances]) -> tuple[str, ...]:
    """Sentences on what the failures have in common, the most improbable first; empty when there is nothing, or too little is known."""
    failed = [one for one in attempts if one.has_failed]
    passed = [one for one in attempts if not one.has_failed]
    if len(failed) < MIN_FAILURES or len(passed) < MIN_FAILURES:
        return ()
    found = [*_named_hints(failed, passed), *_measured_hints(failed, passed)]
    return tuple(text for chance, text in sorted(found) if chance < MAX_CHANCE)


def _named_hints(failed: Sequence[Circumstances], passed: Sequence[Circumstances]) -> list[tuple[float, str]]:
    found = []
    for name, of in _NAMED:
        in_failed = [of(one) for one in failed]
        in_all = [*in_failed, *(of(one) for one in passed)]
        values = sorted(set(in_all) - {""})
        if len(set(in_all)) > 1:
            for value in values:
                here, known = in_failed.count(value), in_all.count(value)
                chance = _at_least(here, drawn=len(failed), marked=known, size=len(in_all)) * len(values)
                found.append((chance, f"{name}: {here} of {len(failed)} failures, {known - here} of {len(passed)} passes with {value}"))
    return found


def _measured_hints(failed: Sequence[Circumstances], passed: Sequence[Circumstances]) -> list[tuple[float, str]]:
    return [
        (chance_of_ranks([of(one) for one in failed], [of(one) for one in passed]) * len(_MEASURED), f"{name}: {text}")
        for name, text, of in _MEASURED
    ]


def _at_least(here: int, *, drawn: int, marked: int, size: int) -> float:
    """The chance of as many marked ones, or more, among those drawn: Fisher's exact test, one-sided."""
    ways = sum(comb(marked, count) * comb(size - marked, drawn - count) for count in range(here, min(drawn, marked) + 1))
    return ways / comb(size, drawn)
