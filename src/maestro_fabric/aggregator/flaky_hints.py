"""What a flaky case's failures have in common: a worker, a host, an hour, many workers, a long duration, a place in the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

from maestro_fabric.aggregator.rank_test import both_chances

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


_QUARTERS = ("00:00-06:00 UTC", "06:00-12:00 UTC", "12:00-18:00 UTC", "18:00-24:00 UTC")
_NAMED: tuple[tuple[str, Callable[[Circumstances], str]], ...] = (
    ("worker", lambda one: one.worker),
    ("host", lambda one: one.host),
    ("time of day", lambda one: _QUARTERS[one.hour // 6]),
)
_MEASURED: tuple[tuple[str, str, Callable[[Circumstances], float]], ...] = (
    ("duration: longer when it fails", "duration: shorter when it fails", lambda one: one.duration_s),
    ("parallelism: fails with more workers", "parallelism: fails with fewer workers", lambda one: one.workers),
    ("order: fails late in a run", "order: fails early in a run", lambda one: one.place),
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
        in_failed = Counter(of(one) for one in failed)
        in_all = in_failed + Counter(of(one) for one in passed)
        values = sorted(set(in_all) - {""})
        if len(in_all) > 1:
            for value in values:
                here, known = in_failed[value], in_all[value]
                chance = _at_least(here, drawn=len(failed), marked=known, size=len(failed) + len(passed)) * len(values)
                found.append((chance, f"{name}: {here} of {len(failed)} failures, {known - here} of {len(passed)} passes with {value}"))
    return found


def _measured_hints(failed: Sequence[Circumstances], passed: Sequence[Circumstances]) -> list[tuple[float, str]]:
    found = []
    for text_above, text_below, of in _MEASURED:
        above, below = both_chances([of(one) for one in failed], [of(one) for one in passed])
        found += [(above * 2 * len(_MEASURED), text_above), (below * 2 * len(_MEASURED), text_below)]
    return found


@lru_cache(maxsize=4096)  # cases of the same runs ask the same
def _at_least(here: int, *, drawn: int, marked: int, size: int) -> float:
    """The chance of as many marked ones, or more, among those drawn: Fisher's exact test, one-sided."""
    ways = sum(comb(marked, count) * comb(size - marked, drawn - count) for count in range(here, min(drawn, marked) + 1))
    return ways / comb(size, drawn)
