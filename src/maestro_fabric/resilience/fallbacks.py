"""Fallback: something else when a call does not succeed, and it says so."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maestro_fabric.resilience.events import FallbackUsed, OnEvent
from maestro_fabric.resilience.flow import CALL, Call, Flow
from maestro_fabric.resilience.matching import Errors, matcher
from maestro_fabric.resilience.pattern import Pattern, is_coroutine_function

__all__ = ["fallback"]


class fallback(Pattern):  # noqa: N801 - used like a function, as contextlib.suppress is
    """Gives a spare in place of an exception. Several spares are tried one after the other, until one does not raise.

    A spare is a value, or a function. A function that takes arguments gets those of the call; for a coroutine function it may be
    one too. When every spare raises, the call's own exception is raised, with a note for each spare.

    Every use is told as `FallbackUsed`: what came of it is ``degraded``, which should not pass for good.

    Args:
        spares: Values and functions.
        on: The exceptions for which a spare stands in.
        unless: Those for which none does, although they are in ``on``.
        name: What messages call it.
        on_event: Gets `FallbackUsed`.

    Raises:
        TypeError: without a spare.
    """

    kind = "fallback"

    def __init__(self, *spares: Any, on: Errors = Exception, unless: Errors = (), name: str = "", on_event: OnEvent | None = None) -> None:
        super().__init__(name, on_event)
        if not spares:
            raise TypeError("a fallback needs a spare: a value, or a function that gives one")
        self._spares = tuple(_Spare(spare, callable(spare) and _takes_arguments(spare)) for spare in spares)
        self._is_meant, self._is_exempt = matcher(on), matcher(unless)

    def check(self, function: Callable[..., Any], *, is_async: bool) -> None:
        """Refuse a spare that nobody could await.

        Raises:
            TypeError: for a coroutine function as the spare of a plain one.
        """
        for spare in self._spares:
            if not is_async and callable(spare.value) and is_coroutine_function(spare.value):
                raise TypeError(f"{self!r}: the spare {spare.value!r} is a coroutine function, and {function!r} is not: make both the same")

    def describe(self) -> str:
        """What it does, in a line."""
        return f"{len(self._spares)} spare{'s' if len(self._spares) > 1 else ''} for a call that does not succeed"

    def begin(self) -> bool:
        """Every call is let through."""
        return True

    def flow(self, ticket: object = None) -> Flow:
        """Call, and when that raises, try the spares."""
        try:
            return (yield CALL)
        except Exception as raised:
            if self._is_exempt(raised) or not self._is_meant(raised):
                raise
            error = raised
        for number, spare in enumerate(self._spares, 1):
            try:
                result = yield spare
            except Exception as worse:
                error.add_note(f"{self.name}: spare {number} raised {worse!r}")
            else:
                self._tell(FallbackUsed(self.name, number, error))
                return result
        try:
            raise error
        finally:
            del error  # its traceback holds this frame


@dataclass(frozen=True, slots=True)
class _Spare:
    """Use a spare."""

    value: Any
    takes_arguments: bool

    def run(self, call: Call) -> Any:
        if not callable(self.value):
            return self.value
        return self.value(*call.args, **call.keywords) if self.takes_arguments else self.value()

    async def run_async(self, call: Call) -> Any:
        result = self.run(call)
        return await result if inspect.isawaitable(result) else result


def _takes_arguments(function: Callable[..., Any]) -> bool:
    try:
        return bool(inspect.signature(function).parameters)
    except ValueError:
        return False  # a built-in class such as dict tells nothing; called without arguments it is an empty one
