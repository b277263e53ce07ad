"""How many tries and how long a policy allows at most."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model import Backoff, Policy

__all__ = ["WorstCase", "longest_wait_s", "worst_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """The most that a case can take; ``seconds`` is ``None`` when nothing limits it."""

    attempts: int
    seconds: float | None


def worst_case(policy: Policy) -> WorstCase:
    """The most attempts and seconds that a case under this policy can take."""
    attempts = 1 + policy.retry.times
    if policy.attempt_timeout_s is None:
        return WorstCase(attempts=attempts, seconds=policy.deadline_s)
    waits = sum(longest_wait_s(policy.retry.backoff, number) for number in range(1, attempts))
    places = sum(bulkhead.wait_s for bulkhead in policy.bulkheads)
    # A fallback is no try of the same, but takes its time.
    seconds = attempts * (policy.attempt_timeout_s + places) + waits + bool(policy.fallback) * policy.attempt_timeout_s
    return WorstCase(attempts=attempts, seconds=seconds if policy.deadline_s is None else min(seconds, policy.deadline_s))


def longest_wait_s(backoff: Backoff, number: int) -> float:
    """The wait after the attempt ``number`` (from 1) in seconds, before jitter shortens it."""
    factors: dict[str, int] = {"constant": 1, "linear": number, "exponential": 1 << (number - 1), "decorrelated": 3**number}
    factor = factors[backoff.kind]
    return min(backoff.first_s * factor, backoff.max_s)
