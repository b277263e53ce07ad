"""Resilience: what to do when something that is called fails, hangs or is down. Standard library only.

    web = Policy(retry(3, delay=0.2), CircuitBreaker(name="shop"), timeout(2))

    @web
    def order(item: str) -> Order: ...

Everything works on functions, coroutine functions and methods; `docs/resilience/` has a page for each: what it is for, when not to use it.
"""

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
