"""Whether a case is flaky: judged from what it did, on the same code, and how sure that is. Values only, no database.

Evidence comes first: tries on the same code that disagree. How often a case fails tells nothing by itself: a regression fails
always, and a case that was repaired has failed often. ``docs/flaky.md`` has the rules in words, with their measured error rates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from math import comb

from maestro_fabric.aggregator.beta import beta_quantile

__all__ = ["FlakyState", "FlakyVerdict", "Sighting", "judge"]

MIN_TRIES = 5
"""With fewer tries on good code a case that disagreed is suspected only."""

MIN_CLEAN_TRIES = 20
"""So many passes since the last failure, at least, before a case counts as recovered …"""

MAX_LUCK = 0.05
"""… and so improbable must they be at the rate at which it has failed."""

MIN_FLIPS = 4
"""A case without evidence, since no code was seen twice, is suspected when it changed sides so often: a break and its repair are two."""

MIN_FLIP_RATE = 0.1
"""And when its recent rate of changes is at least this."""

FLIP_WEIGHT = 0.1
"""The newest run's share in the flip rate: half of it comes from the last seven runs."""

MIN_BREAK = 3
"""Passes followed by so many failures only, on the same code, look like a break outside of the code …"""

MAX_BREAK_LUCK = 0.05
"""… when no more than this share of all orders of as many passes and failures would look like that."""

_PRIOR = 0.5  # Jeffreys' prior: its intervals cover what they say, also for rates near 0
_TAIL = 0.025


class FlakyState(StrEnum):
    """What a case is, as far as flakiness goes."""

    STABLE = "stable"
    SUSPECTED = "suspected"
    FLAKY = "flaky"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one run saw of a case.

    Attributes:
        run: The run; any number that tells it from others.
        code: What was tested: the commit with all that must be the same for two runs to be comparable; empty when unknown, or
            when the work tree was changed.
        passes: Attempts that passed.
        fails: Attempts that were ``failed`` or ``error``.
    """

    run: int
    code: str
    passes: int
    fails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyVerdict:
    """The judgement of one case.

    Attributes:
        state: See `FlakyState`.
        disagreements: On how many codes tries disagreed.
        tries: Attempts on good code: where the case passed at least once.
        fails: Those of them that failed.
        rate: The mean of the posterior of "fails on good code"; `interval` says how sure it is.
        flip_rate: The exponentially weighted rate at which runs differ from the run before.
        clean_tries: Passes since the last failure on good code.
        reason: Which rule made the state, in words.
    """

    state: FlakyState
    disagreements: int
    tries: int
    fails: int
    rate: float
    flip_rate: float
    clean_tries: int
    reason: str

    def interval(self) -> tuple[float, float]:
        """Where the rate of failures on good code is with 95 % probability: the posterior without its tails."""
        return _interval(self.fails, self.tries)


def judge(sightings: Iterable[Sighting]) -> FlakyVerdict:
    """The judgement of a case from what runs saw of it, oldest first; leave out runs in which the environment was down."""
    seen = [sighting for sighting in sightings if sighting.passes or sighting.fails]
    # Failures on code on which the case never passed may be the code's fault.
    by_code = [group for group in _by_code(seen) if any(sighting.passes for sighting in group)]
    known = {id(sighting) for group in by_code for sighting in group}
    good = [sighting for sighting in seen if id(sighting) in known]
    fails = sum(sighting.fails for sighting in good)
    tries = fails + sum(sighting.passes for sighting in good)
    clean = _clean_tries(good)
    mixed = [group for group in by_code if any(sighting.fails for sighting in group)]
    a, b = fails + _PRIOR, tries - fails + _PRIOR
    flips = _flips(seen)
    flip_rate = _weighted(flips)
    state, reason = _state(mixed, tries=tries, clean=clean, rate=a / (a + b), flips=sum(flips), flip_rate=flip_rate)
    return FlakyVerdict(
        state=state,
        disagreements=len(mixed),
        tries=tries,
        fails=fails,
        rate=a / (a + b),
        flip_rate=flip_rate,
        clean_tries=clean,
        reason=reason,
    )


@lru_cache(maxsize=4096)  # many cases have failed once in as many tries
def _interval(fails: int, tries: int) -> tuple[float, float]:
    a, b = fails + _PRIOR, tries - fails + _PRIOR
    return beta_quantile(_TAIL, a, b), beta_quantile(1 - _TAIL, a, b)


def _state(
    mixed: Sequence[Sequence[Sighting]], *, tries: int, clean: int, rate: float, flips: int, flip_rate: float
) -> tuple[FlakyState, str]:
    if not mixed:
        if flips >= MIN_FLIPS and flip_rate >= MIN_FLIP_RATE:
            return FlakyState.SUSPECTED, f"changed sides {flips} times, each time with other code"
        return FlakyState.STABLE, "no two tries of the same code disagree"
    if all(_is_break(group) for group in mixed):
        return FlakyState.SUSPECTED, f"the same code passed and has failed ever since: it looks broken, {len(mixed)} times"
    if tries < MIN_TRIES:
        return FlakyState.SUSPECTED, f"the same code passed and failed, in {tries} tries only"
    if clean >= MIN_CLEAN_TRIES and (1 - rate) ** clean < MAX_LUCK:
        return FlakyState.RECOVERED, f"was flaky; {clean} passes since would be luck at {rate:.0%}"
    return FlakyState.FLAKY, "the same code passed and failed"


def _by_code(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Sightings of the same code together; where the code is unknown, each run stands by itself."""
    groups: dict[object, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        groups[sighting.code or sighting.run].append(sighting)
    return list(groups.values())


def _is_break(group: Sequence[Sighting]) -> bool:
    """Whether all runs passed up to one of them, and all failed from then on."""
    if any(sighting.passes and sighting.fails for sighting in group):
        return False
    first = next(index for index, sighting in enumerate(group) if sighting.fails)
    failed = len(group) - first
    return (
        first > 0
        and failed >= MIN_BREAK
        and not any(one.passes for one in group[first:])
        and comb(len(group), failed) >= 1 / MAX_BREAK_LUCK
    )


def _clean_tries(good: Sequence[Sighting]) -> int:
    passes = 0
    for sighting in reversed(good):
        passes += sighting.passes
        if sighting.fails:
            return passes
    return passes


def _flips(seen: Sequence[Sighting]) -> list[bool]:
    """For each run after the first whether it failed where the one before passed, or the other way; a mixed run is a failure."""
    failed = [sighting.fails > 0 for sighting in seen]
    return [before != after for before, after in pairwise(failed)]


def _weighted(flips: Iterable[bool]) -> float:
    rate = 0.0
    for flip in flips:
        rate += FLIP_WEIGHT * (flip - rate)
    return rate
