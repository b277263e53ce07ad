"""A policy: patterns stacked in the order in which they make sense together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple, ParamSpec, TypeVar

from maestro_fabric.resilience.breaker import CircuitBreaker
from maestro_fabric.resilience.bulkheads import bulkhead
from maestro_fabric.resilience.deadlines import deadline
from maestro_fabric.resilience.events import OnEvent, listening
from maestro_fabric.resilience.fallbacks import fallback
from maestro_fabric.resilience.flow import CALL, Flow
from maestro_fabric.resilience.pattern import Pattern, Wrapper
from maestro_fabric.resilience.rate_limits import rate_limit
from maestro_fabric.resilience.retrying import retry
from maestro_fabric.resilience.timing import timeout

__all__ = ["ORDER", "Policy", "PolicyOrderError"]

P = ParamSpec("P")
T = TypeVar("T")


class Layer(NamedTuple):
    """A place in the order: which pattern, why it stands outside those after it, and outside single ones for a reason of their own."""

    pattern: type[Pattern]
    why_outside: str
    why_outside_of: Mapping[type[Pattern], str] = {}


ORDER = (
    Layer(fallback, "a spare further in would hide failures from the retry and the breaker outside it"),
    Layer(deadline, "further in, each attempt would get the whole time anew"),
    Layer(
        retry,
        "further in, all its attempts would count as one call",
        {
            CircuitBreaker: "inside a breaker its attempts would count as one call, and go on although the breaker has opened",
            bulkhead: "inside a bulkhead it would hold a place while it waits between attempts",
            timeout: "inside a timeout all its attempts and waits would share the time of one",
        },
    ),
    Layer(
        CircuitBreaker,
        "further in, calls that it refuses would first wait for a turn or a place",
        {timeout: "inside a timeout it would not see that a call took too long"},
    ),
    Layer(
        rate_limit,
        "inside a bulkhead a call would hold a place while it waits for its turn",
        {timeout: "inside a timeout the wait for a turn would use up the time of the call"},
    ),
    Layer(bulkhead, "inside a timeout the wait for a place would use up the time of the call"),
    Layer(timeout, ""),
)
"""Outermost first."""


class PolicyOrderError(ValueError):
    """Patterns were stacked in an order, or in a number, that does not do what it seems to."""


class Policy(Wrapper):
    """Patterns as one, for a decorator or `call`: ``fallback(deadline(retry(breaker(rate_limit(bulkhead(timeout(call)))))))``.

    Args:
        patterns: Outermost first; any of them may be left out.
        as_given: Take another order too. `explain` tells what to think of it.
        name: What messages call it.
        on_event: Gets the events of all its patterns.

    Raises:
        PolicyOrderError: for another order, or two patterns of a kind, unless ``as_given``.
        TypeError: for what is no pattern.
    """

    kind = "policy"

    def __init__(self, *patterns: Pattern, as_given: bool = False, name: str = "", on_event: OnEvent | None = None) -> None:
        super().__init__(name, on_event)
        for pattern in patterns:
            if not any(isinstance(pattern, layer.pattern) for layer in ORDER):
                raise TypeError(f"{pattern!r} is no pattern to stack: {', '.join(layer.pattern.__name__ for layer in ORDER)} are")
        self.patterns = patterns
        self.doubts = tuple(_find_doubts(patterns))
        if self.doubts and not as_given:
            right = ", ".join(repr(pattern) for pattern in sorted(patterns, key=_rank))
            raise PolicyOrderError(f"{'; '.join(self.doubts)}. Write Policy({right}), or as_given=True if this is what you want")

    def explain(self) -> str:
        """What it does, a line for each pattern, outermost first; then the most attempts there can be, and what is doubtful."""
        attempts = 1
        for pattern in self.patterns:
            attempts *= pattern.max_attempts if isinstance(pattern, retry) else 1
        rows = [f"{pattern.kind:<16}{pattern.describe()}" for pattern in self.patterns]
        return "\n".join(
            [*rows, f"at most {attempts} attempt{'s' if attempts > 1 else ''}", *(f"doubtful: {doubt}" for doubt in self.doubts)]
        )

    def describe(self) -> str:
        """Its patterns, in a line."""
        return " of ".join(pattern.kind for pattern in self.patterns)

    def surround(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function with the patterns around it."""
        for pattern in reversed(self._layers()):
            function = pattern.surround(function)
        return function

    def _layers(self) -> list[Pattern]:
        layers: list[Pattern] = list(self.patterns)
        kinds = {type(pattern) for pattern in layers}
        if deadline in kinds and timeout not in kinds:
            layers.append(timeout(float("inf"), name=self.name))  # ends the call at the deadline
        if self.on_event is not None:
            layers.insert(0, _Heard(self.name, self.on_event))
        return layers


class _Heard(Pattern):
    """Gives a listener the events of all patterns inside."""

    def __init__(self, name: str, listener: OnEvent) -> None:
        super().__init__(name)
        self._listener = listener

    def flow(self, ticket: None = None) -> Flow:
        with listening(self._listener):
            return (yield CALL)


def _rank(pattern: Pattern) -> int:
    return next(rank for rank, layer in enumerate(ORDER) if isinstance(pattern, layer.pattern))


def _find_doubts(patterns: tuple[Pattern, ...]) -> list[str]:
    doubts = []
    for outer, inner in pairwise(patterns):
        if _rank(outer) == _rank(inner):
            doubts.append(f"{outer!r} and {inner!r} are of one kind" + (": their attempts multiply" if isinstance(outer, retry) else ""))
        elif _rank(outer) > _rank(inner):
            layer = ORDER[_rank(inner)]
            why = layer.why_outside_of.get(ORDER[_rank(outer)].pattern, layer.why_outside)
            doubts.append(f"{inner!r} belongs outside {outer!r}: {why}")
    return doubts
