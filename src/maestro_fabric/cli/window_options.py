"""The options that say which part of the history a command looks at."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from maestro_fabric.aggregator import Window
from maestro_fabric.clock import SystemClock
from maestro_fabric.config.durations import parse_duration

__all__ = ["span_seconds", "window_options"]

F = TypeVar("F", bound=Callable[..., Any])

_LONG = {"d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}


def window_options(*, last: int | None = None, has_last: bool = True) -> Callable[[F], F]:
    """Gives a command the argument ``window``, made from ``--since``, ``--branch``, ``--suite`` and ``--last``.

    Args:
        last: So many of the newest runs when nobody says how many; ``None`` for all.
        has_last: Whether there is such an option: not in commands that have a limit of their own, or look at one run.
    """
    count = click.option(
        "--last", type=click.IntRange(min=1), default=last, show_default=last is not None, help="At most so many of the newest runs."
    )

    def decorate(command: F) -> F:
        @click.option(
            "--since", callback=_to_moment, metavar="SPAN", help="Runs of the last 30d (or 12h, 2w), or since a date like 2026-11-01."
        )
        @click.option("--branch", help="Runs of this branch only.")
        @click.option("--suite", help="Cases of this suite only.")
        @functools.wraps(command)
        def called(*, since: float | None, branch: str | None, suite: str | None, last: int | None = None, **others: Any) -> Any:
            return command(window=Window(since=since, branch=branch, suite=suite, last=last), **others)

        return count(called) if has_last else called  # type: ignore[return-value]

    return decorate


def span_seconds(text: str) -> float:
    """A span like ``90d``, ``2w``, ``1y`` or ``12h`` in seconds.

    Raises:
        ValueError: when it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([dwy])\s*", text)
    return float(found[1]) * _LONG[found[2]] if found else parse_duration(text)


def _to_moment(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return SystemClock().now() - span_seconds(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is neither a span like 30d nor a date like 2026-11-01", ctx, param) from error
