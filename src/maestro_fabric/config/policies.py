"""Policies: from the file's shape to the values that the engine reads."""

from __future__ import annotations

from dataclasses import replace

from maestro_fabric.config.models import Config, PolicyConfig
from maestro_fabric.model import Backoff, Policy, Retry, Status

__all__ = ["resolve_policy", "to_policy"]


def resolve_policy(config: Config, *names: str | None, timeout_s: float | None = None) -> Policy:
    """The policy of a case.

    Args:
        config: Where the policies stand.
        names: The names to choose from, the nearest first (the case's, the suite's); the config's own is tried last.
        timeout_s: The case's own timeout in seconds; it can only make the deadline shorter.

    Raises:
        KeyError: when the chosen name is no policy (the config's checks rule that out).
    """
    name = next((name for name in (*names, config.policy) if name is not None), None)
    policy = Policy() if name is None else to_policy(name, config.policies[name])
    if timeout_s is None:
        return policy
    deadline_s = timeout_s if policy.deadline_s is None else min(timeout_s, policy.deadline_s)
    return replace(policy, deadline_s=deadline_s)


def to_policy(name: str, policy: PolicyConfig) -> Policy:
    """A policy of the file as the engine's value."""
    backoff = policy.retry.backoff
    return Policy(
        name=name,
        deadline_s=policy.deadline,
        attempt_timeout_s=policy.attempt_timeout,
        retry=Retry(
            times=policy.retry.times,
            on=frozenset(Status(word) for word in policy.retry.on),
            backoff=Backoff(kind=backoff.kind, first_s=backoff.first, max_s=backoff.max, jitter=backoff.jitter),
        ),
    )
