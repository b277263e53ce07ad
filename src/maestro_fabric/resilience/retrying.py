"""Retry: a call that failed is made again, a little later, as often as the deadline and the budget allow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import CircuitBreakerOpenError
from maestro_fabric.resilience.backoff import Backoff, Exponential
from maestro_fabric.resilience.budget import RetryBudget
from maestro_fabric.resilience.deadlines import left_s
from maestro_fabric.resilience.defaults import default_chance
from maestro_fabric.resilience.events import OnEvent, RetryScheduled, RetryStopped, RetrySucceeded
from maestro_fabric.resilience.flow import CALL, Flow, Sleep
from maestro_fabric.resilience.matching import Errors, matcher
from maestro_fabric.resilience.pattern import Pattern, needs_number
from maestro_fabric.resilience.retry_after import read_retry_after

if TYPE_CHECKING:
    from maestro_fabric.ports import Chance, Clock

__all__ = ["retry"]

StopReason = Literal["attempts", "not retryable", "budget", "deadline", "retry-after"]
_EXPLAINED = {
    "attempts": "no attempt is left",
    "not retryable": "this error is not one to retry",
    "budget": "the retry budget is spent",
    "deadline": "the wait would end after the deadline",
    "retry-after": "the server asked for a longer wait than allowed",
}


class retry(Pattern):  # noqa: N801 - used like a function, as contextlib.suppress is
    """Makes a call up to ``max_attempts`` times.

    When no attempt is good, the last exception itself is raised, with a note that tells attempts and time; of results that are not
    good, the last is returned. Nothing is kept between calls but the budget.

    Args:
        max_attempts: Attempts in all, the first included.
        delay: Seconds before the second attempt.
        backoff: What each further wait is multiplied by (60 s at most), or a `Backoff` that gives all waits; ``delay`` is then unused.
        on: The exceptions after which another attempt is made.
        unless: Those after which none is made, although they are in ``on``. An open breaker will be open a moment later too.
        on_result: True for a result that is no good and is tried again.
        budget: Share one between all callers of a dependency.
        max_retry_after_s: A ``Retry-After`` of the server up to so many seconds is waited for; after a longer one no attempt is made.
        name: What messages call it.
        clock: Time.
        chance: Randomness, for jitter.
        on_event: Gets `RetryScheduled`, `RetrySucceeded` and `RetryStopped`.

    Raises:
        ValueError: for fewer than one attempt or a negative wait.
        TypeError: for ``@retry`` without brackets.
    """

    kind = "retry"

    def __init__(
        self,
        max_attempts: int = 3,
        delay: float = 1.0,
        backoff: float | Backoff = 2.0,
        *,
        on: Errors = Exception,
        unless: Errors = CircuitBreakerOpenError,
        on_result: Callable[[Any], bool] | None = None,
        budget: RetryBudget | None = None,
        max_retry_after_s: float = 60.0,
        name: str = "",
        clock: Clock | None = None,
        chance: Chance | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        super().__init__(name, on_event)
        needs_number("max_attempts", max_attempts, decorator="@retry()")
        if max_attempts < 1 or delay < 0:
            raise ValueError(f"{max_attempts=}, {delay=}: at least one attempt is made, and no wait is negative")
        self.max_attempts = max_attempts
        self.backoff: Backoff = Exponential(delay, backoff) if isinstance(backoff, (int, float)) else backoff
        self._is_meant, self._is_exempt, self._is_bad = matcher(on), matcher(unless), on_result
        self._budget = budget
        self._max_retry_after_s = max_retry_after_s
        self._clock = clock or SystemClock()
        self._monotonic = self._clock.monotonic
        self._chance = chance or default_chance()

    def describe(self) -> str:
        """What it does, in a line."""
        return f"up to {self.max_attempts} attempts, waits by {self.backoff!r}"

    def begin(self) -> float:
        """The moment at which the call begins."""
        if self._budget is not None:
            self._budget.deposit()
        return self._monotonic()

    def settle(self, ticket: float, result: Any) -> bool:
        """A result is good, unless somebody judges results."""
        return self._is_bad is None

    def flow(self, ticket: float | None = None) -> Flow:
        """Call, judge, wait, and again. All of it is state of this one call."""
        began = self.begin() if ticket is None else ticket
        waits = self.backoff.waits(self._chance)
        for attempt in count(1):
            error, result = None, None
            try:
                result = yield CALL
            except Exception as raised:
                error = raised
            if error is None and not (self._is_bad is not None and self._is_bad(result)):
                if attempt > 1:
                    self._tell(RetrySucceeded(self.name, attempt, self._monotonic() - began))
                return result
            asked_s = read_retry_after(result if error is None else error, self._clock.now())
            wait_s = max(next(waits), asked_s or 0.0)
            if reason := self._why_stop(attempt, wait_s, asked_s or 0.0, error):
                self._tell(RetryStopped(self.name, attempt, self._monotonic() - began, reason, error))
                if error is None:
                    return result
                try:
                    raise self._noted(error, attempt, began, reason)
                finally:
                    del error  # its traceback holds this frame
            self._tell(RetryScheduled(self.name, attempt, wait_s, error))
            del error, result  # not kept alive while waiting
            yield Sleep(wait_s, self._clock)

    def _why_stop(self, attempt: int, wait_s: float, asked_s: float, error: Exception | None) -> StopReason | None:
        if error is not None and (self._is_exempt(error) or not self._is_meant(error)):
            return "not retryable"
        if attempt >= self.max_attempts:
            return "attempts"
        if asked_s > self._max_retry_after_s:
            return "retry-after"
        if wait_s >= left_s():
            return "deadline"
        # The last question: a token is paid only for an attempt that will be made.
        return "budget" if self._budget is not None and not self._budget.withdraw() else None

    def _noted(self, error: Exception, attempts: int, began: float, reason: StopReason) -> Exception:
        if attempts > 1 or reason not in ("not retryable", "attempts"):
            tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
            error.add_note(f"{self.name}: {tries} in {self._monotonic() - began:.3g} s; {_EXPLAINED[reason]}")
        return error
