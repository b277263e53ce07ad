"""What a circuit breaker remembers of past calls. Values: no clock, no lock; they know how to become JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["InARow", "LastCalls", "LastSeconds", "Window"]


_SLICES = 10


class Window(Protocol):
    """Counts calls; what is too old no longer counts."""

    @property
    def calls(self) -> int:
        """How many calls count."""

    @property
    def failures(self) -> int:
        """How many of them failed."""

    @property
    def slow(self) -> int:
        """How many of them were slow."""

    @property
    def sources(self) -> Mapping[str, float]:
        """Where the failures came from, each with the last moment at which one did."""

    def add(self, now: float, *, failed: bool, slow: bool, source: str) -> None:
        """Count a call."""

    def forget(self, now: float) -> None:
        """Drop what is too old."""

    def clear(self) -> None:
        """Drop all."""

    def describe(self) -> str:
        """Its span, after a number of failures."""

    def dump(self) -> list[Any]:
        """All of it, for JSON."""

    def load(self, dumped: list[Any]) -> None:
        """Become what was dumped."""


class InARow:
    """Failures since the last call that went well."""

    __slots__ = ("calls", "failures", "slow", "sources")

    calls: int
    failures: int
    slow: int
    sources: dict[str, float]

    def __init__(self) -> None:
        self.clear()

    def add(self, now: float, *, failed: bool, slow: bool, source: str) -> None:
        """Count a call."""
        if not failed:
            self.clear()
            return
        self.calls += 1
        self.failures += 1
        self.slow += slow
        self.sources[source] = now

    def forget(self, now: float) -> None:
        """Nothing grows old."""

    def clear(self) -> None:
        """Drop all."""
        self.calls = self.failures = self.slow = 0
        self.sources = {}

    def describe(self) -> str:
        """Its span, after a number of failures."""
        return "in a row"

    def dump(self) -> list[Any]:
        """All of it, for JSON."""
        return [self.calls, self.failures, self.slow, self.sources]

    def load(self, dumped: list[Any]) -> None:
        """Become what was dumped."""
        self.calls, self.failures, self.slow, self.sources = dumped


class LastCalls:
    """The last ``size`` calls. Each is a bit of a number, the newest the lowest: counting is one machine instruction a word."""

    __slots__ = ("_failed", "_mask", "_slow", "_total", "size", "sources")

    sources: dict[str, float]
    _failed: int
    _slow: int
    _total: int

    def __init__(self, size: int) -> None:
        self.size = size
        self._mask = (1 << size) - 1
        self.clear()

    @property
    def calls(self) -> int:
        """How many calls count."""
        return min(self._total, self.size)

    @property
    def failures(self) -> int:
        """How many of them failed."""
        return self._failed.bit_count()

    @property
    def slow(self) -> int:
        """How many of them were slow."""
        return self._slow.bit_count()

    def add(self, now: float, *, failed: bool, slow: bool, source: str) -> None:
        """Count a call."""
        self._total += 1
        self._failed = (self._failed << 1 | failed) & self._mask
        self._slow = (self._slow << 1 | slow) & self._mask
        if failed:
            self.sources[source] = self._total

    def forget(self, now: float) -> None:
        """Drop the sources of failures that have left the window."""
        oldest = self._total - self.size
        if self.sources and any(number <= oldest for number in self.sources.values()):
            self.sources = {source: number for source, number in self.sources.items() if number > oldest}

    def clear(self) -> None:
        """Drop all."""
        self._failed = self._slow = self._total = 0
        self.sources = {}

    def describe(self) -> str:
        """Its span, after a number of failures."""
        return f"in the last {self.size} calls"

    def dump(self) -> list[Any]:
        """All of it, for JSON; the bits as hexadecimal text, since JSON's numbers are short."""
        return [self._total, f"{self._failed:x}", f"{self._slow:x}", self.sources]

    def load(self, dumped: list[Any]) -> None:
        """Become what was dumped."""
        self._total, failed, slow, self.sources = dumped
        self._failed, self._slow = int(failed, 16), int(slow, 16)


class LastSeconds:
    """The calls of the last ``span_s`` seconds, in ten slices of time: a call counts for between 0.9 and 1 times the span."""

    __slots__ = ("_slices", "calls", "failures", "slow", "sources", "span_s")

    calls: int
    failures: int
    slow: int
    sources: dict[str, float]
    _slices: list[list[int]]  # number of the slice, calls, failures, slow calls

    def __init__(self, span_s: float) -> None:
        self.span_s = span_s
        self.clear()

    def add(self, now: float, *, failed: bool, slow: bool, source: str) -> None:
        """Count a call."""
        self.forget(now)
        number = self._number(now)
        if not self._slices or self._slices[-1][0] < number:
            self._slices.append([number, 0, 0, 0])
        newest = self._slices[-1]  # also for a clock that went back: better a little late than lost
        newest[1] += 1
        newest[2] += failed
        newest[3] += slow
        self.calls += 1
        self.failures += failed
        self.slow += slow
        if failed:
            self.sources[source] = now

    def forget(self, now: float) -> None:
        """Drop slices that ended more than the span ago."""
        oldest = self._number(now) - _SLICES
        if not self._slices or self._slices[0][0] > oldest:
            return
        while self._slices and self._slices[0][0] <= oldest:
            _, calls, failures, slow = self._slices.pop(0)
            self.calls -= calls
            self.failures -= failures
            self.slow -= slow
        self.sources = {source: at for source, at in self.sources.items() if self._number(at) > oldest}

    def clear(self) -> None:
        """Drop all."""
        self.calls = self.failures = self.slow = 0
        self._slices = []
        self.sources = {}

    def describe(self) -> str:
        """Its span, after a number of failures."""
        return f"in the last {self.span_s:g} s"

    def dump(self) -> list[Any]:
        """All of it, for JSON."""
        return [self.calls, self.failures, self.slow, self._slices, self.sources]

    def load(self, dumped: list[Any]) -> None:
        """Become what was dumped."""
        self.calls, self.failures, self.slow, self._slices, self.sources = dumped

    def _number(self, now: float) -> int:
        return int(now * _SLICES // self.span_s)
