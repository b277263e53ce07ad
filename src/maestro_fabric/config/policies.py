"""Policies: from the file's shape to the values that the engine reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from maestro_fabric.config.models import BreakerConfig, BulkheadConfig, Config, PolicyConfig
from maestro_fabric.model import Backoff, Breaker, Bulkhead, Policy, Retry, Status

__all__ = ["resolve_policy", "step_policy", "to_policy"]

_LEVELS = ("case", "suite")
T = TypeVar("T")


def resolve_policy(config: Config, *names: str | None, timeout_s: float | None = None, services: Iterable[str] = ()) -> Policy:
    """The policy of a case: the nearest one that is named, with the breakers and bulkheads of the case's services.

    Args:
        config: Where the policies stand.
        names: The names to choose from, the suite's last, the case's before it; the config's own is tried after them.
        timeout_s: The case's own timeout in seconds; it can only make the deadline shorter.
        services: The services that the case uses.

    Raises:
        KeyError: when a chosen name is no policy (the config's checks rule that out).
    """
    levels = _LEVELS[-len(names) :] if names else ()
    named = (*zip(names, levels, strict=True), (config.policy, "run"))
    name, chosen_by = next(((name, level) for name, level in named if name is not None), ("", ""))
    policy = replace(to_policy(name, config.policies[name]), chosen_by=chosen_by) if name else Policy()
    policy = _with_services(policy, config, services)
    if timeout_s is None:
        return policy
    deadline_s = timeout_s if policy.deadline_s is None else min(timeout_s, policy.deadline_s)
    return replace(policy, deadline_s=deadline_s)


def step_policy(config: Config, name: str) -> Policy:
    """The policy that a step names: how the step itself is tried, inside the tries of its case."""
    return replace(to_policy(name, config.policies[name]), chosen_by="step")


def to_policy(name: str, policy: PolicyConfig, *, service: str = "") -> Policy:
    """A policy of the file as the engine's value.

    Args:
        name: Its name.
        policy: What the file says.
        service: The service that names it, whose breaker and bulkhead need not say what they are for.
    """
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
        breakers=(_breaker(policy.breaker, service),) if policy.breaker is not None else (),
        bulkheads=(_bulkhead(policy.bulkhead, service),) if policy.bulkhead is not None else (),
        fallback=policy.fallback.group if policy.fallback is not None else "",
        max_attempts_total=policy.max_attempts_total,
    )


def _with_services(policy: Policy, config: Config, services: Iterable[str]) -> Policy:
    """The policy with what the services' own policies add; a dependency has one breaker and one bulkhead, whoever names it."""
    breakers = {breaker.dependency: breaker for breaker in policy.breakers}
    bulkheads = {bulkhead.dependency: bulkhead for bulkhead in policy.bulkheads}
    names = []
    for service in services:
        named = config.services[service].policy if service in config.services else None
        if named is None:
            continue
        added = to_policy(named, config.policies[named], service=service)
        if added.breakers or added.bulkheads:
            names.append(f"{named} (service {service})")
        breakers |= {breaker.dependency: breaker for breaker in added.breakers}
        bulkheads |= {bulkhead.dependency: bulkhead for bulkhead in added.bulkheads}
    if not breakers and not bulkheads:
        return policy
    # In one order everywhere: two cases that each hold a place the other one wants would wait for each other.
    return replace(policy, breakers=_ordered(breakers), bulkheads=_ordered(bulkheads), added=tuple(names))


def _ordered(by_dependency: dict[str, T]) -> tuple[T, ...]:
    return tuple(by_dependency[name] for name in sorted(by_dependency))


def _breaker(config: BreakerConfig, service: str) -> Breaker:
    return Breaker(dependency=config.dependency or service, failures=config.failures, window_s=config.window, open_for_s=config.open_for)


def _bulkhead(config: BulkheadConfig, service: str) -> Bulkhead:
    return Bulkhead(dependency=config.dependency or service, limit=config.limit, wait_s=config.wait)
