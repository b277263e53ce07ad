"""Policies for people and programs: the order in which their parts take effect, and the worst case, for a case and for a step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.worst_case import WorstCase, longest_wait_s, worst_case
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case, Policy, Retry
from maestro_fabric.plan import Plan

__all__ = [
    "effective_order",
    "policy_name",
    "policy_words",
    "print_step_policy",
    "shown_policy",
    "step_policy_as_data",
    "worst_as_data",
    "worst_words",
]

_PLAIN = Policy()


def policy_words(policy: Policy) -> list[str]:
    """What a policy does, outermost first: ``deadline(1.5m)``, ``retry(1 on error; …)``, ``breaker(shop: …)``."""
    retry = policy.retry
    words = [f"fallback({policy.fallback})"] if policy.fallback else []
    if policy.deadline_s is not None:
        words.append(f"deadline({format_duration(policy.deadline_s)})")
    if retry.times:
        words.append(f"retry({retry.times} on {' and '.join(sorted(retry.on))}; {_waits(retry)})")
    for breaker in policy.breakers:
        window = f"within {format_duration(breaker.window_s)}" if breaker.window_s is not None else "in a row"
        words.append(f"breaker({breaker.dependency}: {breaker.failures} failures {window}, open for {format_duration(breaker.open_for_s)})")
    words += [f"bulkhead({part.dependency}: {part.limit} at once, wait {format_duration(part.wait_s)})" for part in policy.bulkheads]
    if policy.attempt_timeout_s is not None:
        words.append(f"attempt timeout({format_duration(policy.attempt_timeout_s)})")
    return words or ["one attempt, no limit"]


def effective_order(policy: Policy) -> str:
    """The same in one line, each part around what follows it."""
    return " > ".join(policy_words(policy))


def shown_policy(policy: Policy) -> str:
    """A policy's name and who chose it, and what services add to it: ``web (suite) + fragile (service shop)``."""
    return policy_name(replace(policy, name=f"{policy.name} ({policy.chosen_by})") if policy.chosen_by else policy)


def policy_name(policy: Policy) -> str:
    """A policy's name with what services add to it: ``web + fragile (service shop)``."""
    return " + ".join(filter(None, (policy.name, *policy.added))) or "default"


def step_policy_as_data(case: Case, step: PlannedStep) -> dict[str, Any]:
    """The effective policy of a step: its own inside its case's, and the worst case of both together."""
    own = step.policy or _PLAIN
    return {
        "policy": own.name or None,
        "order": [*_named("case", case.policy), *_named("step", own)],
        "worst_case": worst_as_data(_together(case.policy, own)),
    }


def print_step_policy(console: Console, plan: Plan, title: str, number: str) -> None:
    """Print the effective policy of one step.

    Args:
        console: Where to.
        plan: Holds the case.
        title: The case, as ``suite::case`` or by its name alone.
        number: The step, as ``--steps`` numbers it.

    Raises:
        ConfigError: when there is no such case or step.
    """
    case, step = _find(plan, title, number)
    own = step.policy or _PLAIN
    attempts, seconds = worst_words(_together(case.policy, own))
    console.print(Text(f"{case.id}, step {step.number}: {step.action}  {step.location or ''}".rstrip(), style="bold"), soft_wrap=True)
    console.print(f"  case  {shown_policy(case.policy)}: {effective_order(case.policy)}", soft_wrap=True)
    console.print(f"  step  {shown_policy(own)}: {effective_order(own)}", soft_wrap=True)
    console.print(
        f"  worst case: {attempts} attempt{'s' if attempts != '1' else ''}, {seconds}; max_attempts_total {case.policy.max_attempts_total}",
        soft_wrap=True,
    )


def worst_as_data(worst: WorstCase) -> dict[str, Any]:
    """The worst case for JSON; seconds are ``None`` without a limit."""
    return {"attempts": worst.attempts, "seconds": None if worst.seconds is None else round(worst.seconds, 3)}


def worst_words(worst: WorstCase) -> tuple[str, str]:
    """Attempts and time, in words."""
    return str(worst.attempts), "no limit" if worst.seconds is None else format_duration(worst.seconds)


def _named(whose: str, policy: Policy) -> list[str]:
    return [] if policy.is_plain else [f"{whose}: {word}" for word in policy_words(policy)]


def _together(case: Policy, step: Policy) -> WorstCase:
    """A step's tries in each of its case's tries; the case's limits end both."""
    outer, inner = worst_case(case), worst_case(step)
    attempts = outer.attempts * inner.attempts
    if inner.seconds is None:
        return WorstCase(attempts=attempts, seconds=outer.seconds)
    seconds = outer.attempts * inner.seconds
    return WorstCase(attempts=attempts, seconds=seconds if outer.seconds is None else min(seconds, outer.seconds))


def _find(plan: Plan, title: str, number: str) -> tuple[Case, PlannedStep]:
    names = [str(case.id) for case in plan.cases]
    case = next(
        (case for case in plan.cases if title in (str(case.id), case.id.title, f"{case.id.suite}::{case.id.name}", case.id.name)), None
    )
    if case is None:
        raise ConfigError(f"there is no case {title!r}; {did_you_mean(title, names) or 'maestro plan lists them'}")
    if not isinstance(case.body, Journey):
        raise ConfigError(f"{title!r} has no steps: its policy is that of the case")
    step = next((step for step in case.body.steps if step.number == number), None)
    if step is None:
        known = ", ".join(step.number for step in case.body.steps)
        raise ConfigError(f"{case.id} has no step {number!r}; it has {known}")
    return case, step


def _waits(retry: Retry) -> str:
    backoff = retry.backoff
    jitter = "" if backoff.jitter == "none" or backoff.kind == "decorrelated" else f", {backoff.jitter} jitter"
    first, last = (format_duration(longest_wait_s(backoff, number)) for number in (1, retry.times))
    # As they will be: a limit that no wait comes near would only mislead.
    return f"{backoff.kind} {first if first == last else f'from {first} to {last}'}{jitter}"
