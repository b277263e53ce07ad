"""The circuit breaker: what is known to be down is not called."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import CallRefused, CircuitBreakerOpenError
from maestro_fabric.resilience.books import Book, BreakerStore, LocalBook
from maestro_fabric.resilience.events import BreakerChanged, CallRejected, OnEvent
from maestro_fabric.resilience.flow import CALL, Flow
from maestro_fabric.resilience.ledger import Change, Ledger, Rules, State
from maestro_fabric.resilience.matching import Errors, matcher
from maestro_fabric.resilience.pattern import Guard, needs_number
from maestro_fabric.resilience.windows import InARow, LastCalls, LastSeconds, Window

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["CircuitBreaker"]

_DEFAULT_WINDOW_CALLS = 100


class CircuitBreaker(Guard):
    """Refuses calls to what is down, and tries every ``timeout`` seconds with one call whether it is back.

    It opens at ``failure_threshold`` failures: in a row, or within ``window_calls`` or ``window_s`` when one is given. With
    ``failure_rate`` that share of the calls in the window decides instead; ``slow_rate`` opens it for calls that are slow.

    One breaker stands for one dependency: share it between all that call it. Threads and tasks share the object; processes
    share it through a ``store``.

    Args:
        failure_threshold: Opens at so many failures.
        timeout: Seconds for which all calls are refused, before one is let through as a probe.
        expected_exception: The exceptions that count as failures. Others pass through and count neither way.
        name: What messages call it; needed with a store, where it is the breaker's identity.
        window_calls: Look at the last so many calls.
        window_s: Look at the calls of the last so many seconds.
        failure_rate: A share of the calls in the window, above 0 and up to 1; the window is 100 calls unless one is given.
        slow_call_s: A call that takes so many seconds is slow.
        slow_rate: A share of the calls in the window, above 0 and up to 1.
        minimum_calls: Rates are not judged on fewer calls.
        minimum_sources: Failures must come from so many sources (see `by`), so that one bad caller cannot open it alone.
        probes_to_close: So many probes in a row must go well. They are let through one at a time.
        probe_within_s: A probe that has not ended after so many seconds is given up: its process may have died. Give more than the
            longest call takes.
        unless: Exceptions that do not count although they are expected; a call that another policy refused never reached anything.
        is_failure: Judges results: true for one that counts as a failure.
        store: Where processes share it (`maestro_fabric.resilience.shared.SharedBreakers`).
        clock: Time.
        on_event: Gets `BreakerChanged` and `CallRejected`.

    Raises:
        ValueError: for numbers that make no breaker.
    """

    kind = "circuit breaker"

    def __init__(
        self,
        failure_threshold: int = 5,
        timeout: float = 60,
        expected_exception: Errors = Exception,
        *,
        name: str = "",
        window_calls: int | None = None,
        window_s: float | None = None,
        failure_rate: float | None = None,
        slow_call_s: float | None = None,
        slow_rate: float | None = None,
        minimum_calls: int = 10,
        minimum_sources: int = 1,
        probes_to_close: int = 1,
        probe_within_s: float = 60.0,
        unless: Errors = CallRefused,
        is_failure: Callable[[Any], bool] | None = None,
        store: BreakerStore | None = None,
        clock: Clock | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        super().__init__(name, on_event)
        needs_number("failure_threshold", failure_threshold, decorator="@CircuitBreaker()")
        if slow_rate is not None and slow_call_s is None:
            raise ValueError("slow_rate needs slow_call_s: from how many seconds on is a call slow?")
        if store is not None and not name:
            raise ValueError("a breaker in a store needs a name: it is how the other processes find it")
        clock = clock or SystemClock()
        self._rules = Rules(
            make_window=_choose_window(window_calls, window_s, needs_one=failure_rate is not None or slow_rate is not None),
            failures=_positive("failure_threshold", failure_threshold) if failure_rate is None else None,
            failure_rate=None if failure_rate is None else _share("failure_rate", failure_rate),
            slow_rate=None if slow_rate is None else _share("slow_rate", slow_rate),
            minimum_calls=_positive("minimum_calls", minimum_calls),
            minimum_sources=_positive("minimum_sources", minimum_sources),
            open_for_s=_positive("timeout", timeout),
            probe_within_s=_positive("probe_within_s", probe_within_s),
            probes_to_close=_positive("probes_to_close", probes_to_close),
        )
        self._book: Book = LocalBook(self._rules) if store is None else store.open_book(name, self._rules)
        self._now = clock.monotonic if store is None else clock.now
        self._monotonic = clock.monotonic
        self._slow_call_s = slow_call_s
        self._counts, self._is_exempt, self._is_failure = matcher(expected_exception), matcher(unless), is_failure
        self._source = ""

    @property
    def state(self) -> State:
        """``closed``, ``open`` or ``half_open``. An open breaker becomes half open when a probe is let through, not before."""
        return self._book.read().state

    @property
    def retry_in_s(self) -> float:
        """Seconds until a probe is let through; 0.0 unless it is open, infinity when it was opened by hand."""
        return self._left_s(self._book.read())

    def by(self, source: str) -> Self:
        """The same breaker, with failures counted as the evidence of ``source`` (see ``minimum_sources``)."""
        view = copy.copy(self)
        view._source = source
        return view

    def open(self, reason: str = "opened by hand") -> None:
        """Refuse all calls until `close`; no probe is let through."""
        self._force(State.OPEN, reason)

    def close(self, reason: str = "closed by hand") -> None:
        """Let all calls through, and forget all failures."""
        self._force(State.CLOSED, reason)

    def admit(self) -> int:
        """Ask for one call that is made elsewhere: a permit, to be handed to just one of the three methods below.

        Raises:
            CircuitBreakerOpenError: when the call must not be made.
        """
        with self._book.lock:
            ledger = self._book.ledger
            permit = ledger.admit(self._now())
            changes = ledger.take_changes()
            state, left_s, reason = ledger.state.value, self._left_s(ledger), ledger.reason
        self._announce(changes)
        if permit is None:
            error = CircuitBreakerOpenError(self.name, state, left_s, reason)
            self._tell(CallRejected(self.kind, self.name, error))
            raise error
        return permit

    def record_success(self, permit: int, *, slow: bool = False) -> None:
        """The call with this permit went well."""
        with self._book.lock:
            ledger = self._book.ledger
            ledger.succeed(permit, self._now(), slow=slow)
            changes = ledger.take_changes()
        if changes:
            self._announce(changes)

    def record_failure(self, permit: int, *, slow: bool = False) -> None:
        """The call with this permit failed; the evidence is that of `by`."""
        with self._book.lock:
            ledger = self._book.ledger
            ledger.fail(permit, self._now(), slow=slow, source=self._source)
            changes = ledger.take_changes()
        self._announce(changes)

    def release(self, permit: int) -> None:
        """The call with this permit says nothing about what is guarded."""
        with self._book.lock:
            self._book.ledger.release(permit)

    def describe(self) -> str:
        """What it does, in a line."""
        return self._rules.describe()

    def flow(self, ticket: int | None = None) -> Flow:
        """Ask, call, and note what came of it."""
        permit = self.admit() if ticket is None else ticket
        began = self._monotonic()
        try:
            result = yield CALL
        except BaseException as error:
            if isinstance(error, Exception) and self._counts(error) and not self._is_exempt(error):
                self.record_failure(permit, slow=self._is_slow(began))
            else:
                self.release(permit)
            raise
        if self._is_failure is not None and self._is_failure(result):
            self.record_failure(permit, slow=self._is_slow(began))
        else:
            self.record_success(permit, slow=self._is_slow(began))
        return result

    def begin(self) -> int | None:
        """The permit of a closed breaker. Slow calls need the flow, which takes the time."""
        ledger = self._book.read()
        return ledger.epoch if ledger.state is State.CLOSED and self._slow_call_s is None else None

    def settle(self, ticket: int, result: Any) -> bool:
        """Note a good result; often there is nothing to note."""
        if self._is_failure is not None:
            return False
        ledger = self._book.read()
        if ledger.epoch != ticket or not ledger.is_blank:
            self.record_success(ticket)
        return True

    def _force(self, state: State, reason: str) -> None:
        with self._book.lock:
            ledger = self._book.ledger
            ledger.force(state, reason)
            changes = ledger.take_changes()
        self._announce(changes)

    def _announce(self, changes: Sequence[Change]) -> None:
        for before, after, reason in changes:  # outside the lock: a listener may look at the breaker
            self._tell(BreakerChanged(self.name, before.value, after.value, reason))

    def _is_slow(self, began: float) -> bool:
        return self._slow_call_s is not None and self._monotonic() - began >= self._slow_call_s

    def _left_s(self, ledger: Ledger) -> float:
        return max(0.0, ledger.until - self._now()) if ledger.state is State.OPEN else 0.0


def _choose_window(calls: int | None, span_s: float | None, *, needs_one: bool) -> Callable[[], Window]:
    if calls is not None and span_s is not None:
        raise ValueError(f"window_calls={calls} and window_s={span_s}: give one of them")
    if span_s is not None:
        return partial(LastSeconds, _positive("window_s", span_s))
    if calls is None and not needs_one:
        return InARow
    size = _DEFAULT_WINDOW_CALLS if calls is None else _positive("window_calls", calls)
    return lambda: LastCalls(size)


N = TypeVar("N", int, float)


def _positive(what: str, number: N) -> N:
    if not number > 0:
        raise ValueError(f"{what} must be above 0, not {number!r}")
    return number


def _share(what: str, number: float) -> float:
    if not 0 < number <= 1:
        raise ValueError(f"{what} is a share of calls, above 0 and up to 1, not {number!r}")
    return number
