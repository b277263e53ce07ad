"""Resilience: what to do when something that is called fails, hangs or is down. Standard library only.

    web = Policy(retry(3, delay=0.2), CircuitBreaker(name="shop"), timeout(2))

    @web
    def order(item: str) -> Order: ...

Everything works on functions, coroutine functions and methods; `docs/resilience/` has a page for each: what it is for, when not to use it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maestro_fabric.errors import BulkheadFullError, CallRefused, CircuitBreakerOpenError, RateLimitExceeded, TimeoutError  # noqa: A004 - see `errors`
    from maestro_fabric.resilience.backoff import Backoff, Constant, Decorrelated, Exponential, FullJitter, Linear
    from maestro_fabric.resilience.breaker import CircuitBreaker
    from maestro_fabric.resilience.budget import RetryBudget
    from maestro_fabric.resilience.bulkheads import bulkhead
    from maestro_fabric.resilience.deadlines import current_deadline, deadline
    from maestro_fabric.resilience.events import OnEvent, ResilienceEvent, listening
    from maestro_fabric.resilience.fallbacks import fallback
    from maestro_fabric.resilience.ledger import State
    from maestro_fabric.resilience.policy import Policy, PolicyOrderError
    from maestro_fabric.resilience.rate_limits import rate_limit
    from maestro_fabric.resilience.retrying import retry
    from maestro_fabric.resilience.switch import disabled
    from maestro_fabric.resilience.timing import timeout

__all__ = [
    "Backoff",
    "BulkheadFullError",
    "CallRefused",
    "CircuitBreaker",
    "CircuitBreakerOpenError",
    "Constant",
    "Decorrelated",
    "Exponential",
    "FullJitter",
    "Linear",
    "OnEvent",
    "Policy",
    "PolicyOrderError",
    "RateLimitExceeded",
    "ResilienceEvent",
    "RetryBudget",
    "State",
    "TimeoutError",
    "bulkhead",
    "current_deadline",
    "deadline",
    "disabled",
    "fallback",
    "listening",
    "rate_limit",
    "retry",
    "timeout",
]

# A run uses two of these patterns or none, and does not pay for the import of the others (PEP 562).
_HOMES = {
    "Backoff": "maestro_fabric.resilience.backoff",
    "BulkheadFullError": "maestro_fabric.errors",
    "CallRefused": "maestro_fabric.errors",
    "CircuitBreaker": "maestro_fabric.resilience.breaker",
    "CircuitBreakerOpenError": "maestro_fabric.errors",
    "Constant": "maestro_fabric.resilience.backoff",
    "Decorrelated": "maestro_fabric.resilience.backoff",
    "Exponential": "maestro_fabric.resilience.backoff",
    "FullJitter": "maestro_fabric.resilience.backoff",
    "Linear": "maestro_fabric.resilience.backoff",
    "OnEvent": "maestro_fabric.resilience.events",
    "Policy": "maestro_fabric.resilience.policy",
    "PolicyOrderError": "maestro_fabric.resilience.policy",
    "RateLimitExceeded": "maestro_fabric.errors",
    "ResilienceEvent": "maestro_fabric.resilience.events",
    "RetryBudget": "maestro_fabric.resilience.budget",
    "State": "maestro_fabric.resilience.ledger",
    "TimeoutError": "maestro_fabric.errors",
    "bulkhead": "maestro_fabric.resilience.bulkheads",
    "current_deadline": "maestro_fabric.resilience.deadlines",
    "deadline": "maestro_fabric.resilience.deadlines",
    "disabled": "maestro_fabric.resilience.switch",
    "fallback": "maestro_fabric.resilience.fallbacks",
    "listening": "maestro_fabric.resilience.events",
    "rate_limit": "maestro_fabric.resilience.rate_limits",
    "retry": "maestro_fabric.resilience.retrying",
    "timeout": "maestro_fabric.resilience.timing",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
