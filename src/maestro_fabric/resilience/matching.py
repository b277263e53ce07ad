"""What the arguments ``on``, ``unless`` and ``expected_exception`` may be: exception classes, or a function that judges."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Errors", "matcher"]

Errors = type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool]
"""A class of exceptions, several, or a function that says whether one is meant."""


def matcher(errors: Errors) -> Callable[[BaseException], bool]:
    """A function that says whether an exception is meant.

    Raises:
        TypeError: for what is neither exception classes nor callable.
    """
    if isinstance(errors, tuple) or (isinstance(errors, type) and issubclass(errors, BaseException)):
        classes = errors if isinstance(errors, tuple) else (errors,)
        if not all(isinstance(one, type) and issubclass(one, BaseException) for one in classes):
            raise TypeError(f"not all of these are classes of exceptions: {errors!r}")
        return lambda error: isinstance(error, classes)
    if isinstance(errors, type) or not callable(errors):
        raise TypeError(f"{errors!r} says nothing about exceptions: give a class of exceptions, a tuple of them, or a function")
    return errors
