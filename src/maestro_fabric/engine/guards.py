"""What stands between cases and what they depend on: circuit breakers and bulkheads that all processes of a run share."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from maestro_fabric.errors import BulkheadFullError, CircuitBreakerOpenError, StoreError
from maestro_fabric.events import BreakerChanged, Warned, blocked_by_breaker
from maestro_fabric.model import Breaker, Bulkhead, Case, Fault, Outcome, Status
from maestro_fabric.outages import is_about, with_outage
from maestro_fabric.ports import Clock, Deadline, Emit
from maestro_fabric.resilience.books import BreakerStore
from maestro_fabric.resilience.breaker import CircuitBreaker
from maestro_fabric.resilience.bulkheads import bulkhead
from maestro_fabric.resilience.events import BreakerChanged as Changed
from maestro_fabric.resilience.events import ResilienceEvent
from maestro_fabric.resilience.ledger import State
from maestro_fabric.resilience.places import Places

__all__ = ["Dependencies", "Entry", "Guards"]

_SOURCES = 2
_PROBE_WITHIN_S = 30.0


class Dependencies(Protocol):
    """What is known of the services and hosts that cases depend on."""

    @property
    def breakers(self) -> BreakerStore:
        """Where all processes of the run keep their breakers."""

    def places(self, wanted: Bulkhead) -> Places:
        """The places of a bulkhead, the same for all processes of the run."""

    def probe(self, dependency: str) -> str:
        """Ask whether it is up: empty when it is, otherwise what was seen. A service is asked by its readiness check."""

    def address(self, dependency: str) -> str:
        """Where it is; empty when nobody knows."""

    def close(self) -> None:
        """Let go of what is shared."""


@dataclass(slots=True)
class Entry:
    """An attempt's way in. Whoever asked for it leaves it, whatever became of the attempt.

    Attributes:
        reason: Why the attempt must not be made; empty when it may.
    """

    reason: str = ""
    _guards: Guards | None = None
    _case: Case | None = None
    _emit: Emit | None = None
    _permits: list[tuple[CircuitBreaker, int]] = field(default_factory=list)
    _places: ExitStack = field(default_factory=ExitStack)

    def leave(self, outcome: Outcome | None) -> None:
        """Give the places back, and tell the breakers what the attempt came to; ``None`` when it came to nothing."""
        self._places.close()
        permits, self._permits = self._permits, []
        if self._guards is not None and self._case is not None and self._emit is not None:
            for breaker, permit in permits:
                self._guards.judge(breaker, permit, self._case, outcome, self._emit)


class Guards:
    """The breakers and bulkheads of this process; their state is shared.

    Args:
        dependencies: What is known of what cases depend on.
        clock: Time.
        worker: This process's name among its siblings.
    """

    def __init__(self, dependencies: Dependencies, clock: Clock, worker: str = "") -> None:
        self._dependencies = dependencies
        self._clock = clock
        self._worker = worker
        self._breakers: dict[str, CircuitBreaker] = {}
        self._places: dict[str, Places] = {}
        self._emit: Emit | None = None
        self._evidence = ""
        self._is_broken = False

    def enter(self, case: Case, emit: Emit, deadline: Deadline) -> Entry:
        """Ask for an attempt: the breakers first, then places, waiting for them no longer than until the deadline.

        A breaker whose time for a probe has come asks its dependency now, and lets the attempt in when that answers.
        """
        policy = case.policy
        if self._is_broken or not (policy.breakers or policy.bulkheads):
            return Entry()
        entry = Entry("", self, case, emit)
        self._emit = emit
        try:
            entry.reason = self._admit(entry, policy.breakers) or self._find_place(entry, policy.bulkheads, deadline)
        except StoreError as exc:
            entry.leave(None)
            self._is_broken = True
            emit(Warned(f"circuit breakers and bulkheads do not hold in this run: {exc}"))
            return Entry()
        if entry.reason:
            entry.leave(None)
        return entry

    def why_closed(self, case: Case, within_s: float = 0.0) -> str:
        """Why no attempt of this case can be made so many seconds from now; empty when one may be."""
        if self._is_broken:
            return ""
        for wanted in case.policy.breakers:
            breaker = self._breakers.get(wanted.dependency)
            if breaker is not None and breaker.state is State.OPEN and breaker.retry_in_s > within_s:
                return blocked_by_breaker(wanted.dependency)
        return ""

    def close(self) -> None:
        """Let go of what is shared with other processes; the places of this one are free."""
        self._dependencies.close()

    def judge(self, breaker: CircuitBreaker, permit: int, case: Case, outcome: Outcome | None, emit: Emit) -> None:
        """Tell a breaker what an attempt that it let in came to."""
        self._emit = emit
        fault = self._outage(outcome, breaker.name) if outcome is not None else None
        if fault is not None:
            self._evidence = f"the last in {case.id}: {_shortly(fault)}"
            breaker.by(str(case.id)).record_failure(permit)
        elif outcome is not None and outcome.status is Status.PASSED:
            breaker.record_success(permit)
        else:
            breaker.release(permit)
        self._evidence = ""

    def _outage(self, outcome: Outcome, dependency: str) -> Fault | None:
        """What an attempt says against a dependency; ``None`` when it says nothing."""
        if outcome.status is Status.BLOCKED:
            return outcome.fault or Fault(type="Blocked", message=outcome.reason)
        if outcome.status is not Status.ERROR or outcome.fault is None:
            return None
        fault = with_outage(outcome.fault)
        return fault if fault.is_outage and is_about(fault, self._dependencies.address(dependency)) else None

    def _admit(self, entry: Entry, breakers: tuple[Breaker, ...]) -> str:
        for wanted in breakers:
            breaker = self._breaker(wanted)
            try:
                permit = breaker.admit()
                if breaker.state is State.HALF_OPEN:
                    if not self._is_back(breaker, permit):
                        return blocked_by_breaker(wanted.dependency)
                    permit = breaker.admit()
            except CircuitBreakerOpenError:
                return blocked_by_breaker(wanted.dependency)
            entry._permits.append((breaker, permit))
        return ""

    def _is_back(self, breaker: CircuitBreaker, permit: int) -> bool:
        problem = self._dependencies.probe(breaker.name)
        self._evidence = problem
        if problem:
            breaker.record_failure(permit)
        else:
            breaker.record_success(permit)
        self._evidence = ""
        return not problem

    def _find_place(self, entry: Entry, bulkheads: tuple[Bulkhead, ...], deadline: Deadline) -> str:
        for wanted in bulkheads:
            if wanted.dependency not in self._places:
                self._places[wanted.dependency] = self._dependencies.places(wanted)
            places = self._places[wanted.dependency]
            wait_s = min(wanted.wait_s, deadline.left_s)
            try:
                entry._places.enter_context(bulkhead(wait=wait_s, name=wanted.dependency, places=places, clock=self._clock))
            except BulkheadFullError as exc:
                return f"no place at {wanted.dependency} within {exc.waited_s:.3g} s: {wanted.limit} at once (its bulkhead)"
        return ""

    def _breaker(self, wanted: Breaker) -> CircuitBreaker:
        if wanted.dependency not in self._breakers:
            self._breakers[wanted.dependency] = CircuitBreaker(
                wanted.failures,
                wanted.open_for_s,
                name=wanted.dependency,
                window_s=wanted.window_s,
                minimum_sources=_SOURCES,
                probe_within_s=_PROBE_WITHIN_S,
                store=self._dependencies.breakers,
                clock=self._clock,
                on_event=self._hear,
            )
        return self._breakers[wanted.dependency]

    def _hear(self, event: ResilienceEvent) -> None:
        if not isinstance(event, Changed) or self._emit is None:
            return
        reason = f"{event.reason}, {self._evidence}" if self._evidence else event.reason
        self._emit(BreakerChanged(event.name, str(event.before), str(event.after), reason, self._clock.now(), self._worker))


def _shortly(fault: Fault) -> str:
    """What went wrong in one line: a step's place and title stand in the first line of its fault, the reason in the second."""
    lines = [line.strip() for line in fault.message.splitlines() if line.strip()] or [fault.type]
    return lines[1] if lines[0].startswith("step ") and len(lines) > 1 else lines[0]
