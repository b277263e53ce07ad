"""What every pattern is: a decorator, a `call`, and a flow; `Guard` adds context managers.

A pattern tells in `flow` all that it does. `begin` and `settle` are a shortcut through the same story for the usual call, which is let
through at once and goes well: it costs two short calls in place of a generator. A call that took the shortcut and fails is told to a
flow that starts at that point.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, ParamSpec, Self, TypeVar

from maestro_fabric.resilience.events import OnEvent, ResilienceEvent, tell
from maestro_fabric.resilience.flow import CALL, Call, Flow, drive, drive_async, give, throw
from maestro_fabric.resilience.switch import SWITCH

__all__ = ["Guard", "Pattern", "Wrapper", "is_coroutine_function", "needs_number", "pop", "push", "surround"]

P = ParamSpec("P")
T = TypeVar("T")


def needs_number(what: str, value: object, *, decorator: str) -> None:
    """Refuse the function that a decorator without its parentheses is given as first argument.

    Raises:
        TypeError: for what is no number.
    """
    if not isinstance(value, (int, float)):
        raise TypeError(f"{what} must be a number, not {value!r}: as a decorator it is written {decorator}")


class Wrapper(ABC):
    """What a function can be guarded by: a pattern, or several as one.

    Attributes:
        name: What messages and events call it.
        on_event: Gets its events; see `maestro_fabric.resilience.events`.
    """

    kind = "wrapper"

    def __init__(self, name: str = "", on_event: OnEvent | None = None) -> None:
        self.name = name or self.kind
        self.on_event = on_event

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function, guarded; it stays what it was: a coroutine function, a method, with its name and signature.

        All calls share the pattern's state. On a method that is all instances: for a state of its own, let an instance guard its bound
        method (``self.fetch = CircuitBreaker()(self._fetch)``).

        Raises:
            TypeError: for generators and for what is not a function.
        """
        return wraps(function)(self.surround(function))

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function, guarded; for a coroutine function, await what this gives."""
        return self.surround(function)(*args, **kwargs)

    @abstractmethod
    def surround(self, function: Callable[P, T]) -> Callable[P, T]:
        """A plain function that makes guarded calls; `__call__` gives it the name and signature of the other."""

    def describe(self) -> str:
        """What it does, in a line."""
        return ""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name!r}>"


class Pattern(Wrapper):
    """What guards calls: use it as a decorator, or by `call`."""

    kind = "pattern"

    def surround(self, function: Callable[P, T]) -> Callable[P, T]:
        """See `surround`."""
        return surround(self, function)

    @abstractmethod
    def flow(self, ticket: Any = None) -> Flow:
        """All that happens around a call.

        Args:
            ticket: What `begin` gave, when it let the call through already.
        """

    def begin(self) -> Any:
        """Let a call through at once: a ticket for it; or ``None`` when that needs the whole flow."""
        return None

    def settle(self, ticket: Any, result: Any) -> bool:
        """Note that the call with this ticket gave a result; false when the flow must see it."""
        return True

    def check(self, function: Callable[..., Any], *, is_async: bool) -> None:
        """Refuse a function that this pattern cannot guard.

        Raises:
            TypeError: saying what to do.
        """

    def _tell(self, event: ResilienceEvent) -> None:
        tell(self.on_event, event)


def surround(pattern: Pattern, function: Callable[P, T]) -> Callable[P, T]:
    """A function that calls another under a pattern.

    Raises:
        TypeError: for generators and for what is not a function.
    """
    _refuse_strange(pattern, function)
    is_async = is_coroutine_function(function)
    pattern.check(function, is_async=is_async)
    return (_surround_async if is_async else _surround_sync)(pattern, function)


def _surround_sync(pattern: Pattern, function: Callable[..., Any]) -> Callable[..., Any]:
    begin, settle, flow, switch = pattern.begin, pattern.settle, pattern.flow, SWITCH

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if switch.is_off:
            return function(*args, **kwargs)
        if (ticket := begin()) is None:
            return drive(flow(), partial(function, *args, **kwargs))
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            known = partial(_raise, error)
        else:
            if settle(ticket, result):
                return result
            known = partial(_same, result)
        try:
            return drive(flow(ticket), partial(function, *args, **kwargs), known)
        finally:
            del known  # an exception and the frame that holds it would keep each other alive

    return guarded


def _surround_async(pattern: Pattern, function: Callable[..., Any]) -> Callable[..., Any]:
    begin, settle, flow, switch = pattern.begin, pattern.settle, pattern.flow, SWITCH

    # Line by line the function above with an await: a frame more for each call would be dearer than these lines.
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        if switch.is_off:
            return await function(*args, **kwargs)
        if (ticket := begin()) is None:
            return await drive_async(flow(), partial(function, *args, **kwargs))
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            known = partial(_raise, error)
        else:
            if settle(ticket, result):
                return result
            known = partial(_same, result)
        try:
            return await drive_async(flow(ticket), partial(function, *args, **kwargs), known)
        finally:
            del known

    return guarded


def _raise(error: BaseException) -> Any:
    try:
        raise error
    finally:
        del error


def _same(result: T) -> T:
    return result


def is_coroutine_function(function: Callable[..., Any]) -> bool:
    """Whether calling it gives an awaitable: ``async def``, one in a `functools.partial`, or an object with such a ``__call__``."""
    if inspect.iscoroutinefunction(function):
        return True
    is_object = not (inspect.isroutine(function) or inspect.isclass(function))
    return is_object and inspect.iscoroutinefunction(type(function).__call__)


def _refuse_strange(pattern: Pattern, function: object) -> None:
    if isinstance(function, (staticmethod, classmethod, property)):
        kind = type(function).__name__
        raise TypeError(f"{pattern!r} cannot guard a {kind}: write @{kind} above it, not below")
    if not callable(function):
        raise TypeError(f"{pattern!r} guards functions, not {function!r}")
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        name = getattr(function, "__qualname__", function)
        raise TypeError(
            f"{pattern!r} cannot guard {name!r}, a generator: its body runs after the call, between its items; "
            "guard the function that gets one item, or one that returns them all"
        )


_ENTERED: ContextVar[tuple[tuple[Pattern, Any], ...]] = ContextVar("maestro_resilience_entered", default=())
_NO_CALL: Call = partial(_same, None)


def push(pattern: Pattern, entered: Any) -> None:
    """Remember what belongs to a block that this thread or task has entered; blocks of one pattern may be nested, and overlap in tasks."""
    _ENTERED.set((*_ENTERED.get(), (pattern, entered)))


def pop(pattern: Pattern) -> Any:
    """What was remembered at the start of the innermost block of a pattern."""
    blocks = _ENTERED.get()
    place = max(index for index, (owner, _) in enumerate(blocks) if owner is pattern)
    _ENTERED.set(blocks[:place] + blocks[place + 1 :])
    return blocks[place][1]


class Guard(Pattern):
    """A pattern that makes its call once, so that a block of code can stand for the call: ``with breaker:``, ``async with breaker:``."""

    def __enter__(self) -> Self:
        flow, step = self._start()
        while step is not CALL:
            try:
                step = give(flow, step.run(_NO_CALL))
            except BaseException as error:
                step = throw(flow, error)
        push(self, flow)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        flow = pop(self)
        try:
            give(flow, None) if error is None else throw(flow, error)
        except BaseException as raised:
            if raised is not error:
                raise

    async def __aenter__(self) -> Self:
        flow, step = self._start()
        while step is not CALL:
            try:
                step = give(flow, await step.run_async(_NO_CALL))
            except BaseException as error:
                step = throw(flow, error)
        push(self, flow)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)

    def _start(self) -> tuple[Flow, Any]:
        flow = _only_call() if SWITCH.is_off else self.flow()
        return flow, flow.send(None)


def _only_call() -> Flow:
    return (yield CALL)
