"""The state machine of a circuit breaker, without locks, files or a clock: it is told the time.

    closed ──(too many failures, or slow calls)──▶ open ──(open_for_s later, one probe)──▶ half_open
      ▲                                              ▲                                        │
      └──(probes_to_close probes went well)──────────┼────────────────────────────────────────┤
                                                     └──(a probe failed)──────────────────────┘

A permit is the number of an **epoch**. A new one begins with every change of state and with every probe, and what a call has to tell
counts only in the epoch that let it through: a slow answer from before the outage cannot close the breaker, a probe that was given up
cannot either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from maestro_fabric.resilience.windows import InARow, Window

__all__ = ["Change", "Ledger", "Rules", "State"]


class State(StrEnum):
    """What a circuit breaker does with a call."""

    CLOSED = "closed"  # lets it through
    OPEN = "open"  # refuses it
    HALF_OPEN = "half_open"  # lets one at a time through, to see whether it goes well


Change = tuple[State, State, str]
"""From, to, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a breaker opens, and when it closes again.

    Attributes:
        make_window: What is remembered.
        failures: Opens at so many failures in the window; ``None`` when a rate decides.
        failure_rate: Opens when this share of the calls in the window failed.
        slow_rate: Opens when this share of the calls in the window was slow.
        minimum_calls: Rates are not judged on fewer calls.
        minimum_sources: Failures count only when they come from so many sources.
        open_for_s: How long it refuses all, before it lets a probe through.
        probe_within_s: A probe that has not ended by then is given up, and another is let through.
        probes_to_close: How many probes must go well, one after the other.
    """

    make_window: Callable[[], Window] = InARow
    failures: int | None = 5
    failure_rate: float | None = None
    slow_rate: float | None = None
    minimum_calls: int = 10
    minimum_sources: int = 1
    open_for_s: float = 60.0
    probe_within_s: float = 60.0
    probes_to_close: int = 1

    def describe(self) -> str:
        """When a breaker with these rules opens, and for how long."""
        window = self.make_window().describe()
        failures = f"{self.failures} failures" if self.failures is not None else f"{self.failure_rate:.0%} failures"
        slow = "" if self.slow_rate is None else f", or {self.slow_rate:.0%} slow calls,"
        sources = "" if self.minimum_sources == 1 else f" from {self.minimum_sources} sources"
        return f"refuses calls for {self.open_for_s:g} s after {failures}{slow} {window}{sources}"

    def why_open(self, window: Window) -> str:
        """Why a breaker with these calls must open; empty when it need not."""
        if self.failures is not None and window.failures >= self.failures and self._is_broad(window):
            return f"{window.failures} failures"
        if window.calls < self.minimum_calls:
            return ""
        if self.failure_rate is not None and window.failures >= self.failure_rate * window.calls and self._is_broad(window):
            return f"{window.failures} of {window.calls} calls failed"
        if self.slow_rate is not None and window.slow >= self.slow_rate * window.calls:
            return f"{window.slow} of {window.calls} calls were slow"
        return ""

    def _is_broad(self, window: Window) -> bool:
        return len(window.sources) >= max(1, self.minimum_sources)


@dataclass(slots=True)
class Ledger:
    """What a breaker knows; whoever keeps it lets one caller at a time in.

    Attributes:
        rules: When it opens and closes.
        window: The calls that count.
        state: What it does with a call.
        epoch: The permit of calls that are let through now; from 1.
        until: When ``open``: the moment of the first probe; when ``half_open``: the moment at which the running probe is given up.
        reason: Why the state is what it is.
        probes: How many probes have gone well.
        changes: What `take_changes` has not given yet.
    """

    rules: Rules
    window: Window = field(init=False)
    state: State = State.CLOSED
    epoch: int = 1
    until: float = 0.0
    reason: str = ""
    probes: int = 0
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window = self.rules.make_window()

    @property
    def is_blank(self) -> bool:
        """Whether a call that goes well would change nothing."""
        return self.state is State.CLOSED and type(self.window) is InARow and not self.window.failures

    def admit(self, now: float) -> int | None:
        """A permit for a call, or ``None``: it is refused."""
        if self.state is State.CLOSED:
            return self.epoch
        # A wall clock that was set back must not keep a breaker open for longer than it was meant to be.
        if self.until != float("inf") and self.until - now > max(self.rules.open_for_s, self.rules.probe_within_s):
            self.until = now
        if now < self.until:
            return None
        if self.state is State.OPEN:
            self._become(State.HALF_OPEN, "time for a probe")
        self.epoch += 1
        self.until = now + self.rules.probe_within_s
        return self.epoch

    def succeed(self, permit: int, now: float, *, slow: bool = False) -> None:
        """The call with this permit went well."""
        self._note(permit, now, failed=False, slow=slow, source="")

    def fail(self, permit: int, now: float, *, slow: bool = False, source: str = "") -> None:
        """The call with this permit failed; ``source`` is whose evidence that is."""
        self._note(permit, now, failed=True, slow=slow, source=source)

    def release(self, permit: int) -> None:
        """The call with this permit says nothing, for or against: it was cancelled, or failed for a reason of its own."""
        if permit == self.epoch and self.state is State.HALF_OPEN:
            self.epoch += 1
            self.until = 0.0

    def force(self, state: State, reason: str) -> None:
        """Change the state by hand: an ``open`` one stays so until it is closed by hand, a ``closed`` one begins anew."""
        self._become(state, reason)
        self.until = float("inf") if state is State.OPEN else 0.0

    def take_changes(self) -> Sequence[Change]:
        """What happened since this was last asked, oldest first."""
        if not self.changes:
            return ()
        changes, self.changes = self.changes, []
        return changes

    def _note(self, permit: int, now: float, *, failed: bool, slow: bool, source: str) -> None:
        if permit != self.epoch or self.state is State.OPEN:
            return
        if self.state is State.HALF_OPEN:
            self._judge_probe(now, is_good=not failed and not (slow and self.rules.slow_rate is not None))
            return
        self.window.add(now, failed=failed, slow=slow, source=source)
        self.window.forget(now)
        if reason := self.rules.why_open(self.window):
            self._open(now, reason)

    def _judge_probe(self, now: float, *, is_good: bool) -> None:
        if not is_good:
            self._open(now, "a probe failed")
            return
        self.probes += 1
        if self.probes >= self.rules.probes_to_close:
            self._become(State.CLOSED, "a probe went well" if self.probes == 1 else f"{self.probes} probes went well")
        else:
            self.epoch += 1
            self.until = 0.0  # the next probe may come at once

    def _open(self, now: float, reason: str) -> None:
        self._become(State.OPEN, reason)
        self.until = now + self.rules.open_for_s

    def _become(self, state: State, reason: str) -> None:
        if state is not self.state:
            self.changes.append((self.state, state, reason))
        self.state, self.reason = state, reason
        self.epoch += 1
        self.probes = 0
        self.window.clear()

    def dump(self) -> list[Any]:
        """All of it, for JSON."""
        until = None if self.until == float("inf") else self.until  # JSON has no infinity
        return [self.state.value, self.epoch, until, self.reason, self.probes, self.window.dump()]

    def load(self, dumped: list[Any]) -> None:
        """Become what was dumped."""
        state, self.epoch, until, self.reason, self.probes, window = dumped
        self.state = State(state)
        self.until = float("inf") if until is None else until
        self.window.load(window)
