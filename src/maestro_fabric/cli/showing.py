"""What the commands on the history share: the options, the store opened, and how rows are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maestro_fabric.aggregator import History, open_history
from maestro_fabric.errors import StoreError
from maestro_fabric.places import LOCAL_STORE, Place, place_of

__all__ = [
    "DEFAULT_STORE",
    "LOCAL_FILE",
    "STORE",
    "Row",
    "StoreProblem",
    "json_option",
    "json_text",
    "make_console",
    "make_table",
    "many",
    "print_json",
    "seconds_text",
    "status_text",
    "store_opened",
    "store_option",
    "when_text",
]

DEFAULT_STORE = Path(LOCAL_STORE)

_PIPE_WIDTH = 160  # columns when nobody's terminal sets them
_GIVE_WAY = ("case", "cases", "reason", "error", "evidence", "cause", "hints")  # half an id or half a time is of no use
Row = tuple[str | Text, ...]
_STYLES = {
    "passed": "green",
    "failed": "red",
    "error": "magenta",
    "skipped": "yellow",
    "blocked": "bright_black",
    "interrupted": "magenta",
    "running": "cyan",
}


class _Store(click.ParamType[Place]):
    """A file, or the address of a team's database."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        try:
            place = place_of(value)
        except StoreError as error:
            self.fail(str(error), param, ctx)
        if isinstance(place, Path) and place.is_dir():
            self.fail(f"{value!r} is a folder: name the file in it, such as {str(place / DEFAULT_STORE.name)!r}", param, ctx)
        return place


STORE = _Store()
"""The type of an option that names a history."""


class _LocalFile(_Store):
    """A file; what a team's database does not have is named."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        place = super().convert(value, param, ctx)
        if not isinstance(place, Path):
            self.fail(f"{place} has no heals: they wait in the local history, --store {DEFAULT_STORE}", param, ctx)
        return place


LOCAL_FILE = _LocalFile()
"""The type of an option that names the history of this machine."""

store_option = click.option(
    "--store",
    type=STORE,
    default=DEFAULT_STORE,
    envvar="MAESTRO_STORE",
    show_default=True,
    show_envvar=True,
    help="The history: a file, or postgresql://user@host/database.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of tables.")


@contextmanager
def store_opened(store: Place) -> Iterator[History]:
    """The store; what is wrong with it, or with a name, ends the command with exit status 2.

    Raises:
        StoreProblem: in place of a `StoreError`.
    """
    try:
        with open_history(store) as opened:
            yield opened
    except StoreError as error:
        raise StoreProblem(str(error)) from error


class StoreProblem(click.ClickException):
    """What is wrong with the store, or with a name; ends the command."""

    exit_code = 2  # a usage error, as everywhere else


def make_console() -> Console:
    """The terminal, or plain text of a fixed width in a pipe."""
    # No markup: in a case's name, [tea] is its parameter.
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def print_json(value: object) -> None:
    """Print a value for programs."""
    click.echo(json_text(value))


def json_text(value: object) -> str:
    """A value for programs, as all commands write it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def make_table(columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """The rows, without the columns in which none has anything."""
    kept = [index for index in range(len(columns)) if any(len(row[index]) for row in rows)]
    shown = Table(box=None)
    for index in kept:
        shown.add_column(columns[index], no_wrap=columns[index] not in _GIVE_WAY)
    for row in rows:
        shown.add_row(*(row[index] for index in kept))
    return shown


def many(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def status_text(status: str) -> Text:
    """A status in its colour."""
    return Text(status, style=_STYLES.get(status, ""))


def when_text(started_at: str) -> str:
    """A moment to the second."""
    return f"{started_at[:10]} {started_at[11:19]}"


def seconds_text(seconds: float | None) -> str:
    """Seconds; empty for none."""
    return "" if seconds is None else f"{seconds:.2f} s"
