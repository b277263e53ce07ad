"""What several subcommands share: arguments, options, and how an error ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from maestro_fabric.config.durations import parse_duration
from maestro_fabric.errors import MaestroError

__all__ = ["EXIT_USAGE", "config_options", "errors_told", "to_seconds", "to_variables"]

F = TypeVar("F", bound=Callable[..., Any])

EXIT_USAGE = 2


def to_variables(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """The values of ``--var NAME=VALUE`` by name.

    Raises:
        BadParameter: for a value without a name or ``=``.
    """
    variables = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE, like currency=EUR", ctx, param)
        variables[name] = text
    return variables


def to_seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float:
    """A span like ``500ms`` in seconds; 0 for none.

    Raises:
        BadParameter: for what is no span.
    """
    try:
        return parse_duration(value) if value is not None else 0.0
    except ValueError as exc:
        raise click.BadParameter(str(exc), ctx, param) from exc


def config_options(command: F) -> F:
    """The argument FILE, and how it is read."""
    decorators: Sequence[Callable[[F], F]] = (
        click.argument("file", type=click.Path(path_type=Path), default=Path("qa.yaml")),
        click.option("--env", "environment", metavar="NAME", help="One of the file's environments; its first otherwise."),
        click.option("--var", "variables", callback=to_variables, multiple=True, metavar="NAME=VALUE", help="Set a variable; repeatable."),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


@contextmanager
def errors_told() -> Iterator[None]:
    """End the command with what is wrong, and exit status 2: nothing was run.

    Raises:
        Exit: in place of a `MaestroError`, which was printed.
    """
    try:
        yield
    except MaestroError as exc:
        click.echo(str(exc), err=True)
        raise click.exceptions.Exit(EXIT_USAGE) from exc
